"""Completions and responses with what was read of them."""

import copy
import json
import pickle
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given

from api_openai.core.api.types.chat import ChatCompletion
from api_openai.core.api.types.responses import (
    Response,
    ResponseFunctionToolCall,
    ResponseOutputItem,
    ResponseOutputMessage,
)
from api_openai.core.json.codec import codec
from api_openai.core.json.encode import encode
from api_openai.core.json.provenance import meta
from api_openai.core.json.unknown import Unknown
from api_openai.core.json.values import items
from api_openai.core.structured.format_request import response_request
from api_openai.core.structured.function_tools import (
    function_tool,
    response_function_tool,
    tool_formats,
)
from api_openai.core.structured.outcomes import (
    Called,
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    Misfit,
    Parsed,
    Refused,
    Stopped,
    StructuredOutputError,
)
from api_openai.core.structured.output_format import OutputFormat
from api_openai.core.structured.parsed_answers import parsed_completion, parsed_response
from api_openai.core.structured.parsed_chat import ParsedChatCompletion, ParsedFunctionToolCall
from api_openai.core.structured.parsed_responses import (
    ParsedResponse,
    ParsedResponseFunctionToolCall,
    ParsedResponseOutputItem,
    ParsedResponseOutputMessage,
    ParsedResponseOutputText,
)
from api_openai.core.terms.errors import OpenAIError
from api_openai.core.terms.omit import omit

from ...support.damage import damaged
from .kinds import Point, Step

FORMAT = OutputFormat.of(Point)
USAGE = {"completion_tokens": 5, "prompt_tokens": 7, "total_tokens": 12}
TEXT = '{"x":1,"y":2}'
STRICT: dict[str, Any] = {
    "type": "function",
    "function": {"name": "plain", "strict": True, "parameters": {}},
}
LOOSE: dict[str, Any] = {"type": "function", "function": {"name": "loose", "parameters": {}}}


def choice(content: str | None = None, finish: str = "stop", **message: Any) -> dict[str, Any]:
    return {
        "finish_reason": finish,
        "index": 0,
        "message": {"role": "assistant", "content": content, "refusal": None, **message},
        "logprobs": None,
    }


def completion(*choices: Any, **fields: Any) -> ChatCompletion:
    document: dict[str, Any] = {
        "id": "c",
        "choices": list(choices),
        "created": 1,
        "model": "m",
        "object": "chat.completion",
        "usage": USAGE,
        **fields,
    }
    return codec(ChatCompletion).decode(json.dumps(document).encode())


def answered(*choices: Any, **fields: Any) -> ParsedChatCompletion[Point]:
    return parsed_completion(completion(*choices, **fields), FORMAT)


def call(name: str, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"type": "function", "id": "call_1", "function": function}


def test_a_completion_that_fits() -> None:
    answer = answered(choice(TEXT))
    assert answer.value == answer.choices[0].message.parsed == Point(1, 2)
    match answer.outcome:
        case Parsed(value):
            assert value.x == 1
        case _:
            pytest.fail("another outcome")
    assert answer.outcome.response is answer
    assert answer.outcome.usage == answer.usage
    assert "parsed=Point(x=1, y=2)" in repr(answer)


def test_a_parsed_completion_is_what_the_server_said() -> None:
    given = completion(choice(TEXT, reasoning_content="hm"), provider="p")
    answer = parsed_completion(given, FORMAT)
    assert isinstance(answer, ChatCompletion)
    assert answer.to_dict() == given.to_dict()
    assert meta(answer) == meta(given)
    assert encode(answer) == encode(given)
    assert answer.choices[0].message.to_dict() == given.choices[0].message.to_dict()
    assert answer.model_extra == {"provider": "p"}
    assert answer.choices[0].message.model_extra == {"reasoning_content": "hm"}
    assert answer.value == Point(1, 2)
    with pytest.raises(AttributeError):
        answer.id = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AttributeError):
        answer.choices[0].message.parsed = None  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("extra", [{}, {"provider": "p"}])
def test_parsed_completions_pickle_and_copy(extra: dict[str, Any]) -> None:
    answer = answered(choice(TEXT, **extra), choice("{}"), **extra)
    for again in (pickle.loads(pickle.dumps(answer)), copy.copy(answer), copy.deepcopy(answer)):
        assert again == answer
        assert again.value == Point(1, 2)
        assert again.to_dict() == answer.to_dict()
        assert meta(again) == meta(answer)
        assert isinstance(again.choices[1].outcome, Misfit)
        assert again.choices[0].outcome == answer.choices[0].outcome


