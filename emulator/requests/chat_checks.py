"""What `/chat/completions` refuses beside parameters of the wrong type."""

from typing import Final

from ..fake_data.texts import content_text
from ..http.errors import ApiError, too_short, unsupported_parameter
from ..http.json_documents import Object, is_array, is_object, member, objects, text
from .models import is_reasoning
from .parameter_checks import (
    check_declared,
    check_name,
    check_needs,
    check_output_format,
    check_sampling,
)
from .rules import Rule, check, check_each

_SAMPLING: Final = (
    *("temperature", "top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs"),
    *("logit_bias", "stop"),
)
_ONLY_WITH_TOOLS: Final = ("tool_choice", "parallel_tool_calls")


def check_parameters(document: Object, messages: list[Object], model: str) -> None:
    """Raise the API's refusal of parameters that do not go together, or not with the model."""
    check_needs(document, "stream", "stream_options")
    check_needs(document, "logprobs", "top_logprobs")
    check_needs(document, "store", "metadata")
    if is_reasoning(model):
        if document.get("max_tokens") is not None:
            raise unsupported_parameter("max_tokens", "max_completion_tokens")
    elif document.get("reasoning_effort") is not None:
        raise ApiError(400, "Unrecognized request argument supplied: reasoning_effort")
    check_sampling(document, model, document.get("reasoning_effort"), _SAMPLING)
    _check_tools(document)
    wanted = document.get("response_format")
    check_output_format(wanted, "json_schema", "response_format", None)
    if member(wanted, "type") == "json_object" and not _says_json(messages):
        message = (
            "'messages' must contain the word 'json' in some form, "
            "to use 'response_format' of type 'json_object'."
        )
        raise ApiError(400, message, param="messages")


def _says_json(messages: list[Object]) -> bool:
    return any("json" in content_text(each.get("content")).lower() for each in messages)


def _check_tools(document: Object) -> None:
    tools = document.get("tools")
    if is_array(tools) and not tools:
        raise too_short("tools", "array", 1, 0)
    for name in _ONLY_WITH_TOOLS:
        if document.get(name) is not None and not tools and not _means_nothing(document[name]):
            message = f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are "
            raise ApiError(400, message + "specified.", param=name)
    for index, tool in enumerate(check_each(tools, "tools")):
        where = f"tools[{index}]."
        check(tool, {"type": Rule("a string", required=True, values=("function", "custom"))}, where)
        if tool["type"] == "function":
            check_declared(tool.get("function"), where + "function.", where + "function.parameters")
        else:
            check(tool, {"custom": Rule("an object", required=True)}, where)
            custom = tool["custom"]
            if is_object(custom):
                check(custom, {"name": Rule("a string", required=True)}, where + "custom.")
                check_name(text(custom["name"]), where + "custom.name")


def _means_nothing(value: object) -> bool:
    return value in ("none", "auto")


def check_turns(messages: list[Object]) -> None:
    """Raise the API's refusal of calls without results, and of results without calls."""
    open_calls: set[str] = set()
    known: set[str] = set()
    caller = 0
    for index, message in enumerate(messages):
        role = message["role"]
        if role == "tool":
            if not known:
                fault = "messages with role 'tool' must be a response to a preceeding message with "
                where = f"messages.[{index}].role"
                raise ApiError(400, f"Invalid parameter: {fault}'tool_calls'.", param=where)
            name = text(message.get("tool_call_id"))
            if name not in known:
                fault = f"'tool_call_id' of '{name}' not found in 'tool_calls' of previous message."
                where = f"messages.[{index}].tool_call_id"
                raise ApiError(400, f"Invalid parameter: {fault}", param=where)
            open_calls.discard(name)
            continue
        if open_calls:
            raise _unanswered(messages[caller], open_calls, index)
        caller = index
        known = _calls(message, index) if role == "assistant" else set()
        open_calls = set(known)
    if open_calls:
        raise _unanswered(messages[caller], open_calls, caller)


def _calls(message: Object, index: int) -> set[str]:
    """Return the ids of the calls in an assistant's message, which has those or a content."""
    calls = message.get("tool_calls")
    if is_array(calls) and not calls:
        raise too_short(f"messages[{index}].tool_calls", "array", 1, 0)
    instead = ("tool_calls", "function_call", "refusal", "audio")
    if message.get("content") is None and not any(message.get(name) for name in instead):
        fault = "Invalid value for 'content': expected a string, got null."
        raise ApiError(400, fault, param=f"messages.[{index}].content")
    for at, call in enumerate(check_each(calls, f"messages[{index}].tool_calls")):
        where = f"messages[{index}].tool_calls[{at}]."
        check(call, {"id": Rule("a string", required=True)}, where)
    return {text(call.get("id")) for call in objects(calls)}


def _unanswered(message: Object, names: set[str], index: int) -> ApiError:
    """Refuse; the calls are named in the order in which they were made."""
    made = [text(call.get("id")) for call in objects(message.get("tool_calls"))]
    missing = ", ".join(name for name in made if name in names)
    fault = (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to "
        f"each 'tool_call_id'. The following tool_call_ids did not have response messages: {missing}"
    )
    return ApiError(400, fault, param=f"messages.[{index}].role")
