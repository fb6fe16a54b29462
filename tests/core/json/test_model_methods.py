"""What hand-written bases give to generated models: vectors, texts, and answers as input."""

import json
import pickle
from typing import Final

import msgspec
import pytest

from api_openai.core.api.type_names import codec_of
from api_openai.core.api.types.responses import Response, ResponseOutputMessage, ResponseOutputText
from api_openai.core.json.encode import builtins, encode
from api_openai.core.terms import nesting

RESPONSE: Final = codec_of("responses:Response")
ITEMS: Final = (
    b'{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"\\u0041/+="}',
    b'{ "type": "new_kind", "n": 1.50e3, "deep": {"b":1,"a":[ ]} }',
    b'{"id":"m","type":"message","role":"assistant","status":"completed","new":1e2,'
    b'"content":[{"type":"output_text","text":"caf\\u00e9","annotations":[],"logprobs":[]}]}',
)
HEAD: Final = b'{"id":"resp_1","object":"response","created_at":1,"status":"completed","output":['


def response(*items: bytes) -> Response:
    found: Response = RESPONSE.decode(HEAD + b",".join(items) + b"]}")
    return found


def test_items_go_back_as_they_came() -> None:
    items = response(*ITEMS).as_input()
    assert [bytes(each) for each in items] == list(ITEMS)
    assert encode({"input": [{"role": "user"}, *items]}) == (
        b'{"input":[{"role":"user"},' + b",".join(ITEMS) + b"]}"
    )


def test_items_stay_as_they_came_beside_values_that_take_the_slow_way() -> None:
    (item,) = response(ITEMS[1]).as_input()
    assert encode({"odd": "\ud800", "input": [item]}) == (
        b'{"odd":"\\ud800","input":[{"type":"new_kind","n":1500.0,"deep":{"b":1,"a":[]}}]}'
    )
    strange = encode({"set": frozenset((1,)), "path": Odd(), "input": [item]})
    assert ITEMS[1] in strange
    assert builtins({"input": [item]}) == {"input": [json.loads(ITEMS[1])]}


class Odd:
    def __fspath__(self) -> str:
        return "/odd"


def test_a_response_that_was_pickled_knows_its_bytes() -> None:
    again = pickle.loads(pickle.dumps(response(*ITEMS)))
    assert [bytes(each) for each in again.as_input()] == list(ITEMS)


def test_a_response_made_by_hand_gives_its_items() -> None:
    text = ResponseOutputText(text="a", annotations=[], logprobs=[])
    message = ResponseOutputMessage(id="m", role="assistant", status="completed", content=[text])
    made = msgspec.structs.replace(response(), output=[message])
    (item,) = made.as_input()
    assert msgspec.json.decode(item) == message.to_dict()


def test_without_output_there_is_nothing() -> None:
    assert response().as_input() == []
    assert response().output_text == ""
    nothing: Response = RESPONSE.decode(HEAD[:-10] + b'"x":1}')
    assert nothing.as_input() == []


def test_the_texts_of_the_messages_are_joined() -> None:
    assert response(*ITEMS, ITEMS[2]).output_text == "cafécafé"


def test_the_texts_of_a_message_are_joined() -> None:
    message = codec_of("beta_agents:AgentSessionMessage").decode(
        b'{"type":"message","role":"user","status":"completed","turn_id":"t","content":['
        b'{"type":"output_text","text":"a"},{"type":"input_text","text":"b"},'
        b'{"type":"output_text","text":"c"},{"type":"new"},{"type":"output_text","text":1}]}'
    )
    assert message.output_text == "ac"
    empty = codec_of("beta_agents:AgentSessionMessage").decode(b'{"type":"message","content":null}')
    assert empty.output_text == ""


@pytest.mark.parametrize("beginning", [b"[", b'{"a":'])
def test_deep_answers_can_be_dumped(beginning: bytes) -> None:
    end = {b"[": b"]", b'{"a":': b"}"}[beginning]
    levels = 700 if nesting.limit is None else nesting.limit - 10
    deep = beginning * levels + b"1" + end * levels
    answer = response(b'{"type":"new_kind","deep":' + deep + b"}")
    assert encode(answer.to_dict()["output"][0]["deep"]) == deep
    assert encode(answer.model_dump()["output"][0]["deep"]) == deep
    assert encode(answer.model_dump(exclude_none=True)["output"][0]["deep"]) == deep
    assert encode(answer.model_dump(exclude_defaults=True)["output"][0]["deep"]) == deep
    assert deep.decode() in answer.model_dump_json()
    assert deep.decode() in answer.to_json()
    assert repr(answer)
    assert answer == response(b'{"type":"new_kind","deep":' + deep + b"}")
