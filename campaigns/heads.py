"""Heads of responses, made and damaged by chance: what is read without h11, h11 reads the same."""

from functools import partial
from random import Random
from typing import Final

from tests.support.heads import damaged, made, switched

from api_openai.core.http import heads
from api_openai.core.terms.errors import RemoteProtocolError
from api_openai.core.terms.http_message import InformationalResponse, ResponseHead

from .harness import Cases

AT_ONCE: Final = 500
"""Heads of one case."""


def same_heads(random: Random) -> Cases:
    """Cases without end."""
    while True:
        seed = random.getrandbits(64)
        yield f"heads of seed {seed}", partial(_compare, seed)


def _compare(seed: int) -> None:
    random = Random(seed)
    for _ in range(AT_ONCE):
        upgrade = random.randrange(8) == 0
        head = damaged(switched(random) if upgrade else made(random), random)
        found = _facts(head, quick=True, upgrade=upgrade)
        known = _facts(head, quick=False, upgrade=upgrade)
        assert found == known, f"{head!r}: {found}, and h11 has {known}"


def _facts(head: bytes, *, quick: bool, upgrade: bool) -> tuple[object, ...]:
    """What is read of a head; nothing where it is refused."""
    read = heads.read_head if quick else heads.read_with_h11
    try:
        found: InformationalResponse | ResponseHead = read(head, upgrade=upgrade)
    except RemoteProtocolError:
        return ()
    if isinstance(found, ResponseHead):
        return found.status, found.headers.raw, found.http_version, found.reason
    return found.status, found.headers.raw
