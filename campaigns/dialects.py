"""Answers with fields that only their server knows: what a codec learns changes none of them."""

from collections.abc import Sequence
from functools import cache, partial
from random import Random
from typing import Any, Final

from tests.support.dialects import compare

from api_openai.core.api.types import chat, embeddings, responses, responses_events
from api_openai.core.json.codec import Codec

from .harness import Cases

ANSWERS: Final = 60
"""Answers of one case, which are enough to learn three times."""


def dialects(random: Random) -> Cases:
    """Cases without end."""
    while True:
        kind = random.choice(_kinds())
        seed = random.getrandbits(64)
        yield f"{kind!r:.60}, seed {seed}", partial(_compare, kind, seed)


@cache
def _kinds() -> Sequence[Any]:
    return (
        chat.ChatCompletionChunk,
        chat.ChatCompletion,
        embeddings.CreateEmbeddingResponse,
        responses.Response,
        responses_events.ResponseStreamEvent,
    )


def _compare(kind: Any, seed: int) -> None:
    compare(Codec[Any](kind), kind, Random(seed), ANSWERS)
