"""`api_openai.types`: the SDK's names lead to our types, and only those asked for are loaded."""

import json
import pickle
import subprocess
import sys
import typing
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

import api_openai
from api_openai import pagination, types

ROOT: Final = Path(__file__).parent.parent
FACTS: Final[dict[str, dict[str, list[str]]]] = json.loads(
    (ROOT / "tests" / "facts" / "sdk_types.json").read_text()
)
PACKAGES: Final = FACTS["packages"]


def module(package: str) -> Any:
    return import_module(f"api_openai.types.{package}".rstrip("."))


def modules() -> Iterator[Any]:
    """Every module of the facade that has a file, by walking the files."""
    top = ROOT / "src" / "api_openai" / "types"
    for path in sorted(top.rglob("*.py")):
        parts = path.relative_to(top).with_suffix("").parts
        if not parts[0].startswith("_") or parts == ("__init__",):
            yield module(".".join(part for part in parts if part != "__init__"))


def exported() -> Iterator[tuple[str, Any]]:
    """Every object that the facade exports, with its full name."""
    for each in modules():
        for name in each.__all__:
            yield f"{each.__name__}.{name}", getattr(each, name)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_of_the_sdk_resolves(package: str) -> None:
    here = module(package)
    assert [name for name in PACKAGES[package] if not hasattr(here, name)] == []


def test_the_modules_of_one_class_each() -> None:
    assert len(FACTS["modules"]) > 1200
    for name, classes in FACTS["modules"].items():
        here = module(name)
        package = module(name.rpartition(".")[0])
        for each in classes:
            assert each in here.__all__, name
            assert getattr(here, each) is getattr(package, each, getattr(here, each))


def test_what_belongs_to_a_class_is_in_its_module() -> None:
    from api_openai.core.api.types import chat, embeddings

    completion = module("chat.chat_completion")
    assert completion.Choice is chat.Choice
    assert {"ChatCompletion", "Choice"} <= set(dir(completion))
    assert module("create_embedding_response").Usage is embeddings.Usage
    call = module("chat.chat_completion_message_tool_call")
    assert set(call.Function.__struct_fields__) == {"arguments", "name"}
    with pytest.raises(AttributeError, match=r"chat_completion' has no attribute 'Nothing'"):
        completion.Nothing  # noqa: B018
    with pytest.raises(ModuleNotFoundError):
        import_module("api_openai.types.chat.no_such_module")


def test_a_type_is_the_one_of_the_core() -> None:
    from api_openai.core.api.params import chat as params
    from api_openai.core.api.types import beta_threads, chat, embeddings, files, responses

    assert types.Embedding is embeddings.Embedding
    assert types.FileObject is files.FileObject
    assert types.chat.ChatCompletion is chat.ChatCompletion
    assert types.chat.ChatCompletionMessageParam == params.ChatCompletionMessageParam
    assert types.chat.ChatCompletionUserMessageParam is params.ChatCompletionUserMessageParam
    assert types.responses.Response is responses.Response
    assert types.responses.ResponseOutputMessage is responses.ResponseOutputMessage
    assert types.beta.threads.Run is beta_threads.Run
    assert api_openai.types is types


def test_every_class_is_defined_in_the_core_and_pickles() -> None:
    classes = {name: each for name, each in exported() if isinstance(each, type)}
    assert len(classes) > 2500
    for name, each in classes.items():
        if each.__module__ == "builtins":  # an alias of `str`, say
            continue
        assert each.__module__.startswith(("api_openai.core.", "api_openai.types._aliases.")), name
        assert pickle.loads(pickle.dumps(each)) is each


def test_hints_of_every_typed_dict_resolve() -> None:
    dicts = {each for _, each in exported() if typing.is_typeddict(each)}
    assert len(dicts) > 700
    for each in dicts:
        assert typing.get_type_hints(each) or not each.__annotations__


def test_parameters_that_stream() -> None:
    from api_openai.core.api.params.chat import CompletionCreateParams

    params = module("chat.completion_create_params")
    assert params.CompletionCreateParams is CompletionCreateParams
    streaming = params.CompletionCreateParamsStreaming
    assert "stream" in streaming.__required_keys__
    assert streaming.__required_keys__ > CompletionCreateParams.__required_keys__
    assert "stream" in params.CompletionCreateParamsNonStreaming.__optional_keys__


def test_types_with_a_name_that_are_no_classes() -> None:
    assert typing.get_args(types.ModerationModel)[0] == "omni-moderation-latest"
    assert types.Metadata == dict[str, str]
    members = set(typing.get_args(types.chat.ChatCompletionMessageToolCallUnion))
    assert types.chat.ChatCompletionMessageFunctionToolCall in members
    assert len(members) == 2


def test_everything_is_listed() -> None:
    for each in modules():
        assert set(each.__all__) <= set(dir(each))
        assert len(each.__all__) == len(set(each.__all__))
    assert {"chat", "responses", "beta", "Embedding", "files"} <= set(dir(types))


def test_the_names_of_pages() -> None:
    from api_openai import AsyncPage, Page

    for name in pagination.__all__:
        if name.startswith("Sync"):
            assert getattr(pagination, name) is Page
            assert getattr(pagination, f"A{name[:1].lower()}{name[1:]}") is AsyncPage


def loaded_by(code: str) -> set[str]:
    """Our modules that a fresh interpreter has after running `code`."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return {name for name in run.stdout.split() if name.startswith("api_openai")}


LAZY: Final = {"api_openai", "api_openai._lazy", "api_openai.types"}
CHAT: Final = {
    "api_openai.core",
    "api_openai.core.api",
    "api_openai.core.json",
    *(
        f"api_openai.core.json.{name}"
        for name in ("dumpable", "issues", "model", "model_base", "provenance")
    ),
    "api_openai.core.api.types",
    "api_openai.core.api.types.chat",
    "api_openai.core.api.types.shared",
}


def test_the_package_loads_no_types() -> None:
    assert loaded_by("import api_openai.types") == LAZY
    assert loaded_by("import api_openai; api_openai.types") == LAZY
    inside = {f"api_openai.types{end}" for end in (".beta", ".beta.threads", ".responses")}
    said = "from api_openai.types import beta, responses; from api_openai.types.beta import threads"
    assert loaded_by(said) == LAZY | inside


def test_a_type_loads_its_area_alone() -> None:
    chat = LAZY | CHAT | {"api_openai.types.chat"}
    assert loaded_by("from api_openai.types.chat import ChatCompletion") == chat
    assert loaded_by("import api_openai; api_openai.types.chat.ChatCompletion") == chat
    made = {"api_openai.types._modules", "api_openai.types.chat.chat_completion"}
    assert loaded_by("from api_openai.types.chat.chat_completion import Choice") == chat | made


def test_what_is_said_in_sessions_is_loaded_by_nothing_else() -> None:
    code = """
from importlib import import_module
from pathlib import Path
from api_openai.core.api import params, types
for package in (types, params):
    for path in sorted(Path(package.__path__[0]).glob("[a-z]*.py")):
        if not path.stem.endswith("_socket"):
            import_module(f"{package.__name__}.{path.stem}")
"""
    modules = loaded_by(code)
    assert "api_openai.core.api.params.responses" in modules
    assert [name for name in modules if name.endswith("_socket")] == []
    said = loaded_by("from api_openai.types.realtime import RealtimeServerEvent")
    sockets = {name for name in said if name.endswith("_socket")}
    assert sockets == {"api_openai.core.api.types.realtime_socket"}
