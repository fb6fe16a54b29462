"""Tools that the API runs itself, or that it asks the caller to run: the items that they give.

One is used when `tool_choice` demands it, or when the user spoke last and the prompt asks for it: it
shares more words with what the tool is for than with any function that is offered.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ..fake_data.media import PNG_TEXT
from ..fake_data.texts import echo, short, words
from ..fake_data.tool_calls import shared_words, tools_of
from ..http.errors import ApiError
from ..http.json_documents import Object, is_array, is_object, member, objects, text
from ..requests.call import Call
from .file_index import ranked

_WORDS: Final[Mapping[str, str]] = {
    "web_search": "browse current find google internet latest look news online search today web",
    "file_search": "document documents file files find knowledge pdf search uploaded",
    "code_interpreter": "calculate chart code compute execute plot python run script solve",
    "image_generation": "draw generate illustration image images logo paint photo picture sketch",
    "computer": "browser click computer desktop mouse open screen screenshot scroll type",
    "mcp": "mcp server tool tools",
    "local_shell": "bash command commands execute list run shell terminal",
    "shell": "bash command commands execute list run shell terminal",
    "apply_patch": "change code create edit file fix patch refactor rename",
}
"""What a prompt has in it that asks for a tool."""


_NOTHING: Final[Object] = {}


class Use(NamedTuple):
    """What the use of a tool gives: items, and what the message after them has."""

    items: list[Object]
    said: str | None = None
    """The text of the message; `None`: the caller's turn has come, and there is none."""
    annotations: Callable[[str], list[Object]] = lambda said: []


def kind_of(tool: Object) -> str:
    """Return the kind of a hosted tool, whatever version its type names; else ""."""
    kind = text(tool.get("type"))
    for known in ("web_search", "computer"):
        if kind.startswith(known):
            return known
    return kind if kind in _WORDS else ""


def use(call: Call, items: list[Object], said: str, *, users_turn: bool) -> Use | None:
    """Use the hosted tool that is asked for; `None` where none is."""
    last = items[-1] if items else {}
    if last.get("type") == "mcp_approval_response":
        return _approved(call, items, last)
    tool = _chosen(call.document, said, users_turn=users_turn)
    return None if tool is None else _USES[kind_of(tool)](call, tool, items, short(said))


def _chosen(document: Object, said: str, *, users_turn: bool) -> Object | None:
    tools = [tool for tool in objects(document.get("tools")) if kind_of(tool)]
    choice = document.get("tool_choice")
    if is_object(choice):
        kind = text(choice.get("type"))
        if kind in ("function", "custom", ""):
            return None
        if kind != "allowed_tools":
            return _named(tools, choice)
        allowed = objects(choice.get("tools"))
        tools = [tool for tool in tools if any(_is(tool, each) for each in allowed)]
        choice = choice.get("mode")
    if not tools or choice == "none" or not (users_turn or choice == "required"):
        return None
    asked = {word.lower() for word in words(short(said))}
    best = max(tools, key=lambda tool: _score(tool, asked))
    functions = tools_of(document)
    if choice == "required" and not functions:
        return best
    others = max((shared_words(each, asked) for each in functions), default=0)
    return best if _score(best, asked) > others else None


def _named(tools: list[Object], choice: Object) -> Object | None:
    for tool in tools:
        if _is(tool, choice):
            return tool
    kind = text(choice.get("type"))
    raise ApiError(
        400, f"Tool choice '{kind}' not found in 'tools' parameter.", param="tool_choice"
    )


def _is(tool: Object, choice: Object) -> bool:
    wanted = kind_of(choice)
    label = choice.get("server_label")
    return kind_of(tool) == wanted != "" and label in (None, tool.get("server_label"))


def _score(tool: Object, asked: set[str]) -> int:
    own = set(_WORDS[kind_of(tool)].split())
    for name in ("server_label", "server_description"):
        own |= {word.lower() for word in words(text(tool.get(name)).replace("_", " "))}
    return len(asked & own)


