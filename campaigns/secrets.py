"""Calls that fail in every way, to servers that echo the credentials: nothing of theirs shows."""

import pickle
import traceback
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, Final

from tests.support.http import EVENTS, chunk, event, head
from tests.support.server import ASK, CLOSE, HEAD, RESET, Action
from tests.test_secrets import (
    ADMIN,
    KEY,
    PASSWORD,
    TOKEN,
    Op,
    caller,
    echo,
    serving,
    shown,
)

from api_openai import Network, Secret
from api_openai.core.api.operations import files, models, responses
from api_openai.core.request.redaction import SHORTEST_PART

from .harness import Cases

KINDS: Final = ("blocking", "async")
OPERATIONS: Final[tuple[Callable[[dict[str, Any]], Op], ...]] = (
    lambda options: models.list_(**options),
    lambda options: responses.create_stream(model="m", input="Hi", stream=True, **options),
    lambda options: responses.create(model="m", input="Hi", **options),
    lambda options: files.create(file=("a", b"content"), purpose="batch", **options),
)
OPTIONS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {},
    {"extra_headers": {"Authorization": f"Bearer {TOKEN}"}},
    {"extra_headers": {"X-Api-Key": TOKEN}},
    {"extra_query": {"sig": TOKEN}},
)
SETTINGS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"default_headers": {"Authorization": f"Bearer {TOKEN}"}},
    {"default_headers": {"x-api-key": TOKEN}},
    {"default_query": {"api_key": TOKEN}},
    {"network": Network(client_key_password=Secret(PASSWORD))},
)


def spilled(text: str | bytes) -> bool:
    """Whether a text shows a credential, whole or the first characters of one."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else bytes(text)
    return any(each.encode()[:SHORTEST_PART] in data for each in (KEY, ADMIN, PASSWORD, TOKEN))


def _answers(said: str) -> dict[str, tuple[bytes, bool]]:
    """Answers that say what was sent, and whether they fail as they stand, or only when cut."""
    first = event({"type": "response.created", "response": {"id": said}})
    begun = head("200 OK", EVENTS, f"x-echo: {said}", "transfer-encoding: chunked")
    failed = event({"error": {"message": said, "code": said}})
    text = said.encode()
    return {
        "401": (echo("401 Unauthorized", body={"error": {"message": said, "code": said}}), True),
        "429": (echo("429 Too Many Requests", f"retry-after: {said}"), True),
        "500 as text": (echo("500 Oops", body=text), True),
        "302": (echo("302 Found", f"location: http://h/?key={said}"), True),
        "not JSON": (echo("200 OK", "content-type: text/html", body=b"<p>" + text), True),
        "no HTTP": (text + b"\r\n\r\n", True),
        "bad field": (b"HTTP/1.1 200 OK\r\n" + text + b"\r\n\r\n", True),
        "bad chunk": (head("200 OK", "transfer-encoding: chunked") + text + b"\r\n", True),
        "stream that fails": (begun + chunk(first) + chunk(failed), True),
        "stream of no JSON": (begun + chunk(b"data: no " + text + b"\n\n"), True),
        "document": (echo("200 OK", body={"id": 3, "object": said, "end": "of it"}), False),
    }


def secrets(random: Random) -> Cases:
    """Without end: answers that echo credentials, whole or cut off where no credential is."""
    while True:
        kind, end = random.choice(KINDS), random.choice((CLOSE, RESET))
        settings, options = random.choice(SETTINGS), random.choice(OPTIONS)
        number = random.randrange(len(OPERATIONS))
        operation = OPERATIONS[number](options)
        carried = [KEY, ADMIN, *([TOKEN] if options or "default" in str(settings) else [])]
        answers = _answers(f"{random.choice(('', 'Bearer '))}{random.choice(carried)}")
        name = random.choice([*answers, "nobody there", "no answer"])
        script: tuple[Action, ...] | None
        if name == "nobody there":
            script = None
        elif name == "no answer":
            script = (random.choice((ASK, HEAD)), end)
        else:
            answer, fails = answers[name]
            script = (ASK, answer if fails else answer[:-5], end)
        words = f"{name}: {script}, {operation.name}, {kind}, {settings}, {options}"
        yield words, partial(_failed, kind, operation, number == 1, script, settings)


def _failed(
    kind: str,
    operation: Op,
    streams: bool,
    script: tuple[Action, ...] | None,
    settings: dict[str, Any],
) -> None:
    with serving(script or ()) as server:
        made = caller(kind, server if script else None, **settings)
        error = made.failure(operation, stream=streams)
    for what, there in {
        "the error": error,
        "its traceback": ("".join(traceback.format_exception(error))),
        "the trace": made.events,
        "repr of the client": (repr(made.client)),
        "repr of the operation": (repr(operation)),
        "curl": (operation.to_curl()),
    }.items():
        found = [f"{where}: {text[:200]}" for where, text in shown(there, what) if spilled(text)]
        assert not found, found
    assert not spilled(pickle.dumps(error)), "its pickle"
