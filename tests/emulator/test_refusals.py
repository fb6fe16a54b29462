"""What the API refuses of chat completions and responses, in its words."""

import pytest

from api_openai.emulator import Emulator
from api_openai.emulator.http.json_documents import Object, objects

from .peer import Answer, ask

Refusal = tuple[str | None, str | None, str]
"""`param`, `code`, and how the message begins."""

USER: Object = {"role": "user", "content": "Hi"}
CITY: Object = {"type": "object", "properties": {"city": {"type": "string"}}}
STRICT: Object = {**CITY, "required": ["city"], "additionalProperties": False}


def calls(*names: str) -> Object:
    function = {"name": "f", "arguments": "{}"}
    made = [{"id": name, "type": "function", "function": function} for name in names]
    return {"role": "assistant", "content": None, "tool_calls": made}


def result(name: str) -> Object:
    return {"role": "tool", "tool_call_id": name, "content": "4"}


def chat(**parameters: object) -> Answer:
    document = {"model": "gpt-4o", "messages": [USER], **parameters}
    return ask(Emulator(), "POST", "/chat/completions", document)


def respond(**parameters: object) -> Answer:
    return ask(Emulator(), "POST", "/responses", {"model": "gpt-4o", "input": "Hi", **parameters})


def check(answer: Answer, expected: Refusal) -> None:
    param, code, message = expected
    assert answer.status == 400, answer.body
    error = answer.error
    assert str(error["message"]).startswith(message)
    assert (error["param"], error["code"]) == (param, code)
    assert error["type"] == "invalid_request_error"


ORPHAN = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message"
UNANSWERED = "An assistant message with 'tool_calls' must be followed by tool messages responding"
TURNS: dict[str, tuple[list[Object], Refusal]] = {
    "a result first": ([result("a")], ("messages.[0].role", None, ORPHAN)),
    "a result after a question": ([USER, result("a")], ("messages.[1].role", None, ORPHAN)),
    "a result too late": (
        [USER, calls("a"), result("a"), USER, result("a")],
        ("messages.[4].role", None, ORPHAN),
    ),
    "another id": (
        [USER, calls("a"), result("b")],
        ("messages.[2].tool_call_id", None, "Invalid parameter: 'tool_call_id' of 'b' not found"),
    ),
    "no result": ([USER, calls("a"), USER], ("messages.[2].role", None, UNANSWERED)),
    "no result yet": ([USER, calls("a")], ("messages.[1].role", None, UNANSWERED)),
    "one of two": ([USER, calls("a", "b"), result("b")], ("messages.[1].role", None, UNANSWERED)),
    "no calls": (
        [USER, {"role": "assistant", "content": None, "tool_calls": []}],
        ("messages[1].tool_calls", "empty_array", "Invalid 'messages[1].tool_calls': empty array."),
    ),
    "nothing said": (
        [USER, {"role": "assistant", "content": None}],
        ("messages.[1].content", None, "Invalid value for 'content': expected a string, got null."),
    ),
    "a call without id": (
        [USER, {"role": "assistant", "tool_calls": [{"type": "function"}]}],
        ("messages[1].tool_calls[0].id", "missing_required_parameter", "Missing required"),
    ),
}


@pytest.mark.parametrize(("messages", "expected"), TURNS.values(), ids=TURNS)
def test_turns(messages: list[Object], expected: Refusal) -> None:
    check(chat(messages=messages), expected)


def test_calls_without_results_are_named() -> None:
    answer = chat(messages=[USER, calls("a", "b", "c"), result("b"), USER])
    assert str(answer.error["message"]).endswith("did not have response messages: a, c")


def test_turns_that_are_right() -> None:
    pair = [calls("a", "b"), result("b"), result("a")]
    refused = {"role": "assistant", "content": None, "refusal": "no"}
    for messages in ([USER, *pair], [USER, *pair, *pair, USER], [USER, refused, USER]):
        assert chat(messages=messages).status == 200


def function(name: str = "f", **more: object) -> Object:
    return {"type": "function", "function": {"name": name, "parameters": STRICT, **more}}


def schema_format(**more: object) -> Object:
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": STRICT, **more}}