def test_choices_have_outcomes_of_their_own() -> None:
    answer = answered(
        choice(TEXT),
        choice("{}"),
        choice(refusal="I must not."),
        choice('{"x":', finish="length"),
        choice(TEXT, finish="length"),
        choice("", finish="content_filter"),
        choice(None),
    )
    outcomes = [each.outcome for each in answer.choices]
    assert outcomes[0] == Parsed(Point(1, 2), response=completion_of(outcomes[0]))
    assert isinstance(misfit := outcomes[1], Misfit)
    assert (str(misfit.error), misfit.text) == ("x: expected a value, got nothing", "{}")
    assert outcomes[2:] == [
        Refused("I must not.", response=answer_of(outcomes)),
        Stopped("length", '{"x":', response=answer_of(outcomes)),
        Stopped("length", TEXT, response=answer_of(outcomes)),
        Stopped("content_filter", "", response=answer_of(outcomes)),
        Stopped("stop", "", response=answer_of(outcomes)),
    ]
    assert [each.message.parsed for each in answer.choices] == [Point(1, 2), *[None] * 6]
    for outcome in outcomes:
        assert outcome.response.to_dict() == answer.to_dict()
        assert outcome.usage == answer.usage
        assert "response" not in repr(outcome)


def completion_of(outcome: Any) -> ChatCompletion:
    response: ChatCompletion = outcome.response
    return response


def answer_of(outcomes: list[Any]) -> ChatCompletion:
    return completion_of(outcomes[0])


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        (choice("{}"), StructuredOutputError, "does not fit its type: x: expected a value"),
        (choice(refusal="I must not."), StructuredOutputError, "The model refused: I must not."),
        (choice("", finish="length"), LengthFinishReasonError, "cut off (length)"),
        (choice("", finish="content_filter"), ContentFilterFinishReasonError, "content filter"),
        (choice(None), StructuredOutputError, "no structured output in the answer (stop)"),
        (choice(tool_calls=[call("f", "{}")]), StructuredOutputError, "called f first"),
    ],
)
def test_value_raises_what_keeps_the_answer(
    given: Any, error: type[StructuredOutputError], text: str
) -> None:
    answer = answered(given)
    with pytest.raises(error) as caught:
        _ = answer.value
    assert type(caught.value) is error
    assert text in str(caught.value)
    assert isinstance(caught.value, OpenAIError)
    again: StructuredOutputError = pickle.loads(pickle.dumps(caught.value))
    for each in (caught.value, again):
        assert each.outcome == answer.outcome
        assert each.response == each.completion == answer
        assert each.usage == answer.usage
        assert str(each) == str(caught.value)


def test_arguments_of_calls() -> None:
    tools = tool_formats([function_tool(Step), function_tool(Point, name="go"), STRICT, LOOSE])
    calls = [
        call("Step", '{"explanation":"e"}'),
        call("go", '{"x":"?"}'),
        call("plain", '{"a":[1]}'),
        call("loose", "{}"),
        call("unheard of", "{}"),
        {"type": "custom", "id": "call_2", "custom": {"name": "c", "input": "i"}},
        {"type": "news", "id": "call_3"},
    ]
    given = completion(choice(tool_calls=calls, finish="tool_calls"))
    answer = parsed_completion(given, FORMAT, tools)
    made = answer.choices[0].message.tool_calls
    assert made is not None
    functions = [each.function for each in made if isinstance(each, ParsedFunctionToolCall)]
    assert functions[0].parsed_arguments == Step("e")
    assert functions[0].misfit is None
    assert functions[1].parsed_arguments is None
    assert str(functions[1].misfit) == "x: expected int, got str"
    assert [each.parsed_arguments for each in functions[2:]] == [{"a": [1]}, None, None]
    assert isinstance(made[6], Unknown)
    assert answer.outcome == Called(tuple(made), response=answer)
    assert encode(answer) == encode(given)
    assert [each.type for each in made] == ["function"] * 5 + ["custom", "news"]
    assert pickle.loads(pickle.dumps(answer)).choices[0].message.tool_calls == made
    assert "parsed_arguments=Step(" in repr(made[0])