def _wants(call: Call, name: str) -> bool:
    given = call.document.get("include")
    return is_array(given) and name in given


def _web_search(call: Call, tool: Object, items: list[Object], said: str) -> Use:
    action: Object = {"type": "search", "query": said, "queries": [said]}
    if _wants(call, "web_search_call.action.sources"):
        action["sources"] = [{"type": "url", "url": _URL}]
    item = _item(call, "web_search_call", "ws_", {"action": action})

    def cited(text: str) -> list[Object]:
        whole: Object = {"start_index": 0, "end_index": len(text), "title": "Example Domain"}
        return [{"type": "url_citation", "url": _URL, **whole}]

    return Use([item], echo(said), cited)


_URL: Final = "https://example.com/"


def _file_search(call: Call, tool: Object, items: list[Object], said: str) -> Use:
    given = tool.get("vector_store_ids")
    stores = [text(each) for each in given] if is_array(given) else []
    found = [each for store in stores for each in ranked(call.state, store, [said])]
    results = found if _wants(call, "file_search_call.results") else None
    item = _item(call, "file_search_call", "fs_", {"queries": [said], "results": results})
    if not found:
        return Use([item], echo(said))
    best = found[0]

    def cited(text: str) -> list[Object]:
        file = {"file_id": best["file_id"], "filename": best["filename"]}
        return [{"type": "file_citation", "index": len(text), **file}]

    return Use([item], f"{best['filename']} says: {best['text']}", cited)


def _code_interpreter(call: Call, tool: Object, items: list[Object], said: str) -> Use:
    given = tool.get("container")
    container = given if isinstance(given, str) else call.state.new_id("cntr_", 48)
    logs = [{"type": "logs", "logs": f"{said}\n"}]
    facts: Object = {
        "container_id": container,
        "code": f"print({said!r})",
        "outputs": logs if _wants(call, "code_interpreter_call.outputs") else None,
    }
    return Use([_item(call, "code_interpreter_call", "ci_", facts)], f"The code printed: {said}")


def _image_generation(call: Call, tool: Object, items: list[Object], said: str) -> Use:
    facts: Object = {"result": PNG_TEXT, "revised_prompt": said}
    for name in ("background", "output_format", "quality", "size"):
        if isinstance(tool.get(name), str):
            facts[name] = tool[name]
    return Use([_item(call, "image_generation_call", "ig_", facts)], "Here is the picture.")


def _computer(call: Call, tool: Object, items: list[Object], said: str) -> Use:
    action = {"type": "screenshot"}
    preview = text(tool.get("type")) == "computer_use_preview"
    facts: Object = {"action": action} if preview else {"actions": [action]}
    facts |= {"call_id": call.state.new_id("call_", 24), "pending_safety_checks": []}
    return Use([_item(call, "computer_call", "cu_", facts)])


def _mcp(call: Call, tool: Object, items: list[Object], said: str) -> Use:
    label = text(tool.get("server_label"))
    made: list[Object] = []
    names = _allowed(tool)
    if not any(each.get("server_label") == label for each in _of(items, "mcp_list_tools")):
        listed: list[Object] = [
            {
                "name": name,
                "description": f"What {label} can do: {name}.",
                "input_schema": {"type": "object", "properties": _NOTHING},
                "annotations": None,
            }
            for name in names
        ]
        name = call.state.new_id("mcpl_", 48)
        made.append(
            {
                "id": name,
                "type": "mcp_list_tools",
                "server_label": label,
                "tools": listed,
                "error": None,
            }
        )
    wanted = text(member(call.document, "tool_choice", "name")) or names[0]
    if _needs_approval(tool, wanted):
        asked = {"server_label": label, "name": wanted, "arguments": "{}"}
        name = call.state.new_id("mcpr_", 48)
        return Use([*made, {"id": name, "type": "mcp_approval_request", **asked}])
    return Use([*made, _mcp_call(call, label, wanted, None)], _called(wanted))


