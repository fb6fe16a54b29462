"""Answers with bytes changed, documents with odd values: errors of ours or values, nothing lost."""

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.support.damage import ODD, places
from tests.support.http import EVENTS, answer, event
from tests.support.port import Asked
from tests.support.scripted import Script

from api_openai import OpenAIError
from api_openai.core.answers.pages import PageDocument
from api_openai.core.api.type_names import codec_of
from api_openai.core.json.codec import codec
from api_openai.core.json.encode import encode
from api_openai.core.json.provenance import meta
from api_openai.core.terms.json_text import CodecError

from .harness import Cases
from .recorded import ASK, Recorded, Told, recorded, scripted, whole

FACTS: Final = Path(__file__).parent.parent / "tests" / "facts" / "answers.json"
TOKENS: Final = (
    b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b",", b'"', b"{", b"}", b"[", b"\\u", b"\xff", b"0",
    b"-1", b"9" * 40, b"chunked", b"gzip", b"content-length: 5\r\n", b"data:", b"event: error\n",
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"id: \0\n", b"[DONE]", b"null",
)  # fmt: skip


def changed(random: Random, data: bytes) -> bytes:
    """Some bytes with one to four changes."""
    found = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(found) + 1)
        end = min(len(found), at + random.choice((0, 1, 1, 2, 8, 60)))
        match random.randrange(4):
            case 0:
                found[at:end] = random.choice(TOKENS)
            case 1:
                found[at:end] = random.randbytes(random.randint(1, 4))
            case 2:
                del found[at:end]
            case _:
                found[at:at] = found[at:end]
    return bytes(found)


def mutations(random: Random) -> Cases:
    """Without end: bytes of answers, documents of all types, events of streams."""
    lines: list[dict[str, Any]] = json.loads(FACTS.read_text())
    while True:
        for number in range(20):
            yield _bytes(random)
            yield _document(random, random.choice(lines))
            if number % 4 == 0:
                yield _events(random)


def _bytes(random: Random) -> tuple[str, Callable[[], object]]:
    one: Recorded = random.choice(recorded())
    data = changed(random, one.answer)
    at = random.randrange(len(data) + 1)

    def run() -> None:
        told: Told = scripted(one, data[:at], data[at:])
        if told.error is None and not one.streams and len(told.documents) != 1:
            raise AssertionError("neither a value nor an error")

    return f"{one}: {data!r}", run


def damage(random: Random, document: Any) -> Any:
    """A document with odd values in one to three places."""
    found: Any = copy.deepcopy(document)
    for _ in range(random.randint(1, 3)):
        if type(found) not in (dict, list):
            break
        if all_places := [*places(found)]:
            container, key = random.choice(all_places)
            container[key] = copy.deepcopy(random.choice(ODD))
    return found


def holds(again: Any, document: Any) -> bool:
    """Whether a document has all of another's values but those that are null.

    An empty text may be a tag, which the shape of its object has told.
    """
    kind: Any = document.__class__
    if document is None or document == "":
        return type(again) is str or document is None
    if kind in (int, float):
        return again.__class__ in (int, float) and float(again) == float(document)
    if again.__class__ is not kind:
        return False
    if kind is dict:
        return all(
            value is None or (key in again and holds(again[key], value))
            for key, value in document.items()
        )
    if kind is list:
        return len(again) == len(document) and all(map(holds, again, document))
    return bool(again == document)


@cache
def _type(name: str, page: bool) -> Any:
    pages: Any = PageDocument
    return pages[codec_of(name).type] if page else codec_of(name).type


def _document(random: Random, line: dict[str, Any]) -> tuple[str, Callable[[], object]]:
    name = random.choice(line["type"].split(" | "))
    document = damage(random, random.choice(line["documents"]))

    def run() -> None:
        data = json.dumps(document).encode()
        try:
            value = codec(_type(name, "page" in line)).decode(data)
        except CodecError:  # which is an error of ours by the time that it reaches a caller
            return
        assert repr(value)
        meta(value)
        if "page" not in line:
            again = json.loads(encode(value))
            assert holds(again, document), f"encoded as {again}"

    return f"{name}: {document}", run


@cache
def _streams() -> list[tuple[Recorded, list[Any]]]:
    found = [one for one in recorded() if one.streams and "until close" in one.name]
    return [(one, [json.loads(each) for each in whole(one).documents]) for one in found]


def _events(random: Random) -> tuple[str, Callable[[], object]]:
    """A stream with damaged events, added up to a snapshot."""
    one, documents = random.choice(_streams())
    events = [damage(random, each) if random.random() < 0.2 else each for each in documents]
    if random.random() < 0.3:
        random.shuffle(events)
    body = b"".join(map(event, events)) + b"data: [DONE]\n\n"
    script = Script([Asked(), answer(body, EVENTS)])

    async def add_up() -> None:
        client: Any = script.client
        if one.name.startswith("chat"):
            manager = client.chat.completions.stream(model="gpt-4o", messages=ASK)
        else:
            manager = client.responses.stream(model="gpt-4o", input="Hello")
        try:
            async with manager as stream:
                async for _ in stream:
                    pass
                if one.name.startswith("chat"):
                    encode(stream.current_completion_snapshot)
                    await stream.get_final_completion()
                else:
                    encode(stream.current_response_snapshot)
                    await stream.get_final_response()
        except OpenAIError:
            pass

    return f"{one}: {events}", lambda: script.run(add_up())
