"""A client that says and hears a whole session, whatever becomes of it, and a book of that."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, NamedTuple

from api_openai import APITimeoutError, AsyncClient, OpenAIError, Reconnect, WebSocketQueueFullError
from api_openai.core.terms.session_errors import WebSocketConnectionClosedError

from .port import Stopped
from .talk import ANSWERS, Said, Talker, client_events
from .world import Cut, Task, World

PATIENCE: Final = 4.0
"""Seconds without an event, of the clock of a case, after which its client goes on."""


class Form(NamedTuple):
    """A recorded session."""

    deflate: bool
    large: bool
    """Whether an event of the client's is longer than what fits into two bytes."""

    def __str__(self) -> str:
        words = ["compressed" if self.deflate else "plain", "large" if self.large else ""]
        return " ".join(words).rstrip()


FORMS: Final = (Form(False, False), Form(True, False), Form(False, True))


def client_over(world: World) -> AsyncClient:
    """A client whose server is in `world`."""
    return AsyncClient(
        api_key="k",
        base_url="http://api.test/v1",
        transport=world,
        max_retries=0,
        timeout=60,
    )


def connect(world: World, form: Form, reconnect: Reconnect | None = None) -> Any:
    """A session to be opened; a silent server is noticed where it is opened again."""
    options: Any = {"compression": "deflate" if form.deflate else None}
    if reconnect is not None:
        options |= {"ping_interval": 2.0, "ping_timeout": 1.0}
    return client_over(world).realtime.connect(
        model="gpt-realtime", websocket_connection_options=options, reconnect=reconnect
    )


@dataclass
class Book:
    """What became of the events of a client, by what it was told."""

    said: list[str] = field(default_factory=list[str])
    """Events whose sending was begun."""
    refused: set[str] = field(default_factory=set[str])
    """Those of which an error said at once that they were not sent."""
    stopped: set[str] = field(default_factory=set[str])
    """Those whose sending was interrupted: who interrupts is told nothing."""
    unsent: set[str] = field(default_factory=set[str])
    unsure: set[str] = field(default_factory=set[str])
    crossed: set[str] = field(default_factory=set[str])
    """Those sent while something of the server's was on its way, which passes for an answer."""
    quiet: set[str] = field(default_factory=set[str])
    """Those sent since the server was last heard."""
    got: list[list[bytes]] = field(default_factory=lambda: [[]])
    """What was received, by connection."""
    errors: list[BaseException] = field(default_factory=list[BaseException])

    def ended(self, error: WebSocketConnectionClosedError) -> None:
        """Write down what the end of a session tells."""
        self.errors.append(error)
        self.unsent |= ids_of(error.unsent_frames)
        self._unsure(ids_of(error.unsure_frames))

    def reopened(self, unsure: Any) -> None:
        """Write down what a `reconnected` event tells."""
        self._unsure(ids_of(unsure))
        self.got.append([])

    def _unsure(self, ids: set[str]) -> None:
        self.unsure |= ids

    def sent(self, name: str, *, crossed: bool) -> None:
        """An event has been handed over."""
        self.quiet.add(name)
        if crossed:
            self.crossed.add(name)

    def received(self, data: bytes) -> None:
        """An event of the server's has come."""
        self.got[-1].append(data)
        self.quiet.clear()

    def check(self, peers: list[Talker]) -> None:
        """Hold what was told against what the servers know."""
        for peer in peers:
            assert not peer.failure, f"the client broke the rules: {peer.failure}"
        heard = [event["event_id"] for peer in peers for event in peer.heard]
        updates = {
            event["event_id"]
            for peer in peers
            for event in peer.heard
            if event["type"] == "session.update"
        }
        twice = {name for name in heard if heard.count(name) > 1} - updates
        assert not twice, f"{sorted(twice)} came twice"
        for peer in peers:
            names = [event["event_id"] for event in peer.heard]
            assert len(names) == len(set(names)), "said twice on one connection"
        arrived = set(heard)
        lost = (self.unsent | self.refused) & arrived
        assert not lost, f"{sorted(lost)} arrived, and count as unsent"
        both = self.unsent & self.unsure
        assert not both, f"{sorted(both)} are unsent and unsure"
        named = self.unsent | self.unsure | self.refused | self.stopped
        unknown = {*self.said} - named - arrived - self.crossed
        assert not unknown, f"{sorted(unknown)} did not arrive, and nobody said so"
        quiet = self.quiet - named - arrived - self.crossed
        assert not quiet, f"{sorted(quiet)}: nothing was heard after them, and nobody said so"
        made_up = (self.unsent | self.unsure) - {*self.said}
        assert not made_up, f"{sorted(made_up)} were never said"

    def check_received(self, peers: list[Talker]) -> None:
        """What was handed out is what the servers said, from the beginning, once and in order."""
        opened = [peer for peer in peers if peer.opened]
        whole = [peer.said for peer in opened]
        for got in filter(None, self.got):
            place = next((at for at, said in enumerate(whole) if said[: len(got)] == got), None)
            assert place is not None, f"{len(got)} events are not those that were said"
            del whole[: place + 1]


def ids_of(frames: Any) -> set[str]:
    """The ids of events in an error; none is in it twice."""
    names = [json.loads(each)["event_id"] for each in frames]
    assert len(names) == len({*names}), f"one is told twice: {names}"
    return {*names}


