"""Server-sent events (WHATWG HTML standard, section 9.2.6), incremental: bytes in, events out.

Theory: a stream is blocks of lines, an empty line after each; a block is an event if it has data.
Line ends are made LF on the way in, so that blocks are what stands between two LFs, and C cuts them
out. What is held back is always the beginning of one block, so the same bytes give the same events
however they were split. Faults wait in line behind the events that came before them. The standard drops fields
that it does not know; servers tell of errors in two of them, which are events here: a field `error`,
and JSON without `data:` in front.

    OPEN   --bytes--> OPEN      --b""--> ENDED       --a block over the limit--> FAILED
    ENDED  --anything--> LocalProtocolError          FAILED --bytes, b""--> FAILED
"""

from itertools import repeat
from typing import Final

import msgspec

from ..terms.errors import LocalProtocolError, RemoteProtocolError
from ..terms.sentinels import END, NEED_DATA, End, NeedData

MAX_EVENT: Final = 64 << 20
"""Bytes that the lines of an event may have by default: a partial image has some megabytes."""

_BOM: Final = b"\xef\xbb\xbf"
_MAX_RETRY_DIGITS: Final = 18

_LONG: Final = 1 << 11
"""Bytes from which on it is worth a look whether all events in them are alike."""
_DATA: Final = repeat(b"data: ")
_CR: Final = ord("\r")

_names: Final[dict[bytes, str]] = {}
"""Names of events by the lines in which servers say them, of which there are few."""
_MAX_NAMES: Final = 256
_MAX_NAME_LINE: Final = 80


class ServerSentEvent(msgspec.Struct, frozen=True, gc=False):
    """One event.

    `data` is its data lines joined with LF, as bytes: a JSON decoder takes them as they are, and
    bytes that are not UTF-8 survive.
    """

    data: bytes
    event: str = ""
    """Its name; empty where it has none, which the standard calls `message`."""
    id: str | None = None
    """The id in it, if there is one."""
    retry: int | None = None
    """The reconnection time in it, in milliseconds, if there is one."""
    bare: bool = False
    """Whether it is no event by the standard, but JSON that came without `data:`."""

    @property
    def text(self) -> str:
        """The data as text; what is not UTF-8 becomes U+FFFD."""
        return self.data.decode("utf-8", "replace")


