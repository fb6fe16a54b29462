"""Every answer of the emulator is an instance of the type that its operation answers with."""

import importlib
import pkgutil
import re
from importlib.util import find_spec

import msgspec
import pytest

import api_openai.core.api.operations as operations
from api_openai.core.api.type_names import codec_of
from api_openai.core.request.answer_kinds import JsonAnswer, PageAnswer
from api_openai.core.request.blueprint import Blueprint
from api_openai.emulator import Emulator
from api_openai.emulator.http.json_documents import Object, objects
from api_openai.emulator.routing.handlers_by_path import HANDLERS

from .peer import ask
from .test_files import FORM, form


def blueprints() -> dict[tuple[str, str], Blueprint]:
    """Return the declared operations by method and path, parameters as `{}`."""
    found: dict[tuple[str, str], Blueprint] = {}
    for module in pkgutil.iter_modules(operations.__path__):
        loaded = importlib.import_module(f"{operations.__name__}.{module.name}")
        for value in vars(loaded).values():
            if isinstance(value, Blueprint):
                path = re.sub(r"\{\w+\}", "{}", value.path)
                found.setdefault((value.method, path), value)
    return found


KNOWN = blueprints()
GENERATED = bool(KNOWN) and find_spec("api_openai.core.api.types.chat") is not None
pytestmark = pytest.mark.skipif(not GENERATED, reason="operations and types are not generated")

SCHEMA: Object = {"type": "object", "properties": {"city": {"type": "string"}}}
FUNCTION: Object = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
TOOL: Object = {"type": "function", "name": "weather", "parameters": SCHEMA}
CHAT: list[Object] = [
    {},
    {"n": 2, "logprobs": True, "top_logprobs": 2},
    {"tools": [FUNCTION]},
    {"max_completion_tokens": 2, "store": True, "metadata": {"a": "b"}},
    {"response_format": {"type": "json_object"}, "messages": [{"role": "user", "content": "JSON"}]},
]
HOSTED: list[Object] = [
    {"type": "file_search", "vector_store_ids": ["vs_1"]},
    {"type": "code_interpreter", "container": {"type": "auto"}},
    {"type": "web_search"},
    {"type": "image_generation", "size": "1024x1024"},
    {"type": "computer_use_preview", "display_width": 1, "display_height": 1, "environment": "mac"},
    {"type": "computer"},
    {"type": "mcp", "server_label": "x", "server_url": "https://x", "require_approval": "never"},
    {"type": "mcp", "server_label": "y", "server_url": "https://y"},
    {"type": "local_shell"},
    {"type": "shell"},
    {"type": "shell", "environment": {"type": "container_auto"}},
    {"type": "apply_patch"},
]
RESULTS = [
    *("file_search_call.results", "web_search_call.action.sources"),
    "code_interpreter_call.outputs",
]
USES: list[Object] = [{"tools": [tool], "tool_choice": "required"} for tool in HOSTED]
RESPOND: list[Object] = [
    {},
    {"tools": [TOOL], "tool_choice": {"type": "function", "name": "weather"}},
    {"tools": [{"type": "custom", "name": "run"}]},
    {"input": "word " * 40, "max_output_tokens": 16},
    {"include": ["message.output_text.logprobs"], "top_logprobs": 2, "model": "gpt-4o"},
    {"text": {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}}},
    {"background": True, "instructions": "Be brief.", "metadata": {"a": "b"}},
    {"reasoning": {"effort": "low", "summary": "auto"}, "truncation": "auto"},
    {"reasoning": {"effort": "none"}, "include": ["reasoning.encrypted_content"]},
    {"include": ["reasoning.encrypted_content"]},
    *USES,
    {"tools": HOSTED[:3], "tool_choice": "required", "include": RESULTS},
    {"input": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]},
]


def named(more: Object) -> str:
    """Return what a case is called."""
    tools = [str(tool["type"]) for tool in objects(more.get("tools"))]
    return "+".join([*more, *tools]) or "plain"


def strictly(data: bytes, ref: object) -> object:
    """Decode with no leave for anything unknown, missing or of another type."""
    value: object = codec_of(ref).decode(data, strict=True)
    msgspec.json.decode(data, type=codec_of(ref).type)
    return value