NEEDS = "parameter is only allowed when"
CHAT: dict[str, tuple[Object, Refusal]] = {
    "stream_options": (
        {"stream_options": {"include_usage": True}},
        ("stream_options", None, f"The 'stream_options' {NEEDS} 'stream' is enabled."),
    ),
    "top_logprobs": (
        {"top_logprobs": 2},
        ("top_logprobs", None, f"The 'top_logprobs' {NEEDS} 'logprobs' is enabled."),
    ),
    "metadata": (
        {"metadata": {"a": "b"}},
        ("metadata", None, f"The 'metadata' {NEEDS} 'store' is enabled."),
    ),
    "JSON without the word": (
        {"response_format": {"type": "json_object"}},
        ("messages", None, "'messages' must contain the word 'json' in some form, to use"),
    ),
    "max_tokens": (
        {"model": "o3", "max_tokens": 5},
        (
            "max_tokens",
            "unsupported_parameter",
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
        ),
    ),
    "temperature": (
        {"model": "gpt-5", "temperature": 0},
        (
            "temperature",
            "unsupported_value",
            "Unsupported value: 'temperature' does not support 0 with this model. "
            "Only the default (1) value is supported.",
        ),
    ),
    "stop": (
        {"model": "o4-mini", "stop": ["x"]},
        ("stop", "unsupported_parameter", "Unsupported parameter: 'stop' is not supported with"),
    ),
    "reasoning_effort": (
        {"reasoning_effort": "low"},
        (None, None, "Unrecognized request argument supplied: reasoning_effort"),
    ),
    "no tools": ({"tools": []}, ("tools", "empty_array", "Invalid 'tools': empty array. Expected")),
    "tool_choice": (
        {"tool_choice": "required"},
        (
            "tool_choice",
            None,
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when",
        ),
    ),
    "parallel_tool_calls": (
        {"parallel_tool_calls": False},
        ("parallel_tool_calls", None, "Invalid value for 'parallel_tool_calls'"),
    ),
    "tools of responses": (
        {"tools": [{"type": "function", "name": "f", "parameters": STRICT}]},
        (
            "tools[0].function",
            "missing_required_parameter",
            "Missing required parameter: 'tools[0]",
        ),
    ),
    "a hosted tool": (
        {"tools": [{"type": "web_search"}]},
        ("tools[0].type", "invalid_value", "Invalid value: 'web_search'. Supported values are:"),
    ),
    "a name with a space": (
        {"tools": [function("get weather")]},
        (
            "tools[0].function.name",
            "invalid_value",
            "Invalid 'tools[0].function.name': string does not match pattern.",
        ),
    ),
    "a long name": (
        {"tools": [function("f" * 65)]},
        (
            "tools[0].function.name",
            "string_above_max_length",
            "Invalid 'tools[0].function.name': string too long. "
            "Expected a string with maximum length 64, but got a string with length 65 instead.",
        ),
    ),
    "a strict function": (
        {"tools": [function(), function(parameters=CITY, strict=True)]},
        (
            "tools[1].function.parameters",
            "invalid_function_parameters",
            "Invalid schema for function 'f': In context=(), 'additionalProperties' is required",
        ),
    ),
    "a format of no kind": (
        {"response_format": {"type": "object"}},
        (
            "response_format.type",
            "invalid_value",
            "Invalid value: 'object'. Supported values are: 'json_object', 'json_schema', and",
        ),
    ),
    "a format without schema": (
        {"response_format": {"type": "json_schema"}},
        ("response_format.json_schema", "missing_required_parameter", "Missing required parameter"),
    ),
    "a format without name": (
        {"response_format": schema_format(name=None)},
        ("response_format.json_schema.name", "missing_required_parameter", "Missing required"),
    ),
    "a strict format": (
        {"response_format": schema_format(schema=CITY, strict=True)},
        (
            "response_format",
            None,
            "Invalid schema for response_format 'x': In context=(), 'additionalProperties' is",
        ),
    ),
}


@pytest.mark.parametrize(("parameters", "expected"), CHAT.values(), ids=CHAT)
def test_chat(parameters: Object, expected: Refusal) -> None:
    check(chat(**parameters), expected)


PASSING: dict[str, Object] = {
    "max_tokens": {"max_tokens": 5},
    "defaults": {"model": "gpt-5", "temperature": 1, "top_p": 1.0, "logprobs": False},
    "no reasoning": {"model": "gpt-5.4", "reasoning_effort": "none", "temperature": 0},
    "effort": {"model": "o3", "reasoning_effort": "low", "max_completion_tokens": 5},
    "stream": {"stream": True, "stream_options": {"include_usage": True}},
    "no stream_options": {"stream_options": None, "metadata": None},
    "the word": {
        "response_format": {"type": "json_object"},
        "messages": [{"role": "system", "content": [{"type": "text", "text": "As JSON"}]}, USER],
    },
    "strict": {"tools": [function(strict=True)], "response_format": schema_format(strict=True)},
    "lax": {"tools": [function(parameters=CITY)], "response_format": schema_format(schema=CITY)},
    "no parameters": {"tools": [{"type": "function", "function": {"name": "f"}}]},
    "no choice": {"tool_choice": "none"},
}