class SSEDecoder:
    """The decoder of one stream.

    `max_event` bounds the lines of one event, comments included, in bytes; beyond it `next_event`
    and `events` raise `RemoteProtocolError` once the events before it have been handed out.
    """

    __slots__ = (
        "_after_cr",
        "_begun",
        "_ended",
        "_events",
        "_given",
        "_held",
        "_special",
        "fault",
        "last_event_id",
        "max_event",
        "retry",
    )

    def __init__(self, *, max_event: int = MAX_EVENT) -> None:
        self.max_event = max_event
        self.last_event_id = ""
        """The latest id in a complete block, for `last-event-id` on reconnecting."""
        self.retry: int | None = None
        """The latest reconnection time in a complete block, in milliseconds."""
        self._events: list[ServerSentEvent] = []
        self._given = 0  # of those, by next_event
        self._held = bytearray()  # a block that has begun, line ends made LF
        self._special = True  # whether one of the next four asks for attention
        self._begun = False  # whether the place for a byte order mark is behind us
        self._after_cr = False
        self.fault: str | None = None
        """What is wrong behind the events that have come."""
        self._ended = False

    def receive_data(self, data: bytes) -> None:
        """Take bytes of the stream; `b""` is its end, where an unfinished event stays `tail`."""
        if self._special or not data or _CR in data:
            data = self._plain(data)
            if not data:
                return
        held = self._held
        if held:
            if b"\n\n" not in data and not (data[:1] == b"\n" and held.endswith(b"\n")):
                self._hold(data)
                return
            held += data
            data = bytes(held)
            held.clear()
        limited = len(data) > self.max_event
        events = self._events
        if len(data) > _LONG:
            data = data if limited else _take_alike(data, events)
        elif not limited and (event := _one(data)) is not None:
            events.append(event)
            return
        blocks = data.split(b"\n\n")
        rest = blocks.pop()
        for block in blocks:
            if limited and self._exceeds(len(block)):
                return
            lines = block.split(b"\n")
            last = lines[-1]
            if last[:6] == b"data: ":  # two shapes make up nearly every stream there is
                if len(lines) == 1:
                    events.append(ServerSentEvent(last[6:]))
                    continue
                if len(lines) == 2 and (name := _name(lines[0])) is not None:
                    events.append(ServerSentEvent(last[6:], name))
                    continue
            events += _read(lines, self)
        if rest:
            self._hold(rest)

    def next_event(self) -> ServerSentEvent | NeedData | End:
        """Return the next event, `NEED_DATA`, or `END` after the end of the stream."""
        if self._given < len(self._events):
            event = self._events[self._given]
            self._given += 1
            return event
        self.events()
        return END if self._ended else NEED_DATA

    def events(self) -> list[ServerSentEvent]:
        """Return all events that are complete and have not been given out: the quick way."""
        events, self._events = self._events, []
        if self._given:
            del events[: self._given]
            self._given = 0
        if not events and self.fault is not None:
            raise RemoteProtocolError(self.fault)
        return events

    @property
    def tail(self) -> bytes:
        """What has come of an event that is not complete, its line ends made LF."""
        return bytes(self._held)

    @property
    def unfinished(self) -> list[ServerSentEvent]:
        """What `tail` would be if an empty line followed; some servers forget the last.

        The standard drops it. Only its owner can tell whether its last line is whole.
        """
        return _read(self.tail.split(b"\n"))

    def _hold(self, part: bytes) -> None:
        self._held += part
        # A line end may be the block's own end, and not a byte of it.
        self._exceeds(len(self._held) - part.endswith(b"\n"))

    def _exceeds(self, size: int) -> bool:
        """Fail if a block of `size` bytes is too large."""
        if size <= self.max_event:
            return False
        self.fault = f"an event of the stream has more than {self.max_event} bytes"
        self._special = True
        self._held.clear()
        return True

    def _plain(self, data: bytes) -> bytes:
        """Return what is left of a read once all that is not plain lines has been seen to.

        Line ends become LF. CR LF may come in two reads; the CR has then ended the line, and the LF
        is nothing. A byte order mark at the beginning of the stream is dropped.
        """
        if self._ended:
            raise LocalProtocolError("bytes after the end of a stream of events")
        if not data:
            self._ended = self._special = True
        if not data or self.fault is not None:
            return b""
        if not self._begun:
            data = self.tail + data
            self._held.clear()
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._held += data
                return b""
            self._begun = True
            data = data.removeprefix(_BOM)
        if self._after_cr:
            data = data.removeprefix(b"\n")
        self._special = self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _take_alike(data: bytes, events: list[ServerSentEvent]) -> bytes:
    """Take the events off `data` if all are alike: one line of data each, or a name before it.

    Returns what is left: less than one such event, or all of `data` if another is among them.
    """
    lines = data.split(b"\n")
    size = 2 if data[:6] == b"data: " else 3
    end = (len(lines) - 1) // size * size
    values = lines[size - 2 : end : size]
    if any(lines[size - 1 : end : size]) or not all(map(bytes.startswith, values, _DATA)):
        return data
    values = [value[6:] for value in values]
    if size == 2:
        events += map(ServerSentEvent, values)
    else:
        names = [_names.get(line, "") for line in lines[:end:3]]
        if "" in names:
            return data
        events += map(ServerSentEvent, values, names)
    return b"\n".join(lines[end:])


def _one(data: bytes) -> ServerSentEvent | None:
    """The event that `data` is, as a read usually is; `None` if it is anything else."""
    lines = data.split(b"\n")
    count = len(lines)
    if not 3 <= count <= 4 or lines[-1] or lines[-2] or lines[-3][:6] != b"data: ":
        return None
    name = "" if count == 3 else _name(lines[0])
    return None if name is None else ServerSentEvent(lines[-3][6:], name)


def _name(line: bytes) -> str | None:
    """The name in a line that is `event: name`; `None` for another line."""
    name = _names.get(line)
    if name is None and line[:7] == b"event: ":
        name = line[7:].decode("utf-8", "replace")
        if len(_names) < _MAX_NAMES and len(line) <= _MAX_NAME_LINE:
            _names[line] = name
    return name


def _read(lines: list[bytes], decoder: SSEDecoder | None = None) -> list[ServerSentEvent]:
    """Read the lines of a block: its event, and JSON behind that; `decoder` notes id and retry."""
    data: list[bytes] = []
    name = ""
    last_id: str | None = None
    retry: int | None = None
    bare = b""
    for number, line in enumerate(lines):
        if line[:1] in (b"{", b"["):
            bare = b"\n".join(lines[number:])
            break
        field, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")
        elif field == b"id":
            if b"\0" not in value:
                last_id = value.decode("utf-8", "replace")
        elif field == b"retry" and value.isdigit() and len(value) <= _MAX_RETRY_DIGITS:
            retry = int(value)
        elif field == b"error":
            data.append(value)
            name = "error"
    if decoder is not None and last_id is not None:
        decoder.last_event_id = last_id
    if decoder is not None and retry is not None:
        decoder.retry = retry
    events: list[ServerSentEvent] = []
    if data:
        events.append(ServerSentEvent(b"\n".join(data), name, last_id, retry))
    if bare:
        events.append(ServerSentEvent(bare, "" if data else name, bare=True))
    return events
