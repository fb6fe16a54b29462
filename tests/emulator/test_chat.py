"""`/chat/completions`: answers, streams, functions, structured output, and what is stored."""

import pytest

from api_openai.emulator import Emulator
from api_openai.emulator.faults import CallFunction, Say
from api_openai.emulator.http.json_documents import Object, is_object, member, objects, text

from .peer import Answer, ask, decoded

PATH = "/v1/chat/completions"
QUESTION: Object = {"role": "user", "content": "What is the weather in Paris?"}
WEATHER: Object = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
            "required": ["city"],
        },
    },
}


def chat(emulator: Emulator, **parameters: object) -> Answer:
    document: Object = {"model": "gpt-4o", "messages": [QUESTION], **parameters}
    return ask(emulator, "POST", PATH, document)


def choice(answer: Answer, index: int = 0) -> Object:
    return objects(answer.document["choices"])[index]


def content(answer: Answer, index: int = 0) -> str:
    return text(member(choice(answer, index), "message", "content"))


def chunks(answer: Answer) -> list[Object]:
    assert answer.events[-1] == b"[DONE]"
    return [decoded(event) for event in answer.events[:-1]]


def streamed(answer: Answer, index: int = 0) -> str:
    return "".join(
        text(member(each, "delta", "content"))
        for chunk in chunks(answer)
        for each in objects(chunk["choices"])
        if each["index"] == index
    )


def test_the_answer_comes_from_the_question() -> None:
    answer = chat(Emulator())
    assert "What is the weather in Paris?" in content(answer)
    assert choice(answer)["finish_reason"] == "stop"
    usage = answer.document["usage"]
    assert is_object(usage)
    assert usage["total_tokens"] == sum(
        value
        for name in ("prompt_tokens", "completion_tokens")
        if isinstance(value := usage[name], int)
    )


def test_a_stream_says_the_same_word_by_word() -> None:
    plain, stream = chat(Emulator()), chat(Emulator(), stream=True)
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert streamed(stream) == content(plain)
    deltas = [objects(chunk["choices"])[0] for chunk in chunks(stream)]
    assert member(deltas[0], "delta", "role") == "assistant"
    assert all(len(text(member(each, "delta", "content")).split()) <= 1 for each in deltas)
    assert [each["finish_reason"] for each in deltas] == [None] * (len(deltas) - 1) + ["stop"]
    assert len(stream.parts) == len(stream.events)


def test_usage_comes_last_when_asked_for() -> None:
    without, wanted = {"include_usage": False}, {"include_usage": True}
    assert all("usage" not in each for each in chunks(chat(Emulator(), stream=True)))
    assert all(
        "usage" not in each
        for each in chunks(chat(Emulator(), stream=True, stream_options=without))
    )
    *rest, last = chunks(chat(Emulator(), stream=True, stream_options=wanted))
    assert all(each["usage"] is None for each in rest)
    assert last["choices"] == []
    assert last["usage"] == chat(Emulator()).document["usage"]


def test_several_choices_come_in_turns() -> None:
    plain, stream = chat(Emulator(), n=3), chat(Emulator(), n=3, stream=True)
    assert [each["index"] for each in objects(plain.document["choices"])] == [0, 1, 2]
    order = [objects(chunk["choices"])[0]["index"] for chunk in chunks(stream)]
    assert order[:6] == [0, 1, 2, 0, 1, 2]
    assert all(streamed(stream, index) == content(plain, index) for index in range(3))
    assert len({content(plain, index) for index in range(3)}) == 3


def test_limits_and_stops_end_the_answer() -> None:
    short = chat(Emulator(), max_completion_tokens=3)
    assert (len(content(short).split()), choice(short)["finish_reason"]) == (3, "length")
    stopped = chat(Emulator(), stop=["weather"])
    assert content(stopped) == 'You said: "What is the '
    assert choice(stopped)["finish_reason"] == "stop"


