"""What may be a credential: in header fields, query parameters and JSON bodies.

Fields and parameters are known to be harmless or taken for credentials: servers and gateways have
too many names for those. What is not harmless is masked where it would show (`repr`, curl, errors,
pickles), and does not go along to another server. In bodies a few names are credentials.
"""

from typing import Any, Final

from ..json.values import is_list, is_object
from ..terms.json_text import CodecError, decode_json
from ..terms.secret import MASK

__all__ = [
    "ORGANIZATION",
    "PROJECT",
    "account_fields",
    "body_secrets",
    "field_secrets",
    "is_harmless_field",
    "is_harmless_param",
    "masked_body",
    "may_show_field",
]

_FIELDS: Final = frozenset(
    """
    accept accept-charset accept-encoding accept-language cache-control connection
    content-disposition content-encoding content-language content-length content-type date expect
    host http-referer idempotency-key if-match if-modified-since if-none-match
    if-unmodified-since keep-alive openai-beta openai-version origin pragma prefer priority range
    sec-websocket-accept sec-websocket-extensions sec-websocket-key sec-websocket-version te traceparent tracestate trailer transfer-encoding upgrade user-agent via warning
    x-client-request-id x-correlation-id x-request-id x-title
    """.split()
)
_FIELDS_BEGIN: Final = "x-stainless-"
_SUBPROTOCOL: Final = "realtime"
_SUBPROTOCOLS_BEGIN: Final = ("openai-beta.", "openai-organization.", "openai-project.")
"""What is no credential among subprotocols; `openai-insecure-api-key.`, and what others have, is."""
ORGANIZATION: Final = "OpenAI-Organization"
PROJECT: Final = "OpenAI-Project"
_ACCOUNTS: Final = (ORGANIZATION.lower(), PROJECT.lower())

_PARAMS: Final = frozenset(
    """
    actor_emails actor_ids after agent_id api-version api_key_ids api_version batch before
    bucket_width call_id context_levels deployment effective_at emails end_time environment_id event_types filter graceful_close
    group_by group_type include include_archived include_obfuscation intent limit line_items metadata
    model models name offset order order_by owner_project_access page page_size page_token path project_id
    project_ids purpose resource_ids run_id service_account_id session_id sizes sort sources
    start_time starting_after status stream tenant_only type user user_ids variant
    vector_store_ids
    """.split()
)
"""Those of the API, which a test holds against its methods, and what servers call the same."""

_IN_BODIES: Final = frozenset(
    """
    access_key access_token api_key apikey assertion auth_token authorization bearer_token
    client_secret credential credentials id_token password private_key refresh_token secret
    secret_key session_token signing_secret subject_token
    """.split()
)
_HEADERS: Final = ("headers", "extra_headers", "default_headers")


def account_fields(organization: str | None = None, project: str | None = None) -> dict[str, str]:
    """The header fields that say for whom a call is."""
    named = {ORGANIZATION: organization, PROJECT: project}
    return {name: value for name, value in named.items() if value}


def is_harmless_field(name: str) -> bool:
    """Whether the value of a header field may be seen by any server."""
    key = name.lower()
    return key in _FIELDS or key.startswith(_FIELDS_BEGIN)


def may_show_field(name: str) -> bool:
    """Whether the value of a header field may show: it is harmless, or no more than an account."""
    return is_harmless_field(name) or name.lower() in _ACCOUNTS


def field_secrets(name: str, value: str) -> tuple[str, ...]:
    """What is a credential in a header field, in every form in which a server may send it back."""
    if is_harmless_field(name):
        return ()
    if name.lower() != "sec-websocket-protocol":
        last = value.rpartition(" ")[2]
        named = last.rpartition("=")[2] if "=" in last else ""
        return (value, last, named) if named else (value, last)  # without scheme and name too
    members = (member.strip() for member in value.split(","))
    secret = [
        member
        for member in members
        if member != _SUBPROTOCOL and not member.startswith(_SUBPROTOCOLS_BEGIN)
    ]
    return (*secret, *(member.partition(".")[2] for member in secret))


def is_harmless_param(name: str) -> bool:
    """Whether the value of a query parameter may show and be seen by any server."""
    return name.partition("[")[0] in _PARAMS


def masked_body(data: bytes) -> bytes | None:
    """Return a JSON body with its credentials masked, `None` where it has none.

    These are an MCP tool's `authorization` and `headers`, and whatever else goes by such a name.
    """
    secrets: list[str] = []
    document = _masked(data, secrets)
    if not secrets:
        return None
    from ..json.encode import encode

    return encode(document)


def body_secrets(data: bytes) -> list[str]:
    """Return the credentials in a JSON body."""
    secrets: list[str] = []
    _masked(data, secrets)
    return secrets


def _masked(data: bytes, secrets: list[str]) -> Any:
    if not any(b'"%b"' % name.encode() in data for name in (*_IN_BODIES, *_HEADERS)):
        return None
    try:
        document = decode_json(data)
    except CodecError:
        return None
    left: list[tuple[Any, bool]] = [(document, False)]
    while left:  # no recursion: a body may be as deep as it likes
        value, fields = left.pop()
        if is_list(value):
            left += [(each, fields) for each in value]
        elif is_object(value):
            for key, each in value.items():
                secret = not is_harmless_field(key) if fields else key in _IN_BODIES
                if secret and isinstance(each, str) and each:
                    secrets.append(each)
                    value[key] = MASK
                else:
                    left.append((each, fields or key in _HEADERS))
    return document
