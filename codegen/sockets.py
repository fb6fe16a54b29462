"""Sessions over a WebSocket: the events that each side sends, and what is said when one is opened."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from .additions import BETA_EVENTS
from .naming import module_of

if TYPE_CHECKING:
    from .description import Schema

Speaker = Literal["server", "client"]
SPEAKERS: Final[tuple[Speaker, ...]] = ("server", "client")
_REF: Final = "#/components/schemas/"


@dataclass(frozen=True, kw_only=True)
class Socket:
    """One way to open a session: a helper of the client."""

    client: str
    """The helper: `realtime.connect`."""
    names: Mapping[Speaker, str]
    """The SDK's names for the unions of events."""
    events: Mapping[Speaker, "Schema"]
    """All that a side may send, as one schema."""
    kinds: Mapping[Speaker, list[str]]
    """The types of these events, as `events.json` has them."""
    query: "Schema"
    """What the URL says besides, as an object."""

    @property
    def area(self) -> str:
        """The area that it belongs to."""
        return module_of(self.client)


@dataclass(frozen=True)
class Known:
    """What no file says of a session: which lists are about it, and the types of its query."""

    events: str
    """Begins the names of its lists: `realtime` for `realtime_server_events`."""
    names: str
    """Begins the names of its unions: `Realtime` for `RealtimeServerEvent`."""
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    needed: tuple[str, ...] = ()
    further: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the server says besides: the schema by type."""


SESSIONS: Final = {
    "realtime.connect": Known("realtime", "Realtime", {"call_id": "string", "model": "string"}),
    "realtime.translations.connect": Known("realtime_translation", "RealtimeTranslation"),
    "beta.realtime.connect": Known(
        "realtime_beta", "Realtime", {"model": "string"}, ("model",), BETA_EVENTS
    ),
    "live.connect": Known("live", ""),
    "live.sideband.connect": Known("live_connect", "Connect", {"graceful_close": "boolean"}),
    "live.forks.connect": Known("live_fork", "Fork"),
    "responses.connect": Known("responses", "Responses"),
    "beta.responses.connect": Known("beta_responses", "BetaResponses"),
}
"""By the helper that opens it."""


def sockets(main: "Schema", extra: "Schema", lists: "Schema") -> Iterator[Socket]:
    """Find the sessions: `lists` are of events whose schemas `main` has, those of `extra` name theirs."""
    for client, known in SESSIONS.items():
        names: dict[Speaker, str] = {}
        unions: dict[Speaker, Schema] = {}
        kinds: dict[Speaker, list[str]] = {}
        for speaker in SPEAKERS:
            names[speaker] = f"{known.names}{speaker.title()}Event"
            ends = (f"{known.events}_{speaker}_event{end}" for end in ("", "s"))
            found = [(lists.get(each, ()), extra["x-events"].get(each)) for each in ends]
            rows = [row for listed, _ in found for row in listed]
            if speaker == "server":
                rows += [{"schema": name, "type": kind} for kind, name in known.further.items()]
            more = [each for _, each in found if each is not None]
            members = [*_members(main["components"]["schemas"], rows, names[speaker])]
            for each in more:
                members += each["schema"].get("anyOf", [each["schema"]])
            unions[speaker] = {"anyOf": members}
            rows += [row for each in more for row in each["events"]]
            kinds[speaker] = list(dict.fromkeys(row["type"] for row in rows))
        yield Socket(client=client, names=names, events=unions, kinds=kinds, query=_query(known))


def _members(
    schemas: Mapping[str, "Schema"], rows: Iterable[Mapping[str, str]], union: str
) -> Iterator["Schema"]:
    """The schemas of listed events; where some have none of their own, those in the union of all."""
    names = dict.fromkeys(row["schema"] for row in rows)
    if all(name in schemas for name in names):
        yield from ({"$ref": f"{_REF}{name}"} for name in names)
    else:
        yield from schemas[union]["anyOf"]


def _query(known: Known) -> "Schema":
    properties = {name: {"type": kind} for name, kind in known.query.items()}
    return {"type": "object", "properties": properties, "required": list(known.needed)}