@pytest.mark.parametrize(
    "choices",
    [
        None,
        [],
        "text",
        [3],
        [{}],
        [{"message": None}],
        [{"message": "m"}],
        [choice(tool_calls=[3])],
    ],
)
def test_drift_raises_nothing(choices: Any) -> None:
    given = completion()
    document: dict[str, Any] = {**given.to_dict(), "choices": choices}
    given = codec(ChatCompletion).decode(json.dumps(document).encode())
    answer = parsed_completion(given, FORMAT)
    assert answer.to_dict() == document
    assert not isinstance(answer.outcome, Parsed)
    assert encode(answer) == encode(given)


def test_without_a_format_nothing_is_read() -> None:
    answer: ParsedChatCompletion[None] = parsed_completion(completion(choice(TEXT)))
    assert answer.choices[0].message.parsed is None
    assert answer.outcome == Stopped("stop", TEXT, response=answer)


# Responses


def text(content: str) -> dict[str, Any]:
    return {"type": "output_text", "text": content, "annotations": [], "logprobs": []}


def message(*parts: Any, **fields: Any) -> dict[str, Any]:
    about = {"type": "message", "id": "m", "role": "assistant", "status": "completed"}
    return {**about, "content": list(parts), **fields}


def function_call(name: str, arguments: str, **fields: Any) -> dict[str, Any]:
    about = {"type": "function_call", "id": "f", "call_id": "c", "status": "completed"}
    return {**about, "name": name, "arguments": arguments, **fields}


def response(*output: Any, **fields: Any) -> Response:
    document: dict[str, Any] = {
        "id": "r",
        "object": "response",
        "created_at": 1,
        "model": "m",
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "output": list(output),
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        **fields,
    }
    return codec(Response).decode(json.dumps(document).encode())


def responded(*output: Any, **fields: Any) -> ParsedResponse[Point]:
    return parsed_response(response(*output, **fields), FORMAT)


def test_a_response_that_fits() -> None:
    given = response({"type": "reasoning", "id": "x", "summary": []}, message(text(TEXT)), extra=1)
    answer = parsed_response(given, FORMAT)
    assert answer.value == answer.output_parsed == Point(1, 2)
    assert answer.outcome == Parsed(Point(1, 2), response=answer)
    said = answer.output[1]
    assert isinstance(said, ParsedResponseOutputMessage)
    part = said.content[0]
    assert isinstance(part, ParsedResponseOutputText)
    assert part.parsed == Point(1, 2)
    assert isinstance(answer, Response)
    assert answer.to_dict() == given.to_dict()
    assert encode(answer.output) == encode(given.output)
    assert encode(answer) == encode(given)
    assert answer.output_text == TEXT
    assert meta(answer) == meta(given)
    assert answer.model_extra == {"extra": 1}
    again = pickle.loads(pickle.dumps(answer))
    assert (again, again.value) == (answer, answer.value)
    assert "parsed=Point(x=1, y=2)" in repr(answer)


def test_outcomes_of_responses() -> None:
    refusal = {"type": "refusal", "refusal": "I must not."}
    assert repr(responded(message(refusal)).outcome) == "Refused(refusal='I must not.')"
    cut = responded(
        message(text('{"x"')),
        status="incomplete",
        incomplete_details={"reason": "max_output_tokens"},
    )
    assert cut.outcome == Stopped("max_output_tokens", '{"x"', response=cut)
    with pytest.raises(LengthFinishReasonError):
        _ = cut.value
    filtered = responded(status="incomplete", incomplete_details={"reason": "content_filter"})
    with pytest.raises(ContentFilterFinishReasonError):
        _ = filtered.value
    for status in ("failed", "cancelled", "queued", "in_progress", "invented"):
        answer = responded(message(text(TEXT)), status=status)
        assert answer.output_parsed is None
        assert answer.outcome == Stopped(status, TEXT, response=answer)
    empty = responded()
    assert empty.outcome == Stopped("completed", "", response=empty)
    misfit = responded(message(text("{}")))
    assert isinstance(misfit.outcome, Misfit)
    assert (misfit.outcome.text, misfit.output_parsed) == ("{}", None)
    part = misfit.output[0]
    assert isinstance(part, ParsedResponseOutputMessage)
    assert isinstance(part.content[0], ParsedResponseOutputText)
    assert part.content[0].misfit == misfit.outcome.error
    with pytest.raises(StructuredOutputError, match="does not fit its type"):
        _ = misfit.value


