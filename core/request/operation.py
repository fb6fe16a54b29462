"""A request that is decided and not sent: an `Operation`, and what its answer is made of.

An operation is a value. It can be read, compared, pickled (when its body can), rendered as a curl
command, and sent through any client, any number of times if its body replays.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from ..agents.function_calls import Handlers, OnToolError
    from ..http.body import Body
    from ..structured.function_tools import ToolFormats
    from ..structured.output_format import OutputFormat
    from .timeout import Timeout

T_co = TypeVar("T_co", covariant=True)
A_co = TypeVar("A_co", covariant=True)

TypeRef = Any
"""A type to decode into: the type itself, or `module:Name` of one in `core.api.types`."""


class JsonAnswer(msgspec.Struct, frozen=True):
    """One JSON document."""

    type: TypeRef


class ParsedAnswer(msgspec.Struct, frozen=True):
    """One JSON document with texts in it that are read as well; see `core.structured`."""

    type: TypeRef
    """`chat:ChatCompletion` or `responses:Response`."""
    format: "OutputFormat[Any] | None" = None
    """What the texts are read as."""
    tools: "ToolFormats" = {}  # msgspec copies it
    """What the arguments of calls are read as, by the name of the function."""


class EventsAnswer(msgspec.Struct, frozen=True):
    """Server-sent events, each with a JSON document, ended by `[DONE]` or a terminal event."""

    type: TypeRef
    terminal: tuple[str, ...] = ()
    """The `type` values after which no event follows; empty where only `[DONE]` ends a stream."""
    may_just_end: bool = False
    """Whether the end of the body is a proper end too: that of a subscription, which has no last
    event, and of streams of which nothing is known."""
    last: tuple[str, ...] = ()
    """The `type` values that may be the last one, and that others may follow: one for each image."""
    named: bool = False
    """Whether an event is its name and its data, as `{"event": ..., "data": ...}`."""
    reports_errors: bool = False
    """Whether events may tell of errors: then `error` in one is no error of the stream."""


class TurnAnswer(EventsAnswer, frozen=True, kw_only=True):
    """Events of an agent's session, whose turn is followed; see `core.agents.turn_source`."""

    session_id: str | None = None
    """The session, where the events are asked for up to the end of one turn, and no more."""
    format: "OutputFormat[Any] | None" = None
    """What the turn's answer is read as."""
    handlers: "Handlers" = {}  # msgspec copies it
    """Functions by the name of the tool: what answers its calls."""
    on_tool_error: "OnToolError | None" = None
    """Who is told of a handler that fails."""
    options: Mapping[str, Any] = {}
    """Options of the requests that send the answers of calls."""


class PageAnswer(msgspec.Struct, frozen=True):
    """One page of a list: `kind` is the page class, `item` the type of an item."""

    kind: str
    item: TypeRef


class BytesAnswer(msgspec.Struct, frozen=True):
    """Bytes of any kind: audio, an image, a file."""


class TextAnswer(msgspec.Struct, frozen=True):
    """Text, decoded by the charset of the answer (UTF-8 by default)."""


class EmptyAnswer(msgspec.Struct, frozen=True):
    """Nothing: the caller gets `None` whatever the body."""


Answer = (
    JsonAnswer | ParsedAnswer | EventsAnswer | PageAnswer | BytesAnswer | TextAnswer | EmptyAnswer
)
"""`TurnAnswer` is one of events."""


class Choice(msgspec.Struct, frozen=True):
    """Other answers for some values of a parameter."""

    parameter: str
    answers: tuple[tuple[str, Answer], ...]

    def answer(self, params: Mapping[str, Any], default: Answer) -> Answer:
        """Return the answer to a request with `params`."""
        value = params.get(self.parameter)
        return next((answer for each, answer in self.answers if each == value), default)


class Operation(msgspec.Struct, Generic[T_co, A_co], frozen=True, kw_only=True):
    """One request to one endpoint, decided and not sent.

    `T_co` is what a blocking caller gets for it, `A_co` what an async caller gets; they differ for
    streams and pages.
    """

    name: str
    """Where it stands in the client, as `chat.completions.create`."""
    method: str
    path: str
    """Below the endpoint's base URL, with path parameters filled in and quoted."""
    answer: Answer
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str | None], ...] = ()
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
                value = _masked(value)
            if value != default:
                shown.append(f"{name}={value!r}")
        return f"Operation({', '.join(shown)})"

    def to_curl(self, base_url: str = "https://api.openai.com/v1") -> str:
        """Render the request as a curl command, credentials redacted (see `core.request.curl`)."""
        from .curl import to_curl

        return to_curl(self, base_url)


_FIELDS: Final = Operation.__struct_fields__
_REQUIRED: Final = (msgspec.NODEFAULT,) * (len(_FIELDS) - len(Operation.__struct_defaults__))
_DEFAULTS: Final = (*_REQUIRED, *Operation.__struct_defaults__)


def _masked(pairs: tuple[tuple[str, str | None], ...]) -> tuple[tuple[str, str | None], ...]:
    from ..terms.secret import MASK
    from .curl import is_sensitive

    return tuple((name, MASK if value and is_sensitive(name) else value) for name, value in pairs)