def test_logprobs_are_one_per_token() -> None:
    answer = chat(Emulator(), logprobs=True, top_logprobs=2)
    rows = objects(member(choice(answer), "logprobs", "content"))
    assert "".join(text(row["token"]) for row in rows) == content(answer)
    assert all(len(objects(row["top_logprobs"])) == 2 for row in rows)


def test_a_function_is_called_with_arguments_that_fit() -> None:
    answer = chat(Emulator(), tools=[WEATHER])
    assert choice(answer)["finish_reason"] == "tool_calls"
    [call] = objects(member(choice(answer), "message", "tool_calls"))
    assert member(call, "function", "name") == "get_weather"
    arguments = text(member(call, "function", "arguments"))
    assert decoded(arguments.encode()) == {"city": "Paris", "days": 2}
    stream = chat(Emulator(), tools=[WEATHER], stream=True)
    pieces = [
        tool
        for chunk in chunks(stream)
        for each in objects(chunk["choices"])
        for tool in objects(member(each, "delta", "tool_calls"))
    ]
    assert pieces[0]["id"] == call["id"]
    assert all("id" not in piece for piece in pieces[1:])
    assert "".join(text(member(each, "function", "arguments")) for each in pieces) == arguments
    assert len(pieces) > 2


@pytest.mark.parametrize(
    ("choice_of_tool", "called"),
    [
        ("auto", "get_weather"),
        ("none", None),
        ("required", "get_weather"),
        ({"type": "function", "function": {"name": "other"}}, "other"),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "auto",
                    "tools": [{"type": "function", "function": {"name": "other"}}],
                },
            },
            "other",
        ),
    ],
)
def test_tool_choice(choice_of_tool: object, called: str | None) -> None:
    other: Object = {"type": "function", "function": {"name": "other"}}
    answer = chat(Emulator(), tools=[other, WEATHER], tool_choice=choice_of_tool)
    calls = objects(member(choice(answer), "message", "tool_calls"))
    assert [member(call, "function", "name") for call in calls] == ([called] if called else [])


def test_a_tool_choice_that_is_not_offered() -> None:
    wanted = {"type": "function", "function": {"name": "nope"}}
    answer = chat(Emulator(), tools=[WEATHER], tool_choice=wanted)
    assert (answer.status, answer.error["param"]) == (400, "tool_choice")


def test_the_result_of_a_function_gets_a_text() -> None:
    asked = choice(chat(Emulator(), tools=[WEATHER]))["message"]
    calls = objects(member(asked, "tool_calls"))
    result = {"role": "tool", "tool_call_id": calls[0]["id"], "content": "sunny"}
    answer = chat(Emulator(), messages=[QUESTION, asked, result], tools=[WEATHER])
    assert content(answer) == "The function answered: sunny"


def test_structured_output_fits_its_schema() -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": ["integer", "null"]}},
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema}}
    answer = chat(Emulator(), response_format=wanted)
    assert decoded(content(answer).encode()) == {"name": "Paris", "age": 1}
    question = {"role": "user", "content": "Paris as JSON?"}
    free = chat(Emulator(), response_format={"type": "json_object"}, messages=[question])
    assert "Paris" in text(decoded(content(free).encode())["answer"])


def test_the_answer_can_be_scripted() -> None:
    emulator = Emulator(faults=[Say("Bonjour !"), CallFunction("f", '{"a":1}')])
    assert content(chat(emulator)) == "Bonjour !"
    [call] = objects(member(choice(chat(emulator)), "message", "tool_calls"))
    assert call["function"] == {"name": "f", "arguments": '{"a":1}'}
    assert content(chat(emulator)) == content(chat(Emulator()))