def test_commentary_is_not_read() -> None:
    answer = responded(
        message(text('{"x":9}'), phase="commentary"), message(text(TEXT), phase="final_answer")
    )
    assert answer.output_parsed == Point(1, 2)
    commentary = responded(message(text('{"x":9}'), phase="invented"))
    assert commentary.output_parsed is None
    assert isinstance(commentary.outcome, Stopped)
    said = commentary.output[0]
    assert isinstance(said, ParsedResponseOutputMessage)
    assert isinstance(said.content[0], ParsedResponseOutputText)
    assert said.content[0].parsed is None


def test_the_first_text_that_fits_counts() -> None:
    answer = responded(message(text("{}"), text(TEXT)))
    assert answer.value == Point(1, 2)


def test_tools_that_are_iterators_are_read_and_sent() -> None:
    space = {"type": "namespace", "name": "map", "tools": iter([response_function_tool(Point)])}
    wanted = response_request(omit, omit, omit, {"tools": iter([space])})
    assert json.loads(encode(wanted.params))["tools"][0]["tools"][0]["name"] == "Point"
    assert [*wanted.tools] == ["map.Point"]


def test_arguments_of_calls_in_responses() -> None:
    inner = response_function_tool(Point, name="go")
    space = {"type": "namespace", "name": "map", "tools": [inner]}
    strict: dict[str, Any] = {"type": "function", "name": "plain", "strict": True, "parameters": {}}
    deferred = response_function_tool(Point, name="later", defer_loading=True)
    assert deferred.get("defer_loading") is True
    tools = tool_formats(
        [response_function_tool(Step), space, strict, deferred, {"type": "web_search"}]
    )
    given = response(
        function_call("Step", '{"explanation":"e"}'),
        function_call("go", '{"x":3}', namespace="map"),
        function_call("go", '{"x":3}'),
        function_call("plain", '{"x":3}'),
        function_call("later", '{"x":4}', namespace="later"),
        function_call("Step", "{"),
    )
    answer = parsed_response(given, FORMAT, tools)
    calls = [each for each in answer.output if isinstance(each, ParsedResponseFunctionToolCall)]
    assert [each.parsed_arguments for each in calls] == [
        Step("e"),
        Point(3),
        None,
        {"x": 3},
        Point(4),
        None,
    ]
    assert [each.misfit is None for each in calls] == [True] * 5 + [False]
    assert answer.outcome == Called(tuple(calls), response=answer)
    assert encode(answer.output) == encode(given.output)
    with pytest.raises(
        StructuredOutputError, match="called Step, go, go, plain, later, Step first"
    ):
        _ = answer.value


def test_the_type_of_an_item_names_all_there_are() -> None:
    known = set(get_args(ResponseOutputItem)) - {ResponseOutputMessage, ResponseFunctionToolCall}
    said = {get_origin(each) or each for each in get_args(ParsedResponseOutputItem)}
    assert said == known | {ParsedResponseOutputMessage, ParsedResponseFunctionToolCall}


@pytest.mark.parametrize("output", [None, "text", [3], [{"type": "message"}], [message(3)]])
def test_drift_in_responses_raises_nothing(output: Any) -> None:
    document = {**response().to_dict(), "output": output}
    given = codec(Response).decode(json.dumps(document).encode())
    answer = parsed_response(given, FORMAT)
    assert answer.to_dict() == document
    assert not isinstance(answer.outcome, Parsed)


TOOLS = tool_formats([{"type": "function", "name": "f", "strict": True}])
CALLED = choice(finish="tool_calls", tool_calls=[call("f", "{}")])
ANSWER = response(
    message(text(TEXT), phase="final_answer"), function_call("f", "{}", namespace="f")
)


@given(damaged(completion(choice(TEXT), CALLED).to_dict()))
def test_whatever_a_completion_is_its_outcome_can_be_asked(document: dict[str, Any]) -> None:
    answer = parsed_completion(codec(ChatCompletion).decode(encode(document)), FORMAT, TOOLS)
    repr(answer.outcome)
    repr(answer)
    assert answer.to_dict() == document


@given(damaged(ANSWER.to_dict()))
def test_whatever_a_response_is_its_outcome_can_be_asked(document: dict[str, Any]) -> None:
    answer = parsed_response(codec(Response).decode(encode(document)), FORMAT, TOOLS)
    repr(answer.outcome)
    repr(answer)
    assert isinstance(answer.output_text, str)
    assert json.loads(encode(answer.as_input())) == items(document["output"])
    assert answer.to_dict() == document
