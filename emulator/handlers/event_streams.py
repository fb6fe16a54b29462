"""Streams of generic handlers: one event of each kind, in the order of the description."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ...core.json.annotations import members
from ..fake_data import model_fields
from ..fake_data.instances import Maker
from ..http.json_documents import Object, encode, is_object, text
from ..http.response import HttpResponse, TimedPart
from .work import Work

_LATE: Final = (".done", ".completed", ".ended", ".closed")


_SILENCE: Final = 0.05
"""Seconds after which it is seen whether something has happened."""


def told(
    events: Iterable[Object | None], pace: float, *, named: bool = True, done: bool = True
) -> HttpResponse:
    """Answer with events; each is named by its type, and `[DONE]` ends them, unless told otherwise.

    `None` among them is a moment in which there is none.
    """
    return HttpResponse.events(_parts(events, pace, named=named, done=done))


def _parts(
    events: Iterable[Object | None], pace: float, *, named: bool, done: bool
) -> Iterator[TimedPart]:
    delay = 0.0
    for event in events:
        if event is None:
            yield TimedPart(_SILENCE, b"")
            continue
        name = text(event.get("type"))
        head = b"event: %b\n" % name.encode() if named and name else b""
        yield TimedPart(delay, b"%bdata: %b\n\n" % (head, encode(event)))
        delay = pace
    if done:
        yield TimedPart(0.0, b"data: [DONE]\n\n")


def every_event(work: Work) -> HttpResponse:
    """Answer with an instance of every event that there can be, those that end something last."""
    blueprint = work.route.blueprint
    assert blueprint.events is not None
    made = list(_instances(blueprint.events.type, work))
    last = [each for each in made if text(each.get("type")).endswith(_LATE)]
    ends = [each for each in made if text(each.get("type")) in blueprint.events.terminal][:1]
    first = [each for each in made if each not in last and each not in ends]
    first = [each for each in first if text(each.get("type")) not in blueprint.events.terminal]
    last = [each for each in last if text(each.get("type")) not in blueprint.events.terminal]
    return told([*first, *last, *ends], work.state.pace)


def _instances(ref: Any, work: Work) -> Iterator[Object]:
    now = work.state.now()
    for at, kind in enumerate(members(model_fields.resolve(ref))):
        event = Maker(f"{work.state.seed}{work.path}{at}", now).make(kind)
        if is_object(event) and event.get("type") != "error":
            yield event
