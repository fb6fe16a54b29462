"""Sessions that are cut at every byte: no hang, no event twice, everything that was said accounted for."""

from collections.abc import Iterator
from functools import cache, partial
from random import Random

from tests.support.speaking import FORMS, Form, trial
from tests.support.world import ENDS, Cut, End

from .harness import Cases


@cache
def sizes(form: Form) -> tuple[int, int]:
    """How many bytes the server says in a whole session, and the client."""
    world = trial(form, 1)
    pipe = world.pipes[0]
    return len(pipe.said), pipe.heard


def places() -> Iterator[tuple[Form, str, int]]:
    """Every byte of every session, in both directions."""
    for form in FORMS:
        down, up = sizes(form)
        yield from ((form, "down", at) for at in range(down))
        yield from ((form, "up", at) for at in range(up))


def cut_at(direction: str, at: int, end: End) -> Cut:
    return Cut(down=at, end=end) if direction == "down" else Cut(up=at, end=end)


def sessions(random: Random) -> Cases:
    """Cut sessions at every byte, in every way."""
    found: list[tuple[Form, str, int, End]] = [(*place, end) for place in places() for end in ENDS]
    random.shuffle(found)
    for form, direction, at, end in found:
        seed = random.getrandbits(32)
        name = f"{form}, {direction} {at}, {end}, seed {seed}"
        yield name, partial(trial, form, seed, cut_at(direction, at, end))
