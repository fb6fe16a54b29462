"""Verifies, signs and decodes deliveries of webhooks.

The API signs its deliveries as Standard Webhooks 1.0 has it. Three header fields come with each:
`webhook-id`, `webhook-timestamp` (Unix seconds) and `webhook-signature`, which holds one or more
signatures, separated by spaces: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. More
than one is there while a secret is being replaced; signatures of other versions are passed over.

Nothing here reads a clock: a `WebhookVerifier` is given one.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Callable, Iterable, Mapping
from hmac import compare_digest, digest
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeGuard, cast

from ..terms.errors import OpenAIError
from ..terms.secret import Secret

if TYPE_CHECKING:
    from .types.webhooks import UnwrapWebhookEvent

Text = str | bytes
Payload = str | bytes | bytearray | memoryview
Reason = Literal[
    "missing header",
    "bad header",
    "bad timestamp",
    "too old",
    "too new",
    "no signature",
    "no match",
]
TOLERANCE: Final = 300
"""How many seconds a delivery may be old, or ahead of our clock."""

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
_LENGTHS: Final = frozenset(map(len, (ID, TIMESTAMP, SIGNATURE)))
_PREFIX: Final = "whsec_"
_DIGITS: Final = 12  # of a timestamp: good for thirty thousand years


class Items(Protocol):
    """Header fields that list themselves: a mapping, or the headers object of an HTTP library."""

    def items(self) -> Iterable[tuple[Text, object]]:
        """Give names and values, a field that came twice perhaps twice."""
        ...


class Lookup(Protocol):
    """Header fields that can only be asked for one by one, and know that case is no matter."""

    def get(self, name: str, /) -> object:
        """Return the value of a field, or `None`."""
        ...


HeadersLike = Items | Lookup | Iterable[tuple[Text, object]]
"""Header fields as web frameworks have them, names in any case: a mapping, an object with
`items()` or just `get(name)`, or pairs (as in an ASGI scope), of text or bytes."""


class InvalidWebhookSignatureError(OpenAIError, ValueError):
    """The delivery is not one that was signed with this secret, lately.

    `reason` says in two words why. Nothing here holds the secret, or the signature expected.
    """

    def __init__(self, message: str, *, reason: Reason = "no match") -> None:
        super().__init__(message)
        self.reason: Reason = reason


class WebhookPayloadError(OpenAIError, ValueError):
    """The signature is right, and the body is not an event: not JSON, or not an object."""


class WebhookVerifier:
    """Verifies, reads and signs deliveries, by a clock that tells Unix seconds."""

    __slots__ = ("_clock",)

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def verify_signature(
        self,
        payload: Payload,
        headers: HeadersLike,
        secret: str | Secret,
        *,
        tolerance: float = TOLERANCE,
        now: float | None = None,
    ) -> None:
        """Return if the delivery was signed with `secret` at most `tolerance` seconds from now.

        `payload` is the body exactly as it came, before any JSON library has seen it; text is taken
        to have come as UTF-8. `secret` is `whsec_` and base64, or else the key itself as text.
        `now` is in Unix seconds, the clock's by default. Raises `InvalidWebhookSignatureError`,
        whose `reason` says why; `ValueError` for a secret that cannot be one; `TypeError` for a
        payload or header fields of another type than those named.
        """
        key = _key(secret)
        body = _body(payload)
        fields = _fields(headers)
        identity, timestamp, signatures = (
            _field(fields, name) for name in (ID, TIMESTAMP, SIGNATURE)
        )
        if "." in identity:  # the separator: `a.1` would sign what `a`, with a body of `1.`, signs
            raise InvalidWebhookSignatureError(f"{ID} has a full stop in it", reason="bad header")
        _check_time(timestamp, self._clock() if now is None else now, tolerance)
        given = [each[3:].encode() for each in signatures.split(" ") if each.startswith("v1,")]
        if not given:
            raise InvalidWebhookSignatureError(
                f"{SIGNATURE} has no signature of version 1", reason="no signature"
            )
        expected = _signature(key, identity, timestamp, body)
        matches = [compare_digest(expected, each) for each in given]  # all, whichever it is
        if not any(matches):
            raise InvalidWebhookSignatureError(
                f"{_counted(len(given))} match: another secret, or another body than was sent",
                reason="no match",
            )

    def unwrap(
        self,
        payload: Payload,
        headers: HeadersLike,
        secret: str | Secret,
        *,
        tolerance: float = TOLERANCE,
        now: float | None = None,
        strict: bool = False,
    ) -> UnwrapWebhookEvent:
        """Verify a delivery as `verify_signature` does, and return its event.

        An event of a type not known yet is an `Unknown` with `type` and `raw`; with `strict` an
        event that does not fit its type is an error. Raises as `verify_signature`, and
        `WebhookPayloadError` for a body that is no event.
        """
        self.verify_signature(payload, headers, secret, tolerance=tolerance, now=now)
        return read(payload, strict=strict)

    def sign(
        self,
        payload: Payload,
        secret: str | Secret,
        *,
        webhook_id: str,
        timestamp: float | None = None,
    ) -> dict[str, str]:
        """Return the header fields that `payload` would be delivered with; for tests of receivers."""
        at = str(int(self._clock() if timestamp is None else timestamp))
        signature = _signature(_key(secret), webhook_id, at, _body(payload))
        return {ID: webhook_id, TIMESTAMP: at, SIGNATURE: f"v1,{signature.decode()}"}


def read(payload: Payload, *, strict: bool = False) -> UnwrapWebhookEvent:
    """Decode the event in a body whose signature has been looked at; see `unwrap`."""
    from ..terms.json_text import CodecError
    from .type_names import codec_of

    try:
        event = codec_of("webhooks:UnwrapWebhookEvent").decode(_body(payload), strict=strict)
    except CodecError as error:
        raise WebhookPayloadError(f"The body of the webhook is no event: {error}") from error
    if event is None:  # which the codec lets stand for any object
        raise WebhookPayloadError("The body of the webhook is no event: it is null")
    found: UnwrapWebhookEvent = event
    return found


def _signature(key: bytes, identity: str, timestamp: str, body: bytes) -> bytes:
    signed = b"".join((identity.encode(), b".", timestamp.encode(), b".", body))
    return b64encode(digest(key, signed, "sha256"))


def _key(secret: object) -> bytes:
    text = Secret.of(secret, "secret").reveal()
    if text.startswith(_PREFIX):
        try:
            key = b64decode(text[len(_PREFIX) :].encode(), validate=True)
        except NoBase64:
            raise ValueError(f"secret: what follows {_PREFIX} is not base64") from None
    else:
        key = text.encode()
    if not key:  # with it, anybody could sign
        raise ValueError("secret: it is empty")
    return key


def _body(payload: object) -> bytes:
    if isinstance(payload, bytes):
        return payload
    if isinstance(payload, str):
        return payload.encode("utf-8", "surrogatepass")
    if isinstance(payload, bytearray | memoryview):
        return bytes(cast("bytearray | memoryview[int]", payload))  # of which we want the bytes
    raise TypeError(
        f"payload: expected the body as it came, text or bytes; got {type(payload).__name__}"
    )


def _check_time(timestamp: str, now: float, tolerance: float) -> None:
    if not (timestamp.isdigit() and len(timestamp) <= _DIGITS):  # ASCII, as `_text` saw to
        raise InvalidWebhookSignatureError(
            f"{TIMESTAMP} is not a number of seconds", reason="bad timestamp"
        )
    age = now - int(timestamp)
    if not age <= tolerance:  # so written, no comparison with NaN lets anything through
        raise InvalidWebhookSignatureError(
            f"The webhook is too old: it was signed {age:.0f} s ago, {tolerance:g} s are tolerated",
            reason="too old",
        )
    if not -age <= tolerance:
        raise InvalidWebhookSignatureError(
            f"The webhook is too new: it was signed {-age:.0f} s ahead of the clock, "
            f"{tolerance:g} s are tolerated",
            reason="too new",
        )


def _fields(headers: HeadersLike) -> dict[str, list[object]]:
    """The values of the three fields; names are compared without regard to case."""
    found: dict[str, list[object]] = {}
    for name, value in _pairs(headers):
        if len(name) in _LENGTHS:  # the others need not be looked at
            key = name.decode("latin-1") if isinstance(name, bytes) else name
            found.setdefault(key.lower(), []).append(value)
    return found


def _pairs(headers: HeadersLike) -> Iterable[tuple[Text, object]]:
    if _lists_itself(headers):
        return headers.items()
    if _answers(headers):
        values = ((name, headers.get(name)) for name in (ID, TIMESTAMP, SIGNATURE))
        return [(name, value) for name, value in values if value is not None]
    if isinstance(headers, str | bytes) or not isinstance(headers, Iterable):
        raise TypeError(f"headers: expected a mapping or pairs, got {type(headers).__name__}")
    return headers


def _lists_itself(headers: HeadersLike) -> TypeGuard[Items]:
    return hasattr(headers, "items")


def _answers(headers: HeadersLike) -> TypeGuard[Lookup]:
    return hasattr(headers, "get")


def _field(fields: Mapping[str, list[object]], name: str) -> str:
    values = fields.get(name)
    if not values:
        raise InvalidWebhookSignatureError(f"There is no {name} field", reason="missing header")
    text = _text(name, values[0])
    if len(values) > 1 and any(_text(name, each) != text for each in values):
        raise InvalidWebhookSignatureError(  # one would be verified, and another perhaps read later
            f"There are {len(values)} {name} fields that differ", reason="bad header"
        )
    if not text:
        raise InvalidWebhookSignatureError(f"The {name} field is empty", reason="missing header")
    return text


def _text(name: str, value: object) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if not isinstance(text, str):
        raise TypeError(f"headers[{name!r}]: expected text, got {type(text).__name__}")
    if not text.isascii():
        raise InvalidWebhookSignatureError(f"{name} is not ASCII", reason="bad header")
    return text.strip(" \t")


def _counted(number: int) -> str:
    return "The signature does not" if number == 1 else f"None of {number} signatures does"