def call(emulator: Emulator, method: str, pattern: str, *path: str, **document: object) -> Object:
    """Make a request, and check its answer against the declared type."""
    blueprint = KNOWN[method, pattern]
    target = pattern.replace("{}", "%s") % path
    if document.get("stream"):
        answer = ask(emulator, method, target, document)
        assert blueprint.events is not None
        for event in answer.events:
            if event != b"[DONE]":
                strictly(event, blueprint.events.type)
        return {}
    answer = ask(emulator, method, target, document or None)
    assert answer.status == 200, answer.body
    declared = blueprint.answer
    if isinstance(declared, JsonAnswer):
        strictly(answer.body, declared.type)
    elif isinstance(declared, PageAnswer):
        for row in objects(answer.document["data"]):
            strictly(msgspec.json.encode(row), declared.item)
    return answer.document


@pytest.mark.parametrize("more", CHAT, ids=lambda more: "+".join(more) or "plain")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_chat_completions(more: Object, stream: bool) -> None:
    document: Object = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], **more}
    if stream:
        document |= {"stream": True, "stream_options": {"include_usage": True}}
    call(Emulator(), "POST", "/chat/completions", **document)


def test_stored_chat_completions() -> None:
    emulator = Emulator()
    said = [{"role": "user", "content": "Hi"}]
    made = call(emulator, "POST", "/chat/completions", model="o3", messages=said, store=True)
    name, one = str(made["id"]), "/chat/completions/{}"
    call(emulator, "GET", "/chat/completions")
    call(emulator, "GET", one, name)
    call(emulator, "POST", one, name, metadata={"a": "b"})
    call(emulator, "DELETE", one, name)


@pytest.mark.parametrize("more", RESPOND, ids=named)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_responses(more: Object, stream: bool) -> None:
    emulator = Emulator()
    document: Object = {"model": "gpt-5", "input": "What is the weather in Paris?", **more}
    if stream:
        call(emulator, "POST", "/responses", **document, stream=True)
        return
    made = call(emulator, "POST", "/responses", **document)
    for _ in range(3):
        call(emulator, "GET", "/responses/{}", str(made["id"]))
    call(emulator, "GET", "/responses/{}/input_items", str(made["id"]))


def test_what_follows_from_responses() -> None:
    emulator = Emulator()
    first = call(emulator, "POST", "/responses", model="gpt-5", input="Hi", tools=[TOOL])
    name = str(first["id"])
    result = {
        "type": "function_call_output",
        "call_id": objects(first["output"])[-1]["call_id"],
        "output": "sunny",
    }
    second = call(
        emulator, "POST", "/responses", model="gpt-5", input=[result], previous_response_id=name
    )
    call(emulator, "GET", "/responses/{}/input_items", str(second["id"]))
    call(emulator, "POST", "/responses/compact", model="gpt-5", previous_response_id=name)
    call(emulator, "POST", "/responses/input_tokens", model="gpt-5", input="Hi")
    queued = call(emulator, "POST", "/responses", model="gpt-5", input="Hi", background=True)
    call(emulator, "POST", "/responses/{}/cancel", str(queued["id"]))
    call(emulator, "DELETE", "/responses/{}", name)


def test_models_and_embeddings() -> None:
    emulator = Emulator()
    call(emulator, "GET", "/models")
    call(emulator, "GET", "/models/{}", "gpt-4o")
    call(emulator, "DELETE", "/models/{}", "ft:x")
    call(emulator, "POST", "/embeddings", model="text-embedding-3-small", input=["a"], dimensions=4)


def test_files() -> None:
    emulator = Emulator()
    body = form(purpose="user_data", fields={"expires_after[seconds]": "3600"})
    answer = ask(emulator, "POST", "/files", body=body, headers=FORM)
    declared = KNOWN["POST", "/files"].answer
    assert isinstance(declared, JsonAnswer)
    strictly(answer.body, declared.type)
    name = str(answer.document["id"])
    call(emulator, "GET", "/files")
    call(emulator, "GET", "/files/{}", name)
    call(emulator, "DELETE", "/files/{}", name)


def test_every_route_is_an_operation() -> None:
    for path, handlers in HANDLERS.items():
        for method in handlers:
            assert (method, path) in KNOWN
