"""What people call on answers: the same as with the official SDK, where it is installed."""

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import pytest

from api_openai.core.json.values import is_object

openai: Final[Any] = pytest.importorskip("openai")

MESSAGE: Final = {"role": "assistant", "content": "hi", "reasoning_content": "t"}
CHAT: Final[dict[str, Any]] = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": MESSAGE},
        {"index": 1, "finish_reason": "length", "message": MESSAGE, "logprobs": None},
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    "service_tier": None,
    "provider": {"name": "p"},
}


def classes(package: str) -> Any:
    return import_module(f"{package}.types.chat").ChatCompletion


def kind(value: Any) -> Any:
    return value.__class__


def answer(package: str) -> Any:
    return classes(package).model_validate(CHAT)


CALLS: dict[str, Callable[[Any], object]] = {
    "model_dump": lambda it: it.model_dump(),
    "to_dict": lambda it: it.to_dict(),
    "to_dict, all": lambda it: it.to_dict(mode="json", exclude_unset=False, exclude_none=True),
    "to_json": lambda it: json.loads(it.to_json(indent=None, warnings=False)),
    "dict": lambda it: it.dict(exclude_none=True),
    "json": lambda it: json.loads(it.json(include={"id", "usage"})),
    "include": lambda it: it.model_dump(include={"id", "provider"}),
    "include within": lambda it: it.model_dump(include={"choices": {0: {"message": {"content"}}}}),
    "include each": lambda it: it.model_dump(include={"choices": {"__all__": {"index"}}}),
    "the last": lambda it: it.model_dump(include={"choices": {-1: {"index"}}}),
    "an index of each": lambda it: it.model_dump(
        include={"choices": {"__all__": {"index"}, 1: {"finish_reason"}}}
    ),
    "exclude": lambda it: it.model_dump(exclude={"choices", "usage"}),
    "exclude within": lambda it: it.model_dump(
        exclude={"choices": {"__all__": {"message": {"content"}, "logprobs": True}}}
    ),
    "both": lambda it: it.model_dump(include={"id", "model"}, exclude={"model"}),
    "unset": lambda it: it.model_dump(exclude_unset=True, warnings=False),
    "none": lambda it: it.model_dump(exclude_none=True, mode="json"),
    "set": lambda it: it.model_fields_set,
    "extra": lambda it: it.model_extra,
    "fields": lambda it: {
        name: field.is_required()
        for name, field in kind(it).model_fields.items()
        if name != "metadata"
    },
    "pairs": lambda it: {name: value for name, value in it.usage if value is not None},
    "copy": lambda it: it.model_copy(update={"model": "n"}).model_dump(exclude={"choices"}),
    "deep copy": lambda it: it.model_copy(deep=True).model_dump(),
    "again": lambda it: kind(it).model_validate(it.model_dump()).model_dump(),
    "again of JSON": lambda it: kind(it).model_validate_json(it.model_dump_json()).model_dump(),
    "constructed": lambda it: kind(it).model_construct(**CHAT).choices[1].message.content,
    "constructed of little": lambda it: kind(it).construct(id="c").to_dict(),
    "made": lambda it: kind(it)(**CHAT).model_dump(),
    "equal": lambda it: [it == kind(it).model_validate(CHAT), it == it.model_copy(), it == 3],
    "ascii": lambda it: it.model_copy(update={"id": "é"}).model_dump_json(
        include={"id"}, ensure_ascii=True
    ),
}


def plain(value: Any) -> Any:
    """Without fields that only one of the two descriptions has, as they are null here."""
    if is_object(value):
        known = set(classes("openai").model_fields) | set(classes("api_openai").model_fields)
        both = set(classes("openai").model_fields) & set(classes("api_openai").model_fields)
        return {key: each for key, each in value.items() if key in both or key not in known}
    return value


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", CALLS)
def test_the_same_comes_of_it(name: str) -> None:
    call = CALLS[name]
    assert plain(call(answer("api_openai"))) == plain(call(answer("openai")))


REFUSED: dict[str, Callable[[Any], object]] = {
    "a text for a number": lambda cls: cls.model_validate({**CHAT, "created": "soon"}),
    "nothing": lambda cls: cls.model_validate({}),
    "a list": lambda cls: cls.model_validate([]),
    "no JSON": lambda cls: cls.model_validate_json("{"),
    "a dict that does not fit": lambda cls: cls(**{**CHAT, "choices": [{"message": {}}]}),
    "a keyword": lambda cls: cls.model_validate(CHAT).model_dump(exclude_all=True),
}


@pytest.mark.parametrize("package", ["openai", "api_openai"])
@pytest.mark.parametrize("name", REFUSED)
def test_the_same_is_refused(name: str, package: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        REFUSED[name](classes(package))


def test_numbers_as_text_are_taken_by_both() -> None:
    usage = {**CHAT["usage"], "total_tokens": "2"}
    for package in ("openai", "api_openai"):
        found = classes(package).model_validate({**CHAT, "usage": usage})
        assert found.usage.total_tokens == 2


def test_keywords_are_those_of_the_sdk() -> None:
    from inspect import signature

    for name in ("model_dump", "model_dump_json", "to_dict", "to_json"):
        ours, theirs = (
            set(signature(getattr(classes(package), name)).parameters)
            for package in ("api_openai", "openai")
        )
        assert ours == theirs
