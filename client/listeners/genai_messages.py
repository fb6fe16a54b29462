"""Requests and answers of this API as messages of the OpenTelemetry GenAI conventions.

The schemas are those of `gen_ai.input.messages`, `gen_ai.output.messages`,
`gen_ai.system_instructions` and `gen_ai.tool.definitions`. Values are JSON as it was sent or received:
whatever in it has another form than this API's becomes a part of its own type, or is left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from ...core.json.model import Model
from ...core.terms.json_text import CodecError, decode_json

Json = dict[str, Any]

__all__ = ["input_messages", "output_messages", "streamed_messages", "system_instructions", "tools"]

_MODALITIES: Final = {"image_url": "image", "input_image": "image", "input_audio": "audio"}


def input_messages(request: Json) -> list[Json]:
    """The messages of a request to chat completions or responses, or its prompt."""
    said = next((request[key] for key in ("messages", "input", "prompt") if key in request), None)
    if isinstance(said, str):
        return [_message("user", [_text(said)])]
    return [_input_message(each) for each in _objects(said)]


def system_instructions(request: Json) -> list[Json]:
    """The instructions that are apart from the messages."""
    said = request.get("instructions")
    return [_text(said)] if isinstance(said, str) else []


def tools(request: Json) -> list[Json]:
    """The tools that the model may call, without what is optional of them."""
    found: list[Json] = []
    for each in _objects(request.get("tools")):
        function = each.get("function")
        inner = cast("Json", function) if isinstance(function, dict) else each
        name = inner.get("name") or each.get("server_label") or each.get("type")
        found.append({"type": each.get("type", "function"), "name": name})
    return found


def output_messages(document: Json) -> list[Json]:
    """The messages of an answer: one for each choice, or all that a response has put out."""
    if isinstance(document.get("choices"), list):
        return [
            _input_message(choice["message"])
            if isinstance(choice.get("message"), dict)
            else _message("assistant", [_text(choice.get("text") or "")])
            for choice in _objects(document["choices"])
        ]
    parts = [
        part for item in _objects(document.get("output")) for part in _input_message(item)["parts"]
    ]
    return [_message("assistant", parts)] if parts else []


def streamed_messages(events: Iterable[object]) -> list[Json]:
    """The messages that the events of a stream add up to."""
    choices: dict[int, Json] = {}
    for event in events:
        said = event.to_dict() if isinstance(event, Model) else event
        value: Json = cast("Json", said) if isinstance(said, dict) else {}
        if isinstance(response := value.get("response"), dict):
            found = output_messages(cast("Json", response))
            if found:
                return found
        for choice in _objects(value.get("choices")):
            index = choice.get("index")
            grown = choices.setdefault(index if isinstance(index, int) else 0, {"calls": {}})
            delta = choice.get("delta")
            _grow(grown, cast("Json", delta) if isinstance(delta, dict) else choice)
    return [_grown(choices[index]) for index in sorted(choices)]


def _grow(grown: Json, delta: Json) -> None:
    for key in ("content", "text", "refusal"):
        if isinstance(more := delta.get(key), str):
            grown[key] = grown.get(key, "") + more
    for each in _objects(delta.get("tool_calls")):
        call = grown["calls"].setdefault(str(each.get("index")), {"id": None, "function": {}})
        call["id"] = each.get("id") or call["id"]
        function = each.get("function")
        for key, more in (cast("Json", function) if isinstance(function, dict) else {}).items():
            if isinstance(more, str):
                call["function"][key] = call["function"].get(key, "") + more


def _grown(grown: Json) -> Json:
    message = {**grown, "role": "assistant", "tool_calls": [*grown["calls"].values()]}
    if "text" in grown:
        message["content"] = grown["text"]
    return _input_message(message)


def _input_message(item: Json) -> Json:
    """A message of chat completions, or an item of responses."""
    kind = item.get("type", "message")
    if kind in ("function_call", "custom_tool_call"):
        arguments = item.get("arguments", item.get("input"))
        return _message("assistant", [_call(item.get("call_id"), item.get("name"), arguments)])
    if kind in ("function_call_output", "custom_tool_call_output"):
        return _message("tool", [_result(item.get("call_id"), item.get("output"))])
    if kind == "reasoning":
        words = " ".join(str(each.get("text", "")) for each in _objects(item.get("summary")))
        return _message("assistant", [{"type": "reasoning", "content": words}])
    if kind != "message":
        return _message("assistant", [{"type": str(kind)}])
    role = str(item.get("role", "user"))
    if role == "tool":
        return _message(role, [_result(item.get("tool_call_id"), item.get("content"))])
    parts = _parts(item.get("content"))
    if isinstance(refusal := item.get("refusal"), str):
        parts.append(_text(refusal))
    for each in _objects(item.get("tool_calls")):
        function = each.get("function") or each.get("custom")
        inner = cast("Json", function) if isinstance(function, dict) else {}
        arguments = inner.get("arguments", inner.get("input"))
        parts.append(_call(each.get("id"), inner.get("name"), arguments))
    return _message(role, parts)


def _parts(content: object) -> list[Json]:
    if isinstance(content, str):
        return [_text(content)] if content else []
    return [_part(each) for each in _objects(content)]


def _part(part: Json) -> Json:
    kind = str(part.get("type", "text"))
    if isinstance(text := part.get("text", part.get("refusal")), str):
        return _text(text)
    modality = _MODALITIES.get(kind, "document")
    inner = part.get(kind, part)
    said: Json = cast("Json", inner) if isinstance(inner, dict) else {"url": inner}
    if isinstance(file := said.get("file_id"), str):
        return {"type": "file", "modality": modality, "file_id": file}
    if isinstance(data := said.get("data", said.get("file_data")), str):
        return {"type": "blob", "modality": modality, "content": data}
    if isinstance(url := said.get("url", said.get("image_url", said.get("file_url"))), str):
        return {"type": "uri", "modality": modality, "uri": url}
    return {"type": kind}


def _message(role: str, parts: list[Json]) -> Json:
    return {"role": role, "parts": parts}


def _text(text: str) -> Json:
    return {"type": "text", "content": text}


def _call(id: object, name: object, arguments: object) -> Json:
    if isinstance(arguments, str):
        try:
            arguments = decode_json(arguments.encode())
        except CodecError:
            pass  # as it is: the model wrote it
    return {"type": "tool_call", "id": id, "name": name, "arguments": arguments}


def _result(id: object, output: object) -> Json:
    return {"type": "tool_call_response", "id": id, "response": output}


def _objects(value: object) -> list[Json]:
    if not isinstance(value, list):
        return []
    return [cast("Json", each) for each in cast("list[object]", value) if isinstance(each, Mapping)]
