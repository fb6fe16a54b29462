"""The emulator's memory: completions, responses and files, and the numbers that it counts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, Literal, TypeVar

from ..http.forms import Blob
from ..http.json_documents import Object, objects
from .stored_objects import Objects

EPOCH: Final = 1_767_225_600
"""2026-01-01T00:00:00Z: when the emulator's time begins, unless it is given a clock."""

V = TypeVar("V")


@dataclass(slots=True)
class StoredChat:
    """A chat completion that was created with `store`."""

    completion: Object
    messages: list[Object]


@dataclass(slots=True)
class StoredResponse:
    """A response, as it is when it is completed; `phase` is how far a background one has come."""

    final: Object
    input: list[Object]
    phase: Literal["queued", "in_progress", "done", "cancelled"] = "done"

    def context(self) -> list[Object]:
        """Return what a following response builds on: the input and the output, in order."""
        output = self.final["output"]
        return self.input + objects(output)


@dataclass(slots=True)
class StoredFile:
    """An uploaded file; `content` is None when the emulator keeps only digests."""

    document: Object
    content: bytearray | None
    sha256: str


@dataclass(slots=True)
class StoredUpload:
    """A file on its way: its object, and the parts that came."""

    document: Object
    mime_type: str
    expires_after: object = None
    parts: dict[str, Blob] = field(default_factory=dict[str, Blob])


@dataclass(slots=True)
class SessionLog:
    """What has happened in a session of an agent."""

    name: str
    events: list[Object] = field(default_factory=list[Object])
    heard: int = 0
    """How many of the events were told to somebody."""
    calls: dict[str, tuple[Object, Object]] = field(
        default_factory=dict[str, tuple[Object, Object]]
    )
    """Calls of functions that wait for their result, each with its turn, by `call_id`."""


@dataclass(slots=True)
class State:
    """Everything that outlives a request. `keep` bounds each store: the oldest gives way."""

    seed: int = 0
    clock: Callable[[], float] | None = None
    """Seconds since 1970; without one, time is a count of the objects made."""
    pace: float = 0.0
    """Seconds between the events of a stream."""
    discard: bool = False
    any_model: bool = False
    examples: bool = True
    """Whether objects that nobody made are made up when they are asked for."""
    poll_after_ms: int | None = None
    """What the API says when to look again at something that is on its way."""
    keep: int = 10_000
    chats: dict[str, StoredChat] = field(default_factory=dict[str, StoredChat])
    responses: dict[str, StoredResponse] = field(default_factory=dict[str, StoredResponse])
    files: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])
    uploads: dict[str, StoredUpload] = field(default_factory=dict[str, StoredUpload])
    sessions: dict[str, SessionLog] = field(default_factory=dict[str, SessionLog])
    secrets: dict[str, Object] = field(default_factory=dict[str, Object])
    """How the sessions begin that client secrets are for."""
    objects: Objects = field(default_factory=Objects)
    blobs: dict[str, Blob] = field(default_factory=dict[str, Blob])
    """Uploaded files of generic handlers, by the paths of their objects."""
    deleted_models: set[str] = field(default_factory=set[str])
    _beginning: int | None = None
    _count: int = 0
    _ticks: int = 0

    def new_id(self, prefix: str, digits: int = 32) -> str:
        """Return an id that no other object has; a run with the same seed gives the same ids."""
        self._count += 1
        raw = blake2b(f"{self.seed}/{self._count}".encode(), digest_size=digits // 2)
        return prefix + raw.hexdigest()

    def now(self) -> int:
        """Return the time to write on a new object, in seconds since 1970."""
        if self.clock is not None:
            return int(self.clock())
        self._ticks += 1
        return EPOCH + self._ticks

    @property
    def beginning(self) -> int:
        """The time on what was there before anything was made."""
        if self._beginning is None:
            self._beginning = EPOCH if self.clock is None else int(self.clock())
        return self._beginning

    def same_time(self) -> int:
        """Return the time of the newest object; the beginning, where there is none."""
        return int(self.clock()) if self.clock is not None else EPOCH + self._ticks

    def put(self, store: dict[str, V], name: str, value: V) -> None:
        """Remember `value`; when the store is full, forget its oldest."""
        while len(store) >= self.keep:
            del store[next(iter(store))]
        store[name] = value