@pytest.mark.parametrize("parameters", PASSING.values(), ids=PASSING)
def test_chat_that_passes(parameters: Object) -> None:
    assert chat(**parameters).status == 200


TOOL: Object = {"type": "function", "name": "f", "parameters": STRICT}
OUTPUT: Object = {"type": "function_call_output", "call_id": "a", "output": "4"}
CALL: Object = {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}
CUSTOM: Object = {"type": "custom_tool_call", "call_id": "a", "name": "f", "input": ""}
RESPONSES: dict[str, tuple[Object, Refusal]] = {
    "an output without call": (
        {"input": [USER, OUTPUT]},
        ("input", None, "No tool call found for function call output with call_id a."),
    ),
    "an output before its call": (
        {"input": [OUTPUT, CALL]},
        ("input", None, "No tool call found for function call output with call_id a."),
    ),
    "a call without output": (
        {"input": [USER, CALL, USER]},
        ("input", None, "No tool output found for function call a."),
    ),
    "an output of another kind": (
        {"input": [USER, CUSTOM, OUTPUT]},
        ("input", None, "No tool call found for function call output with call_id a."),
    ),
    "a custom call without output": (
        {"input": [USER, CUSTOM]},
        ("input", None, "No tool output found for custom tool call a."),
    ),
    "stream_options": (
        {"stream_options": {"include_obfuscation": False}},
        ("stream_options", None, f"The 'stream_options' {NEEDS} 'stream' is enabled."),
    ),
    "max_tokens": (
        {"max_tokens": 50},
        (
            "max_tokens",
            "unsupported_parameter",
            "Unsupported parameter: 'max_tokens'. In the Responses API, this parameter has moved "
            "to 'max_output_tokens'.",
        ),
    ),
    "messages": (
        {"messages": [USER]},
        ("messages", "unsupported_parameter", "Unsupported parameter: 'messages'. In the Respons"),
    ),
    "temperature": (
        {"model": "gpt-5", "temperature": 0},
        (
            "temperature",
            "unsupported_parameter",
            "Unsupported parameter: 'temperature' is not supported with this model.",
        ),
    ),
    "reasoning": (
        {"reasoning": {"effort": "low"}},
        ("reasoning.effort", "unsupported_parameter", "Unsupported parameter: 'reasoning.effort'"),
    ),
    "JSON without the word": (
        {"text": {"format": {"type": "json_object"}}, "instructions": "Answer in JSON."},
        ("input", None, "Response input messages must contain the word 'json' in some form to use"),
    ),
    "a strict format": (
        {"text": {"format": {"type": "json_schema", "name": "x", "schema": CITY, "strict": True}}},
        (
            "text.format.schema",
            "invalid_json_schema",
            "Invalid schema for response_format 'x': In context=(), 'additionalProperties' is",
        ),
    ),
    "a format of no kind": (
        {"text": {"format": {"type": "json"}}},
        ("text.format.type", "invalid_value", "Invalid value: 'json'. Supported values are:"),
    ),
    "a format without name": (
        {"text": {"format": {"type": "json_schema", "schema": STRICT}}},
        ("text.format.name", "missing_required_parameter", "Missing required parameter: 'text.fo"),
    ),
    "a strict function": (
        {"tools": [{**TOOL, "parameters": CITY, "strict": True}]},
        (
            "tools[0].parameters",
            "invalid_function_parameters",
            "Invalid schema for function 'f': In context=(), 'additionalProperties' is required",
        ),
    ),
    "a function of chat": (
        {"tools": [function()]},
        ("tools[0].name", "missing_required_parameter", "Missing required parameter: 'tools[0].n"),
    ),
    "a name with a point": (
        {"tools": [{**TOOL, "name": "a.b"}]},
        ("tools[0].name", "invalid_value", "Invalid 'tools[0].name': string does not match"),
    ),
}


@pytest.mark.parametrize(("parameters", "expected"), RESPONSES.values(), ids=RESPONSES)
def test_responses(parameters: Object, expected: Refusal) -> None:
    check(respond(**parameters), expected)


