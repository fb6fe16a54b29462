"""`Operation`, one request that is decided and not sent.

An operation is a value. It can be read, compared, pickled (when its body can), rendered as a curl
command, and sent through any client, any number of times if its body replays.
"""

from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

import msgspec

from .answer_kinds import Answer

if TYPE_CHECKING:
    from ..http.body import Body
    from ..terms.secret import Secret
    from .timeout import Timeout

T_co = TypeVar("T_co", covariant=True)
A_co = TypeVar("A_co", covariant=True)


class Operation(msgspec.Struct, Generic[T_co, A_co], frozen=True, kw_only=True):
    """One request to one endpoint, decided and not sent.

    `T_co` is what a blocking caller gets for it, `A_co` what an async caller gets; they differ for
    streams and pages.
    """

    untouched: ClassVar[bool] = False
    """Whether its answer goes to somebody who reads it for themselves: see `passed_on`."""

    name: str
    """Where it stands in the client, as `chat.completions.create`."""
    method: str
    path: str
    """Below the endpoint's base URL, with path parameters filled in and quoted."""
    answer: Answer
    query: tuple[tuple[str, str], ...] = ()
    headers: "tuple[tuple[str, str | Secret | None], ...]" = ()
    """Beyond the client's own; a value of `None` takes the client's header away."""
    body: "Body | None" = None
    timeout: "Timeout | msgspec.UnsetType" = msgspec.UNSET
    """Overrides the client's, where given."""
    safe: bool = False
    """Whether sending it twice does no more than sending it once (RFC 9110 section 9.2.2)."""
    admin: bool = False
    """Whether it takes the admin key."""
    model: str | None = None
    """The model asked for, where the request names one."""

    def __repr__(self) -> str:
        """Every field that is set, with the values of what looks like a credential masked."""
        shown: list[str] = []
        for name, default in zip(_FIELDS, _DEFAULTS, strict=True):
            value = getattr(self, name)
            if name in ("headers", "query") and value:
                value = _masked(name, value)
            if value != default:
                shown.append(f"{name}={value!r}")
        return f"Operation({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle has no credentials, unless it is made within `Secret.in_pickles()`.

        A `Secret` among the header fields that was loaded by name is loaded again. What else is
        masked is not sent: that is an error, or the client has a header field of that name itself.
        """
        from ..terms.secret import Secret

        fields = {name: getattr(self, name) for name in _FIELDS}
        if not Secret.travels():
            fields["headers"] = _masked("headers", self.headers)
            fields["query"] = _masked("query", self.query)
            fields["body"] = None if self.body is None else _masked_body(self.body)
        return _operation, (fields,)

    def __copy__(self) -> "Operation[T_co, A_co]":
        return self

    def __deepcopy__(self, memo: object) -> "Operation[T_co, A_co]":
        return self

    def to_curl(self, base_url: str = "https://api.openai.com/v1") -> str:
        """Render the request as a curl command, credentials redacted (see `core.request.curl`)."""
        from .curl import to_curl

        return to_curl(self, base_url)


T = TypeVar("T")


def _masked_body(body: "Body") -> "Body":
    from ..http.body import JsonBody, MaskedBody
    from .credentials import masked_body

    masked = masked_body(body.data) if isinstance(body, JsonBody) else None
    return body if masked is None else MaskedBody(masked, body.content_type)


_FIELDS: Final = Operation.__struct_fields__
_REQUIRED: Final = (msgspec.NODEFAULT,) * (len(_FIELDS) - len(Operation.__struct_defaults__))
_DEFAULTS: Final = (*_REQUIRED, *Operation.__struct_defaults__)


def _masked(what: str, pairs: "tuple[tuple[str, T], ...]") -> "tuple[tuple[str, str | T], ...]":
    from ..terms.secret import MASK
    from .credentials import is_harmless_param, may_show_field

    harmless = may_show_field if what == "headers" else is_harmless_param
    return tuple(
        (name, MASK if isinstance(value, str) and value and not harmless(name) else value)
        for name, value in pairs
    )


def _operation(fields: dict[str, Any]) -> Operation[Any, Any]:
    return Operation(**fields)