def _allowed(tool: Object) -> list[str]:
    given = tool.get("allowed_tools")
    names = member(given, "tool_names") if is_object(given) else given
    found = [text(name) for name in names] if is_array(names) else []
    return found or ["search"]


def _needs_approval(tool: Object, name: str) -> bool:
    given = tool.get("require_approval")
    never = member(given, "never", "tool_names")
    return given != "never" and not (is_array(never) and name in never)


def _mcp_call(call: Call, label: str, name: str, request: object) -> Object:
    facts: Object = {"server_label": label, "name": name, "arguments": "{}", "error": None}
    facts |= {"output": _called(name), "approval_request_id": request}
    return _item(call, "mcp_call", "mcp_", facts)


def _called(name: str) -> str:
    return f"The tool {name} has answered."


def _approved(call: Call, items: list[Object], answer: Object) -> Use | None:
    """Go on after an answer to a request for approval: call the tool, or leave it."""
    for request in _of(items, "mcp_approval_request"):
        if request.get("id") != answer.get("approval_request_id"):
            continue
        name = text(request.get("name"))
        if answer.get("approve") is not True:
            return Use([], f"The tool {name} was not approved.")
        label = text(request.get("server_label"))
        return Use([_mcp_call(call, label, name, request["id"])], _called(name))
    message = f"No approval request found with id '{answer.get('approval_request_id')}'."
    raise ApiError(400, message, param="input")


def _of(items: list[Object], kind: str) -> list[Object]:
    return [item for item in items if item.get("type") == kind]


def _local_shell(call: Call, tool: Object, items: list[Object], said: str) -> Use:
    action: Object = {"type": "exec", "command": ["echo", said], "env": _NOTHING}
    facts: Object = {"call_id": call.state.new_id("call_", 24), "action": action}
    return Use([_item(call, "local_shell_call", "lsh_", facts)])


def _shell(call: Call, tool: Object, items: list[Object], said: str) -> Use:
    action = {"commands": [f"echo {said!r}"], "timeout_ms": None, "max_output_length": None}
    ids: Object = {"call_id": call.state.new_id("call_", 24)}
    if text(member(tool, "environment", "type")) not in ("container_auto", "container_reference"):
        facts = {**ids, "action": action, "environment": {"type": "local"}}
        return Use([_item(call, "shell_call", "sh_", facts)])
    container = text(member(tool, "environment", "container_id"))
    container = container or call.state.new_id("cntr_", 48)
    where = {"type": "container_reference", "container_id": container}
    asked = _item(call, "shell_call", "sh_", {**ids, "action": action, "environment": where})
    output = {"stdout": f"{said}\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}
    facts = {**ids, "output": [output], "max_output_length": None}
    printed = _item(call, "shell_call_output", "sho_", facts)
    return Use([asked, printed], f"The command printed: {said}")


def _apply_patch(call: Call, tool: Object, items: list[Object], said: str) -> Use:
    operation = {"type": "create_file", "path": "example.txt", "diff": f"+{said}\n"}
    facts: Object = {"call_id": call.state.new_id("call_", 24), "operation": operation}
    return Use([_item(call, "apply_patch_call", "apc_", facts)])


def _item(call: Call, kind: str, prefix: str, facts: Object) -> Object:
    return {"id": call.state.new_id(prefix, 48), "type": kind, "status": "completed", **facts}


_USES: Final[Mapping[str, Callable[[Call, Object, list[Object], str], Use]]] = {
    "web_search": _web_search,
    "file_search": _file_search,
    "code_interpreter": _code_interpreter,
    "image_generation": _image_generation,
    "computer": _computer,
    "mcp": _mcp,
    "local_shell": _local_shell,
    "shell": _shell,
    "apply_patch": _apply_patch,
}