@pytest.mark.parametrize(
    "parameters",
    [
        {"input": [USER, CALL, OUTPUT]},
        {"input": [USER, CUSTOM, {**OUTPUT, "type": "custom_tool_call_output"}]},
        {"tools": [{**TOOL, "strict": True}]},
        {"tools": [{**TOOL, "parameters": CITY}]},
        {"model": "gpt-5.4", "reasoning": {"effort": "none"}, "temperature": 0},
        {"text": {"format": {"type": "json_object"}}, "input": "As json"},
    ],
)
def test_responses_that_pass(parameters: Object) -> None:
    assert respond(**parameters).status == 200


def test_a_call_of_the_response_before() -> None:
    emulator = Emulator()
    document: Object = {"model": "gpt-4o", "input": "Hi", "tools": [TOOL]}
    before = ask(emulator, "POST", "/responses", document).document
    [call] = objects(before["output"])
    following = {**document, "previous_response_id": before["id"]}
    refused = ask(emulator, "POST", "/responses", following)
    check(refused, ("input", None, f"No tool output found for function call {call['call_id']}."))
    output = {**OUTPUT, "call_id": call["call_id"]}
    assert ask(emulator, "POST", "/responses", {**following, "input": [output]}).status == 200


ADDITIONAL = "'additionalProperties' is required to be supplied and to be false."
REQUIRED = (
    "'required' is required to be supplied and to be an array including every key in properties."
)


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        (
            {"type": "array"},
            "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array",
        ),
        ({"type": "object"}, f"In context=(), {ADDITIONAL}"),
        ({**STRICT, "additionalProperties": True}, f"In context=(), {ADDITIONAL}"),
        ({**STRICT, "required": []}, f"In context=(), {REQUIRED} Missing 'city'."),
        ({**CITY, "additionalProperties": False}, f"In context=(), {REQUIRED} Missing 'city'."),
        (
            {**STRICT, "required": ["city", "x"]},
            f"In context=(), {REQUIRED} Extra required key 'x' supplied.",
        ),
        ({**STRICT, "allOf": []}, "In context=(), 'allOf' is not permitted."),
    ],
)
def test_strict_schemas(schema: Object, fault: str) -> None:
    answer = chat(tools=[function(parameters=schema, strict=True)])
    assert str(answer.error["message"]).startswith(f"Invalid schema for function 'f': {fault}")


@pytest.mark.parametrize(
    ("inner", "fault"),
    [
        (CITY, f"In context=('properties', 'x'), {ADDITIONAL}"),
        (
            {"type": "array", "items": CITY},
            f"In context=('properties', 'x', 'items'), {ADDITIONAL}",
        ),
        (
            {"anyOf": [{"type": "null"}, CITY]},
            f"In context=('properties', 'x', 'anyOf', '1'), {ADDITIONAL}",
        ),
        ({"type": ["object", "null"]}, f"In context=('properties', 'x'), {ADDITIONAL}"),
        ({"type": "array"}, "In context=('properties', 'x'), array schema missing items."),
        ({"oneOf": [CITY]}, "In context=('properties', 'x'), 'oneOf' is not permitted."),
        ({"title": "x"}, "In context=('properties', 'x'), schema must have a 'type' key."),
    ],
)
def test_schemas_in_strict_schemas(inner: Object, fault: str) -> None:
    schema = {
        "type": "object",
        "properties": {"x": inner},
        "required": ["x"],
        "additionalProperties": False,
    }
    answer = chat(response_format=schema_format(schema=schema, strict=True))
    assert answer.error["message"] == f"Invalid schema for response_format 'x': {fault}"


def test_definitions_of_strict_schemas() -> None:
    schema = {**STRICT, "$defs": {"d": CITY}}
    answer = chat(response_format=schema_format(schema=schema, strict=True))
    assert f"In context=('$defs', 'd'), {ADDITIONAL}" in str(answer.error["message"])


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"type": "object"}, "In context=(), object schema missing properties."),
        ({"type": "string"}, "schema must be a JSON Schema of 'type: \"object\"', got"),
        (
            {"type": "object", "properties": {"x": {"type": "array"}}},
            "In context=('properties', 'x'), array schema missing items.",
        ),
    ],
)
def test_schemas_that_are_not_strict(schema: Object, fault: str) -> None:
    answer = chat(tools=[function(parameters=schema)])
    assert str(answer.error["message"]).startswith(f"Invalid schema for function 'f': {fault}")
