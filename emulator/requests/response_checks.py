"""What `/responses` refuses beside parameters of the wrong type."""

from itertools import zip_longest
from typing import Final

from ..fake_data.texts import content_text
from ..http.errors import ApiError, missing, unsupported_parameter
from ..http.json_documents import Object, member, text
from .models import is_reasoning
from .parameter_checks import (
    check_declared,
    check_name,
    check_needs,
    check_output_format,
    check_sampling,
)
from .rules import Rule, check, check_each

_MOVED: Final = {
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "messages": "input",
    "response_format": "text.format",
    "reasoning_effort": "reasoning.effort",
}
"""Parameters of chat completions, and what they are called here."""
_SAMPLING: Final = ("temperature", "top_p", "top_logprobs")
_NEEDED: Final = {
    "code_interpreter": "container",
    "file_search": "vector_store_ids",
    "mcp": "server_label",
}
"""What tools of the API's own do not go without."""
_OUTPUTS: Final = {
    "function_call": ("function_call_output", "function call"),
    "custom_tool_call": ("custom_tool_call_output", "custom tool call"),
    "computer_call": ("computer_call_output", "computer call"),
    "shell_call": ("shell_call_output", "shell call"),
    "apply_patch_call": ("apply_patch_call_output", "apply patch call"),
}
"""Items that wait for another one with their `call_id`: its type, and how messages call them."""


def check_moved(document: Object) -> None:
    """Refuse the names that parameters have in chat completions."""
    for name, new in _MOVED.items():
        if document.get(name) is not None:
            message = (
                f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved "
                f"to '{new}'. Try again with the new parameter. See the API documentation for more "
                "information: https://platform.openai.com/docs/api-reference/responses/create."
            )
            raise ApiError(400, message, param=name, code="unsupported_parameter")


def check_parameters(document: Object, model: str) -> None:
    """Raise the API's refusal of parameters that do not go together, or not with the model."""
    check_needs(document, "stream", "stream_options")
    effort = member(document, "reasoning", "effort")
    if effort not in (None, "none") and not is_reasoning(model):
        raise unsupported_parameter("reasoning.effort")
    for name in _SAMPLING:
        # Of these the API speaks as of parameters, whatever their values are.
        try:
            check_sampling(document, model, effort, (name,))
        except ApiError:
            raise unsupported_parameter(name) from None
    for index, tool in enumerate(check_each(document.get("tools"), "tools")):
        where = f"tools[{index}]."
        check(tool, {"type": Rule("a string", required=True)}, where)
        if (needed := _NEEDED.get(text(tool["type"]))) is not None and needed not in tool:
            raise missing(where + needed)
        if tool["type"] == "function":
            check_declared(tool, where, where + "parameters")
        elif tool["type"] == "custom":
            check(tool, {"name": Rule("a string", required=True)}, where)
            check_name(text(tool["name"]), where + "name")
    wanted = member(document, "text", "format")
    check_output_format(wanted, "", "text.format.schema", "invalid_json_schema")


def check_input(document: Object, items: list[Object]) -> None:
    """Raise the API's refusal of items that lack another one, and of JSON nobody speaks of."""
    for item, following in zip_longest(items, items[1:]):
        if item.get("type") == "reasoning" and not _is_the_models(following):
            message = f"Item '{item.get('id')}' of type 'reasoning' was provided without its "
            raise ApiError(400, message + "required following item.", param="input")
    for name, (output, spoken) in _OUTPUTS.items():
        _check_pairs(items, name, output, spoken)
    if member(document, "text", "format", "type") == "json_object" and not _says_json(items):
        message = (
            "Response input messages must contain the word 'json' in some form "
            "to use 'text.format' of type 'json_object'."
        )
        raise ApiError(400, message, param="input")


def _is_the_models(item: Object | None) -> bool:
    """Whether an item may come after what a model thought."""
    return item is not None and item.get("role") in (None, "assistant")


def _check_pairs(items: list[Object], name: str, output: str, spoken: str) -> None:
    made: dict[str, bool] = {}
    for item in items:
        call = text(item.get("call_id"))
        if item.get("type") == name:
            made[call] = False
        elif item.get("type") == output:
            if call not in made:
                message = f"No tool call found for {spoken} output with call_id {call}."
                raise ApiError(400, message, param="input")
            made[call] = True
    for call, answered in made.items():
        if not answered:
            message = f"No tool output found for {spoken} {call}."
            raise ApiError(400, message, param="input")


def _says_json(items: list[Object]) -> bool:
    return any("json" in content_text(each.get("content")).lower() for each in items)