class Speaker:
    """Says what a session has to say and hears the answers, whatever becomes of it."""

    def __init__(self, world: World, manager: Any, book: Book) -> None:
        self._world = world
        self._manager = manager
        self._book = book
        self._connection: Any = None

    async def speak(self, events: list[Said]) -> None:
        """Open the session, say all, hear all, close it, and look at how it ended."""
        if not await self.open():
            return
        await self.hear(1)
        for event in events:
            await self.say(event)
            await self.hear(ANSWERS[event["type"]])
        await self.end()

    async def open(self) -> bool:
        """Open the session; False if that fails."""
        try:
            self._connection = await self._manager.enter()
        except OpenAIError as error:
            self._book.errors.append(error)
            return False
        return True

    async def say_all(self, events: list[Said]) -> None:
        """Send one event after the other."""
        for event in events:
            await self.say(event)

    async def listen(self, going: Callable[[], bool]) -> None:
        """Receive as long as others are at work, or something comes."""
        while self._connection.closed is None:
            before = len(self._book.errors)
            await self.hear(1)
            if len(self._book.errors) > before and not going():
                return

    async def close(self, after: float = 0) -> None:
        """Close the session."""
        await self._world.sleep(after)
        await self._connection.close()

    async def end(self) -> None:
        """Close the session, and look at how it ended."""
        await self._connection.close()
        await self.hear(1 << 30)
        self._connection = None

    async def say(self, event: Said) -> None:
        """Send one event."""
        book, name = self._book, event["event_id"]
        book.said.append(name)
        before = self._on_its_way()
        try:
            await self._connection.send(event)
        except WebSocketConnectionClosedError as error:
            book.ended(error)
        except APITimeoutError as error:
            book.errors.append(error)
            if error.sent == "no":
                book.refused.add(name)
            else:
                book.sent(name, crossed=before[2] or before != self._on_its_way())
        except WebSocketQueueFullError as error:
            book.errors.append(error)
            book.refused.add(name)
        except Stopped:
            book.stopped.add(name)
            raise
        else:
            book.sent(name, crossed=before[2] or before != self._on_its_way())

    def _on_its_way(self) -> tuple[int, int, bool]:
        """The connection, what the server said by it, and whether some is still to come.

        What waits for the next connection will cross with its greeting.
        """
        pipe = self._world.pipes[-1]
        return len(self._world.pipes), len(pipe.said), bool(pipe.inbox) or pipe.closed

    async def hear(self, count: int) -> None:
        """Receive so many events, as far as they come."""
        book = self._book
        for _ in range(count):
            try:
                data = await self._connection.recv_bytes(PATIENCE)
            except WebSocketConnectionClosedError as error:
                book.ended(error)
                return
            except APITimeoutError as error:
                book.errors.append(error)
                return
            if b'"type":"reconnected"' in data:
                book.reopened(self._connection.parse_event(data).unsure_events)
            else:
                book.received(data)


def trial(form: Form, seed: int, *cuts: Cut, reconnect: Reconnect | None = None) -> World:
    """A session whose n-th connection has the n-th of `cuts`; what became of it is checked."""
    random = Random(seed)
    peers: list[Talker] = []

    def accept(number: int) -> tuple[Talker, Cut]:
        peer = Talker(deflate=form.deflate)
        peers.append(peer)
        return peer, cuts[number] if number < len(cuts) else Cut()

    world, book = World(accept, random), Book()
    speaker = Speaker(world, connect(world, form, reconnect), book)
    [failure] = world.run(Task(speaker.speak(client_events(form.large))))
    if failure is not None:
        raise failure
    world.settled()
    book.check(peers)
    book.check_received(peers)
    return world


def crowd(
    form: Form, seed: int, *cuts: Cut, reconnect: Reconnect | None = None, stops: bool = False
) -> World:
    """A session of a receiver and three senders, in an order by chance; some are interrupted."""
    random = Random(seed)
    peers: list[Talker] = []

    def accept(number: int) -> tuple[Talker, Cut]:
        peer = Talker(deflate=form.deflate)
        peers.append(peer)
        return peer, cuts[number] if number < len(cuts) else Cut()

    world, book = World(accept, random), Book()
    speaker = Speaker(world, connect(world, form, reconnect), book)
    [opened] = world.run(speaker.open())
    if opened is not True:
        if opened is not False:
            raise opened
        world.settled()
        return world
    senders = [Task(speaker.say_all(part)) for part in parts(random, form)]
    others: list[Task] = []
    if random.random() < 0.3:
        others.append(Task(speaker.close(random.choice((0, 0.1, 3, 30)))))

    def going() -> bool:
        return not all(task.done for task in (*senders, *others))

    for _ in range(3 if stops else 0):
        random.choice(senders).stop_at = random.randint(1, 25)
    listener = Task(speaker.listen(going), stop_at=random.randint(1, 60) if stops else 0)
    for result in world.run(listener, *senders, *others):
        if result is not None and not isinstance(result, Stopped):
            raise result
    for program in (speaker.listen(going), speaker.end()):
        [failure] = world.run(program)
        if failure is not None:
            raise failure
    world.settled()
    book.check(peers)
    book.check_received(peers)
    for sender in "xyz":
        heard = [
            int(event["event_id"][1:])
            for peer in peers
            for event in peer.heard
            if event["event_id"][0] == sender
        ]
        assert heard == sorted(heard), f"{sender} was heard in another order: {heard}"
    return world


def parts(random: Random, form: Form) -> list[list[Said]]:
    """What three senders say."""
    first, *_, last = client_events(form.large)
    found: list[list[Said]] = []
    for sender in "xyz":
        sizes = [random.choice((0, 100, 3000, 20_000)) for _ in range(random.randint(1, 6))]
        said: list[Said] = [
            {"type": "input_audio_buffer.append", "audio": "A" * size} for size in sizes
        ]
        found.append([{**event, "event_id": f"{sender}{n}"} for n, event in enumerate(said)])
    found[0].insert(0, first)
    found[1].append(last)
    return found