def test_stored_completions() -> None:
    emulator = Emulator()
    ids: list[str] = []
    for number in range(5):
        stored = chat(emulator, store=True, metadata={"n": str(number % 2)})
        ids.append(text(stored.document["id"]))
    chat(emulator)
    listed = ask(emulator, "GET", f"{PATH}?limit=2&after={ids[0]}").document
    assert [each["id"] for each in objects(listed["data"])] == ids[1:3]
    assert (listed["first_id"], listed["last_id"], listed["has_more"]) == (ids[1], ids[2], True)
    assert ask(emulator, "GET", f"{PATH}?limit=5").document["has_more"] is False
    newest = ask(emulator, "GET", f"{PATH}?order=desc").document
    assert [each["id"] for each in objects(newest["data"])] == ids[::-1]
    odd = ask(emulator, "GET", f"{PATH}?metadata%5Bn%5D=1&model=gpt-4o").document
    assert [each["id"] for each in objects(odd["data"])] == ids[1::2]
    assert ask(emulator, "GET", f"{PATH}?model=o3").document["data"] == []

    one = f"{PATH}/{ids[0]}"
    assert ask(emulator, "GET", one).document["metadata"] == {"n": "0"}
    assert ask(emulator, "POST", one, {"metadata": {"x": "y"}}).document["metadata"] == {"x": "y"}
    assert ask(emulator, "POST", one, {}).error["param"] == "metadata"
    [message] = objects(ask(emulator, "GET", one + "/messages").document["data"])
    assert message["content"] == QUESTION["content"]
    assert ask(emulator, "DELETE", one).document["deleted"] is True
    assert ask(emulator, "GET", one).status == 404


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"model": None}, "model", "invalid_type"),
        ({"messages": "hi"}, "messages", "invalid_type"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": ["hi"]}, "messages[0]", "invalid_type"),
        ({"messages": [{"content": "x"}]}, "messages[0].role", "missing_required_parameter"),
        ({"messages": [{"role": "judge", "content": ""}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "invalid_type"),
        ({"temperature": 2.5}, "temperature", "decimal_above_max_value"),
        ({"temperature": True}, "temperature", "invalid_type"),
        ({"n": 0}, "n", "integer_below_min_value"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"tools": [5]}, "tools[0]", "invalid_type"),
        ({"tools": [{"name": "f"}]}, "tools[0].type", "missing_required_parameter"),
    ],
)
def test_bad_requests_name_the_parameter(change: Object, param: str, code: str) -> None:
    answer = chat(Emulator(), **change)
    assert answer.status == 400
    assert (answer.error["param"], answer.error["code"]) == (param, code)


def test_missing_parameters() -> None:
    answer = ask(Emulator(), "POST", PATH, {"model": "gpt-4o"})
    assert answer.error["param"] == "messages"
    assert answer.error["code"] == "missing_required_parameter"
    assert ask(Emulator(), "POST", PATH).error["param"] == "model"


def test_an_unknown_model() -> None:
    answer = chat(Emulator(), model="missing-model")
    assert (answer.status, answer.error["code"]) == (404, "model_not_found")
    assert chat(Emulator(any_model=True), model="missing-model").status == 200


def test_a_page_after_nothing_or_of_no_size() -> None:
    emulator = Emulator()
    assert ask(emulator, "GET", f"{PATH}?after=nope").error["param"] == "after"
    assert ask(emulator, "GET", f"{PATH}?limit=0").error["code"] == "integer_below_min_value"
    assert ask(emulator, "GET", f"{PATH}?limit=x").error["code"] == "invalid_type"
    assert ask(emulator, "GET", f"{PATH}?order=up").error["param"] == "order"


def test_a_custom_tool_gets_free_text() -> None:
    tool = {"type": "custom", "custom": {"name": "run"}}
    plain, stream = chat(Emulator(), tools=[tool]), chat(Emulator(), tools=[tool], stream=True)
    [call] = objects(member(choice(plain), "message", "tool_calls"))
    assert call["custom"] == {"name": "run", "input": QUESTION["content"]}
    pieces = [
        text(member(tool_call, "custom", "input"))
        for chunk in chunks(stream)
        for each in objects(chunk["choices"])
        for tool_call in objects(member(each, "delta", "tool_calls"))
    ]
    assert "".join(pieces) == QUESTION["content"]


def test_stores_are_bounded() -> None:
    emulator = Emulator()
    emulator.state.keep = 2
    ids = [text(chat(emulator, store=True).document["id"]) for _ in range(4)]
    assert list(emulator.state.chats) == ids[2:]
