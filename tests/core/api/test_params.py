"""Parameters as checkers see them; that each method has its keywords is in `tests/parity`."""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from api_openai.core.api.params import chat, files, responses
from api_openai.core.api.types import chat as chat_models
from api_openai.core.api.types import responses as response_models
from api_openai.core.http.multipart import FileTypes
from api_openai.core.json.annotations import members
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.omit import Omit

MODULES = [
    import_module(f"api_openai.core.api.params.{path.stem}")
    for path in sorted(Path(chat.__file__).parent.glob("*.py"))
]


def hints(kind: Any) -> dict[str, Any]:
    """The annotations of a typed dict; what `Options` imports for checkers alone is given."""
    return get_type_hints(kind, localns={"Omit": Omit, "Timeout": Timeout})


def typed_dicts(module: ModuleType) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(module).items()
        if is_typeddict(value) and value.__module__ == module.__name__
    }


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_annotations_resolve(module: ModuleType) -> None:
    for name, value in typed_dicts(module).items():
        assert set(hints(value)) == {*value.__required_keys__, *value.__optional_keys__}
        assert value.__doc__ or name.startswith("_")  # these hold keys that are keywords


def models_in(union: Any) -> set[Any]:
    """The models among the members of a union, each of them in `Given`."""
    given = [get_args(each)[0] for each in get_args(union) if get_origin(each) is Annotated]
    return {each for kind in given for each in members(kind)}


def test_answers_may_be_sent_back() -> None:
    assert chat_models.ChatCompletionMessage in models_in(chat.ChatCompletionMessageParam)
    taken = models_in(responses.ResponseInputItemParam)
    assert response_models.ResponseOutputMessage in taken
    assert response_models.ResponseFunctionToolCall in taken
    assert response_models.ResponseReasoningItem in taken
    assert response_models.FunctionTool in models_in(responses.ToolParam)


def test_files_take_whatever_a_form_takes() -> None:
    assert hints(files.FileCreateParams)["file"] == FileTypes
