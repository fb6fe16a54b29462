"""Models made by hand, of documents and of stored answers."""

import json
from typing import Any

import pytest

from api_openai import Unknown, meta, restore
from api_openai.core.json.codec import MisfitError
from api_openai.types.chat import ChatCompletion, ChatCompletionMessage, CompletionUsage
from api_openai.types.responses import Response, ResponseOutputMessage, ResponseStreamEvent

CHAT: dict[str, Any] = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


def changed(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(CHAT))
    message = document["choices"][0]["message"]
    message.update(changes.pop("message", {}))
    return {**document, **changes}


DOCUMENTS = {
    "nulls left out": CHAT,
    "unknown fields": changed(provider="p", message={"reasoning_content": "t"}),
    "a call of a new kind": changed(message={"tool_calls": [{"type": "new", "id": "t"}]}),
    "all nulls": changed(service_tier=None, message={"refusal": None}),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_become_answers(name: str) -> None:
    document = DOCUMENTS[name]
    ways = [
        ChatCompletion.model_validate(document),
        ChatCompletion.model_validate_json(json.dumps(document)),
        ChatCompletion.model_construct(**document),
        ChatCompletion.construct(None, **document),
        ChatCompletion(**document),
        restore(document, ChatCompletion),
        restore(json.dumps(document), ChatCompletion),
        restore(json.dumps(document).encode(), ChatCompletion, strict=False),
    ]
    for answer in ways:
        assert answer.choices[0].message.content == "hi"
        assert answer.usage is not None
        assert answer.usage.total_tokens == 2
        assert answer.model_dump() == ways[0].model_dump()
        for again in (answer.to_dict(), answer.model_dump(), json.loads(answer.to_json())):
            assert restore(again, ChatCompletion).model_dump() == answer.model_dump()
            assert ChatCompletion.model_validate(again).model_dump() == answer.model_dump()
    assert ways[0].to_dict() == ways[5].to_dict() == document


def test_text_that_writes_a_number_is_one() -> None:
    document = changed(usage={**CHAT["usage"], "total_tokens": "2"})
    answer = ChatCompletion.model_validate(document)
    assert answer.usage is not None
    assert answer.usage.total_tokens == 2
    assert answer.to_dict()["usage"]["total_tokens"] == 2
    assert restore(document, ChatCompletion).usage.total_tokens == "2"  # type: ignore


MISFITS: dict[str, tuple[Any, str]] = {
    "a text for a number": (changed(created="soon"), "created: expected an integer, got a string"),
    "a required field": ({**CHAT, "model": None}, "model: expected a string, got null"),
    "a list for an object": ([], "expected an object"),
    "a missing one": ({"id": "c"}, "expected a value, got nothing \\(and 3 more\\)"),
    "no object": (3, "expected an object"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_fit_is_refused(name: str) -> None:
    document, complaint = MISFITS[name]
    with pytest.raises(ValueError, match=complaint):
        ChatCompletion.model_validate(document)
    with pytest.raises(ValueError, match=complaint):
        ChatCompletion.model_validate_json(json.dumps(document))


def test_validation_is_strict_if_asked() -> None:
    with pytest.raises(MisfitError, match="refusal: expected a value, got nothing"):
        ChatCompletion.model_validate(CHAT, strict=True)
    with pytest.raises(MisfitError):
        restore(CHAT, ChatCompletion, strict=True)
    with pytest.raises(ValueError, match="looks like HTML"):
        restore("<html>", ChatCompletion)


def test_keywords_without_a_meaning_here_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"model_validate\(extra='forbid'\)"):
        ChatCompletion.model_validate(CHAT, extra="forbid")  # type: ignore[arg-type]  # pyright: ignore
    with pytest.raises(TypeError, match=r"model_validate_json\(by_name=True\)"):
        ChatCompletion.model_validate_json("{}", by_name=True)  # type: ignore[arg-type]  # pyright: ignore
    with pytest.raises(TypeError, match="model_validate_json takes JSON"):
        ChatCompletion.model_validate("{}")
    answer = ChatCompletion.model_validate(CHAT)
    assert ChatCompletion.model_validate(answer) is answer


def test_anything_is_restored() -> None:
    event: Any = {"type": "response.output_text.delta", "delta": "x"}
    assert restore(event, ResponseStreamEvent).delta == "x"
    assert isinstance(restore({"type": "new"}, ResponseStreamEvent), Unknown)
    assert restore([CHAT, CHAT], list[ChatCompletion])[1].id == "c1"
    assert restore(b"[1]", list[int]) == [1]
    found = restore({"id": "r", "output": []}, Response)
    assert found.to_dict() == {"id": "r", "output": []}
    assert ("created_at",) in [issue.path for issue in meta(found).issues]


def test_constructors_take_tags_and_leave_out_nulls() -> None:
    part: dict[str, Any] = {"type": "output_text", "text": "hi", "annotations": []}
    made = ResponseOutputMessage(
        type="message",
        id="m",
        role="assistant",
        status="completed",
        content=[part],  # type: ignore[list-item]  # pyright: ignore
    )
    assert made.type == "message"
    assert made.content[0].type == "output_text"
    assert made.to_dict()["content"] == [part]
    message = ChatCompletionMessage(role="assistant", content="hi")
    assert message.refusal is None
    assert message == ChatCompletionMessage(role="assistant", content="hi", refusal=None)
    with pytest.raises(ValueError, match="type: expected 'message', got 'x'"):
        ResponseOutputMessage.model_validate({**made.to_dict(), "type": "x"})
    other: Any = {"type": "x", "id": "m"}
    with pytest.raises(ValueError, match=r"\(type='x'\): its type is 'message'"):
        ResponseOutputMessage(**other)
    assert ResponseOutputMessage.model_construct(**other).to_dict() == other


def test_constructors_say_what_is_wrong() -> None:
    with pytest.raises(TypeError, match="Missing required argument 'prompt_tokens'"):
        CompletionUsage(completion_tokens=1, total_tokens=2)  # type: ignore[call-arg]  # pyright: ignore
    with pytest.raises(
        MisfitError, match=r"choices\[0\].message.role: expected a value, got nothing"
    ):
        ChatCompletion(**changed(choices=[{"message": {}}]))
    loose = ChatCompletion.model_construct(choices=[{"message": {}}])
    assert loose.choices[0].message.role is None
    assert loose.to_dict() == {"choices": [{"message": {}}]}


def test_copies_with_other_values() -> None:
    answer = ChatCompletion.model_validate(changed(provider="p"))
    other: Any = answer.model_copy(update={"model": "n", "provider": "q", "more": 1})
    assert (other.model, other.provider, other.more) == ("n", "q", 1)
    assert other.choices is answer.choices
    assert other.to_dict() == {**changed(provider="q"), "model": "n", "more": 1}
    assert answer.model_copy() == answer
    assert answer.copy(deep=True).choices is not answer.choices
    assert answer.model_copy().to_dict() == answer.to_dict()
    lacking: Any = restore({"id": "c"}, ChatCompletion)
    assert lacking.model_copy(update={"model": "m"}).to_dict() == {"id": "c", "model": "m"}
    with pytest.raises(ValueError, match="type is 'message', not 'x'"):
        ResponseOutputMessage.model_construct(id="m").model_copy(update={"type": "x"})
