"""The input of a response: what callers write in short, as the items that the API stores."""

from typing import Final

from ..fake_data.texts import content_text, token_count
from ..http.errors import ApiError, no_file, unsupported_value, wrong_type
from ..http.json_documents import Object, is_array, is_object, objects, text
from ..requests.rules import check_each, check_length
from ..store.state import State

_ROLES: Final = ("user", "assistant", "system", "developer")
_OUTPUT_TEXT: Final[Object] = {"annotations": [], "logprobs": []}
_PREFIXES: Final = {"message": "msg_", "function_call": "fc_", "function_call_output": "fco_"}


def items_of(state: State, given: object) -> list[Object]:
    """Return `input` (a text or items) as stored items, each with an id and a status."""
    if given is None:
        return []
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    if not is_array(given):
        raise wrong_type("input", "a string or an array", given)
    return [
        _item(state, item, f"input[{at}]") for at, item in enumerate(check_each(given, "input"))
    ]


def _item(state: State, item: Object, where: str) -> Object:
    kind = text(item.get("type"), "message" if "role" in item else "item_reference")
    if kind == "item_reference":
        return _referenced(state, text(item.get("id")), where)
    stored: Object = {**item, "type": kind}
    if not stored.get("id"):
        stored["id"] = state.new_id(_PREFIXES.get(kind, "item_"), 48)
    if kind == "message":
        role = text(item.get("role"))
        if role not in _ROLES:
            raise unsupported_value(where + ".role", role, _ROLES)
        check_length(item.get("content"), where + ".content")
        stored["content"] = _content(state, item.get("content"), role, where + ".content")
    if kind in _PREFIXES:
        stored["status"] = item.get("status") or "completed"
    return stored


def _referenced(state: State, name: str, where: str) -> Object:
    for response in reversed(state.responses.values()):
        for item in response.context():
            if item.get("id") == name:
                return item
    raise ApiError(404, f"Item with id '{name}' not found.", param=where + ".id")


def _content(state: State, content: object, role: str, where: str) -> list[Object]:
    if isinstance(content, str):
        content = [
            {"type": "output_text" if role == "assistant" else "input_text", "text": content}
        ]
    if not is_array(content):
        raise wrong_type(where, "a string or an array", content)
    parts: list[Object] = []
    for part in check_each(content, where):
        stored = dict(part)
        name = part.get("file_id")
        if isinstance(name, str) and name not in state.files:
            raise no_file(name, f"{where}[{len(parts)}].file_id")
        if stored.get("type") == "output_text":
            stored = _OUTPUT_TEXT | stored
        elif stored.get("type") == "input_image":
            stored.setdefault("detail", "auto")
        parts.append(stored)
    return parts


def said_in(items: list[Object]) -> str:
    """Return the text of the user's last message."""
    for item in reversed(items):
        if item.get("type") == "message" and item.get("role") == "user":
            return content_text(item.get("content"))
    return ""


def tokens_read(items: list[Object], instructions: object) -> int:
    """Count what a model would read."""
    count = token_count(text(instructions))
    for item in items:
        count += 4 + token_count(content_text(item.get("content")))
        count += token_count(content_text(item.get("output")) + text(item.get("arguments")))
    return count


def user_messages(items: list[Object]) -> list[Object]:
    """Return the messages that survive a compaction: the user's."""
    return [
        item for item in objects(items) if item.get("type") == "message" and item["role"] == "user"
    ]


def remember(state: State, conversation: str, items: list[Object]) -> None:
    """Add items to a conversation."""
    for item in items:
        path = f"/conversations/{conversation}/items"
        state.objects.put(path, text(item.get("id")), item, created=True)


def said_before(state: State, conversation: object) -> list[Object]:
    """Return the items of the conversation that a response is given in."""
    name = conversation.get("id") if is_object(conversation) else conversation
    kept = state.objects.of(f"/conversations/{name}/items")
    return list((kept or {}).values())
