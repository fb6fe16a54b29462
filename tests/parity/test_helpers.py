"""Every method that is more than one request stands where people look for it, and takes what it took.

What they do is tested beside them. Here each is called on a client whose requests are all refused,
so that what comes back is no matter, and an error that speaks of its keywords is one.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from api_openai import AsyncClient, Client

from ..support.methods import HELPERS, METHODS, Helper, Keywords, at, values
from ..support.recorder import Wire

POSITIONAL: Final = {
    "beta.agents.environments.files.prepare": "files",
    "beta.agents.environments.files.prepare_directory": "root",
    "beta.agents.environments.files.upload": "environment_id",
    "beta.agents.sessions.artifacts.for_result": "result",
    "beta.agents.sessions.stream": "session_id",
    "beta.threads.runs.poll": "run_id thread_id",
    "files.wait_for_processing": "id",
    "realtime.translations.connect": "model",
    "vector_stores.file_batches.create_and_poll": "vector_store_id",
    "vector_stores.file_batches.poll": "batch_id",
    "vector_stores.file_batches.upload_and_poll": "vector_store_id",
    "vector_stores.files.create_and_poll": "file_id",
    "vector_stores.files.poll": "file_id",
    "videos.poll": "video_id",
    "webhooks.unwrap": "payload headers",
    "webhooks.verify_signature": "payload headers",
}
"""What may be given without its name."""
NAMED: Final = {
    "beta.agents.environments.files.prepare_directory": "destination include",
    "beta.agents.environments.files.upload": "file path",
    "beta.agents.sessions.stream": "input",
    "beta.chat.completions.parse": "messages model",
    "beta.chat.completions.stream": "messages model",
    "beta.realtime.connect": "model",
    "beta.threads.create_and_run_poll": "assistant_id",
    "beta.threads.create_and_run_stream": "assistant_id",
    "beta.threads.runs.create_and_poll": "assistant_id thread_id",
    "beta.threads.runs.create_and_stream": "assistant_id thread_id",
    "beta.threads.runs.stream": "assistant_id thread_id",
    "beta.threads.runs.submit_tool_outputs_and_poll": "tool_outputs run_id thread_id",
    "beta.threads.runs.submit_tool_outputs_stream": "tool_outputs run_id thread_id",
    "chat.completions.parse": "messages model",
    "chat.completions.stream": "messages model",
    "live.forks.connect": "session_id",
    "live.sideband.connect": "session_id",
    "uploads.upload_file_chunked": "file mime_type purpose",
    "vector_stores.file_batches.poll": "vector_store_id",
    "vector_stores.file_batches.upload_and_poll": "files",
    "vector_stores.files.create_and_poll": "vector_store_id",
    "vector_stores.files.poll": "vector_store_id",
    "vector_stores.files.upload": "vector_store_id file",
    "vector_stores.files.upload_and_poll": "vector_store_id file",
    "videos.create_and_poll": "prompt",
}
"""What has to be given with its name."""
NUMBERS: Final = ("interval", "ms", "seconds", "size", "concurrency", "delay", "retries")
"""Ends of the names of keywords that are numbers."""
COMPLAINTS: Final = ("keyword", "positional argument", "required argument")
"""What errors say of arguments that were refused for their names."""


class Answer(msgspec.Struct):
    """What is asked for."""

    text: str


SAMPLES: Final[Keywords] = {
    "bytes": 3,
    "destination": "/data",
    "file": b"abc",
    "filename": "a.txt",
    "files": [b"abc"],
    "headers": {},
    "include": ["*.txt"],
    "md5": "900150983cd24fb0d6963f7d28e17f72",
    "mime_type": "text/plain",
    "output_type": Answer,
    "path": "/data/a.txt",
    "payload": "{}",
    "response_format": Answer,
    "root": Path(__file__).parent,
    "on_reconnecting": print,
    "secret": "whsec_c2VjcmV0",
    "text_format": Answer,
    "tool_handlers": {},
    "websocket_connection_options": {},
}

each_helper = pytest.mark.parametrize("helper", HELPERS, ids=str)


def sample(helper: Helper, name: str) -> Any:
    """A value for a keyword: as its endpoints have it, or one of the samples."""
    if name in SAMPLES:
        return SAMPLES[name]
    resource = helper.client.removeprefix("beta.chat.").rpartition(".")[0]
    for method in METHODS:
        for param in method.params if method.client.startswith(resource) else ():
            if param.name == name and param.where != "path":
                return next(values(method, param))
    return 1 if name.endswith(NUMBERS) else name


def arguments(helper: Helper) -> tuple[list[Any], Keywords]:
    """What a call needs."""
    places = POSITIONAL.get(helper.client, "").split()
    names = NAMED.get(helper.client, "").split()
    given = {name: sample(helper, name) for name in names}
    return [sample(helper, name) for name in places], given


def calls(helper: Helper) -> Iterator[tuple[list[Any], Keywords]]:
    """Calls with what is needed and each of the other keywords, by place and by name."""
    places, given = arguments(helper)
    yield places, given
    by_name = dict(zip(POSITIONAL.get(helper.client, "").split(), places, strict=True))
    yield [], by_name | given
    for name in set(helper.params) - set(given) - set(by_name):
        yield places, given | {name: sample(helper, name)}


def complaint(call: Any, places: list[Any], given: Keywords) -> str | None:
    """What a call says against its keywords."""
    try:
        made = call(*places, **given)
    except TypeError as error:
        text = str(error)
        return text if any(each in text for each in COMPLAINTS) else None
    except Exception:
        return None  # what is asked for is not there
    if inspect.iscoroutine(made):
        made.close()
    return None


def test_these_are_all() -> None:
    assert len(HELPERS) == 40


@each_helper
def test_it_is_there(helper: Helper) -> None:
    for client in (Client(api_key="k"), AsyncClient(api_key="k")):
        found = at(client, helper.client)
        assert callable(found)
        assert inspect.getdoc(found)


@each_helper
def test_it_takes_every_keyword(helper: Helper, wire: Wire) -> None:
    call = at(wire.client, helper.client)
    for places, given in calls(helper):
        assert complaint(call, places, given) is None


@each_helper
def test_it_takes_every_keyword_for_async_callers(helper: Helper) -> None:
    call = at(AsyncClient(api_key="k"), helper.client)
    for places, given in calls(helper):
        assert complaint(call, places, given) is None


@each_helper
def test_it_takes_no_other_keyword(helper: Helper, wire: Wire) -> None:
    places, given = arguments(helper)
    complained = complaint(at(wire.client, helper.client), places, given | {"nonsense": 1})
    assert "nonsense" in (complained or "")
