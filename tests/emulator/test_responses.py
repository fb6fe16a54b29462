"""`/responses`: events, functions, conversations, background, and what is stored."""

import pytest

from api_openai.emulator import Emulator
from api_openai.emulator.faults import CallFunction, Say
from api_openai.emulator.http.json_documents import Object, member, objects, text

from .peer import Answer, ask, decoded

PATH = "/v1/responses"
WEATHER: Object = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def respond(emulator: Emulator, **parameters: object) -> Answer:
    document: Object = {"model": "gpt-4o", "input": "What is the weather in Paris?", **parameters}
    return ask(emulator, "POST", PATH, document)


def output_text(document: Object) -> str:
    return "".join(
        text(part["text"])
        for item in objects(document["output"])
        for part in objects(item["content"])
    )


def events(answer: Answer) -> list[Object]:
    found = [decoded(event) for event in answer.events]
    lines = answer.body.decode().split("\n")
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert names == [event["type"] for event in found]
    return found


def test_the_answer_comes_from_the_input() -> None:
    answer = respond(Emulator(), instructions="Be brief.", metadata={"a": "b"})
    assert "Paris" in output_text(answer.document)
    assert answer.document["status"] == "completed"
    assert answer.document["instructions"] == "Be brief."
    assert answer.document["metadata"] == {"a": "b"}


def test_the_full_sequence_of_events() -> None:
    plain, stream = respond(Emulator()).document, events(respond(Emulator(), stream=True))
    kinds = [text(event["type"]).removeprefix("response.") for event in stream]
    deltas = kinds.count("output_text.delta")
    assert kinds == [
        *("created", "in_progress", "output_item.added", "content_part.added"),
        *["output_text.delta"] * deltas,
        *("output_text.done", "content_part.done", "output_item.done", "completed"),
    ]
    assert [event["sequence_number"] for event in stream] == list(range(len(stream)))
    told = "".join(text(event.get("delta")) for event in stream)
    assert told == output_text(plain)
    assert deltas == len(told.split())
    assert stream[-1]["response"] == plain
    assert member(stream[0], "response", "status") == "in_progress"
    assert member(stream[0], "response", "output") == []


def test_a_function_call_as_events() -> None:
    stream = events(respond(Emulator(), tools=[WEATHER], stream=True))
    [item] = objects(member(stream[-1], "response", "output"))
    assert item["arguments"] == '{"city":"Paris"}'
    deltas = [event for event in stream if text(event["type"]).endswith("arguments.delta")]
    assert "".join(text(event["delta"]) for event in deltas) == item["arguments"]
    assert {event["item_id"] for event in deltas} == {item["id"]}
    added = next(event for event in stream if event["type"] == "response.output_item.added")
    assert (member(added, "item", "arguments"), member(added, "item", "status")) == (
        "",
        "in_progress",
    )


def test_a_conversation_with_a_function() -> None:
    emulator = Emulator()
    first = respond(emulator, tools=[WEATHER]).document
    [call] = objects(first["output"])
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
    second = respond(
        emulator, previous_response_id=first["id"], input=[result], tools=[WEATHER]
    ).document
    assert output_text(second) == "The function answered: sunny"
    path = f"{PATH}/{second['id']}/input_items"
    newest = [text(item["type"]) for item in objects(ask(emulator, "GET", path).document["data"])]
    assert newest == ["function_call_output", "function_call", "message"]
    page = ask(emulator, "GET", path + "?order=asc&limit=1").document
    assert [item["type"] for item in objects(page["data"])] == ["message"]
    assert page["has_more"] is True
    after = ask(emulator, "GET", f"{path}?order=asc&after={page['last_id']}").document
    assert [item["type"] for item in objects(after["data"])] == newest[1::-1]


def test_an_unknown_previous_response() -> None:
    answer = respond(Emulator(), previous_response_id="resp_nope")
    assert answer.status == 400
    assert answer.error["code"] == "previous_response_not_found"


def test_stored_responses() -> None:
    emulator = Emulator()
    document = respond(emulator).document
    path = f"{PATH}/{document['id']}"
    assert ask(emulator, "GET", path).document == document
    assert ask(emulator, "DELETE", path).document["deleted"] is True
    assert ask(emulator, "GET", path).status == 404
    hidden = respond(emulator, store=False).document
    assert ask(emulator, "GET", f"{PATH}/{hidden['id']}").status == 404


def test_a_stream_is_told_again_from_any_number() -> None:
    emulator = Emulator()
    stream = events(respond(emulator, stream=True))
    path = f"{PATH}/{member(stream[-1], 'response', 'id')}?stream=true"
    assert events(ask(emulator, "GET", path)) == stream
    assert events(ask(emulator, "GET", path + "&starting_after=5")) == stream[6:]
    assert ask(emulator, "GET", path + "&starting_after=x").error["param"] == "starting_after"


def test_a_background_response_goes_on_with_every_poll() -> None:
    emulator = Emulator()
    made = respond(emulator, background=True).document
    path = f"{PATH}/{made['id']}"
    polls = [ask(emulator, "GET", path).document for _ in range(3)]
    assert [made["status"]] + [poll["status"] for poll in polls] == [
        *("queued", "in_progress", "completed", "completed")
    ]
    assert (made["output"], "usage" in made) == ([], False)
    assert "Paris" in output_text(polls[-1])
    kinds = [event["type"] for event in events(ask(emulator, "GET", path + "?stream=true"))]
    assert kinds[:3] == ["response.created", "response.queued", "response.in_progress"]
    refused = respond(emulator, background=True, store=False)
    assert (refused.status, refused.error["param"]) == (400, "background")


def test_cancel() -> None:
    emulator = Emulator()
    path = f"{PATH}/{respond(emulator, background=True).document['id']}"
    assert ask(emulator, "POST", path + "/cancel").document["status"] == "cancelled"
    assert ask(emulator, "GET", path).document["status"] == "cancelled"
    assert ask(emulator, "GET", path + "?stream=true").status == 400
    foreground = f"{PATH}/{respond(emulator).document['id']}/cancel"
    assert ask(emulator, "POST", foreground).status == 400
    assert ask(emulator, "POST", f"{PATH}/resp_nope/cancel").status == 404


def test_a_limit_leaves_the_response_incomplete() -> None:
    stream = events(respond(Emulator(), input="word " * 50, max_output_tokens=16, stream=True))
    final = stream[-1]
    assert final["type"] == "response.incomplete"
    assert member(final, "response", "incomplete_details", "reason") == "max_output_tokens"
    assert respond(Emulator(), max_output_tokens=1).error["code"] == "integer_below_min_value"


def test_compact_and_count() -> None:
    emulator = Emulator()
    first = respond(emulator).document
    packed = ask(
        emulator,
        "POST",
        PATH + "/compact",
        {"model": "gpt-4o", "previous_response_id": first["id"]},
    ).document
    assert packed["object"] == "response.compaction"
    assert [item["type"] for item in objects(packed["output"])] == ["message", "compaction"]
    following = respond(
        emulator, input=[*objects(packed["output"]), {"role": "user", "content": "Go on"}]
    )
    assert "Go on" in output_text(following.document)
    counted = ask(emulator, "POST", PATH + "/input_tokens", {"model": "gpt-4o", "input": "a b c"})
    assert counted.document == {"object": "response.input_tokens", "input_tokens": 7}


def test_output_goes_back_in_as_it_is() -> None:
    emulator = Emulator()
    document = respond(emulator).document
    said: list[object] = [{"role": "user", "content": "Hello"}, *objects(document["output"])]
    again = respond(emulator, input=[*said, {"role": "user", "content": "and Rome?"}])
    assert "and Rome?" in output_text(again.document)
    reference = {"type": "item_reference", "id": objects(document["output"])[0]["id"]}
    assert respond(emulator, input=[reference, {"role": "user", "content": "x"}]).status == 200
    lost = {"type": "item_reference", "id": "msg_nope"}
    assert respond(emulator, input=[lost]).status == 404


def test_log_probabilities_when_included() -> None:
    wanted = ["message.output_text.logprobs"]
    stream = events(respond(Emulator(), include=wanted, stream=True))
    rows = [row for event in stream for row in objects(event.get("logprobs")) if "delta" in event]
    told = "".join(text(event.get("delta")) for event in stream)
    assert "".join(text(row["token"]) for row in rows) == told


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"input": None}, "input", "missing_required_parameter"),
        ({"input": 5}, "input", "invalid_type"),
        ({"input": [5]}, "input[0]", "invalid_type"),
        ({"input": [{"role": "judge", "content": ""}]}, "input[0].role", "invalid_value"),
        ({"input": [{"role": "user", "content": 5}]}, "input[0].content", "invalid_type"),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"tools": [{"type": "function"}]}, "tools[0].name", "missing_required_parameter"),
        ({"truncation": "some"}, "truncation", "invalid_value"),
    ],
)
def test_bad_requests_name_the_parameter(change: Object, param: str, code: str) -> None:
    answer = respond(Emulator(), **change)
    assert answer.status == 400
    assert (answer.error["param"], answer.error["code"]) == (param, code)


def test_a_custom_tool_as_events() -> None:
    stream = events(respond(Emulator(), tools=[{"type": "custom", "name": "run"}], stream=True))
    [item] = objects(member(stream[-1], "response", "output"))
    assert (item["type"], item["name"]) == ("custom_tool_call", "run")
    deltas = [event for event in stream if event["type"] == "response.custom_tool_call_input.delta"]
    assert "".join(text(event["delta"]) for event in deltas) == item["input"]


def test_the_answer_can_be_scripted() -> None:
    emulator = Emulator(faults=[Say("Bonjour !"), CallFunction("f", '{"a":1}')])
    assert output_text(respond(emulator).document) == "Bonjour !"
    [call] = objects(respond(emulator).document["output"])
    assert (call["name"], call["arguments"]) == ("f", '{"a":1}')


def test_structured_output() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    wanted = {"format": {"type": "json_schema", "name": "x", "schema": schema}}
    assert output_text(respond(Emulator(), text=wanted).document) == '{"city":"Paris"}'
    question, free_form = "Paris as JSON?", {"format": {"type": "json_object"}}
    free = output_text(respond(Emulator(), text=free_form, input=question).document)
    assert "Paris" in text(decoded(free.encode())["answer"])


def test_images_are_stored_with_their_detail() -> None:
    emulator = Emulator()
    parts = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": "https://example.com/a.png"},
    ]
    made = respond(emulator, input=[{"role": "user", "content": parts}]).document
    assert "What is this?" in output_text(made)
    [item] = objects(ask(emulator, "GET", f"{PATH}/{made['id']}/input_items").document["data"])
    assert objects(item["content"])[1]["detail"] == "auto"


def test_a_completed_response_cannot_be_cancelled() -> None:
    emulator = Emulator()
    made = respond(emulator, background=True).document
    path = f"{PATH}/{made['id']}"
    for _ in range(2):
        ask(emulator, "GET", path)
    assert ask(emulator, "POST", path + "/cancel").status == 400
