"""docs/switching.md: each line of its table has its tests, and its names are all that differ."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pytest

from api_openai import Client

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = (ROOT / "docs" / "switching.md").read_text("utf-8")
CODE: Final = re.compile(r"`([^`]+)`")

TESTED: Final[dict[str, str]] = {
    "retries": "parity/test_retries.py::test_decisions_are_those_of_the_official_sdk",
    "timeouts": "core/request/test_timeout.py::test_the_default_is_no_limit",
    "a stream cut short": "client/test_streams.py::test_a_stream_cut_short_is_an_error_and_says_nothing_is_done",
    "`parse` and `.stream()`": "client/test_parse.py::test_misfits_are_visible_and_never_raised",
    "`.stream()`": "client/test_streams.py::test_leaving_gives_up_the_rest",
    "redirects": "conformance/answers.py::redirects_are_not_followed",
    "answers": "core/json/test_model.py::test_copies_and_pickles",
    "unknown keyword": "core/request/test_blueprint.py::test_an_unknown_keyword_is_named_with_the_nearest",
    "drift of the API": "core/json/test_drift.py::test_every_type",
    "`client.get/post/...`": "conformance/calls.py::requests_to_any_path",
    "async list methods": "core/answers/test_pages.py::test_an_async_list_is_awaited_for_its_first_page",
    "`http_client=`": "transports/test_httpx.py::test_what_the_client_was_set_up_with",
    "trio": "client/test_streams.py::test_async",
    "`Timeout`": "core/request/test_timeout.py::test_what_callers_write",
    "answers made by hand": "core/api/test_types.py::test_instances_decode_strictly_and_encode_the_same",
    "bytes as an answer": "parity/test_sdk_responses.py::test_they_have_every_public_attribute",
    "`raw.http_response`, `http_request`, `url`, `elapsed`, `is_closed`": "parity/test_sdk_responses.py::test_they_say_the_same",
    "`omit`, `NOT_GIVEN`, `NotGiven` of the SDK": "parity/test_habits.py::test_what_is_omitted_is_not_sent",
    "iterables": "parity/test_habits.py::test_iterables_are_sent_as_lists",
    "deprecated methods": "parity/test_deprecations.py::test_methods_warn_as_in_the_sdk",
    "`async_`": "parity/test_habits.py::test_the_words_of_python_are_sent_without_their_underline",
    '`embeddings.create(encoding_format="base64")`': "core/api/test_types.py::test_vectors_come_as_numbers_or_base64",
    "`error.response`, `error.request`": "parity/test_switching.py::errors",
    "errors made by hand": "core/terms/test_errors_by_hand.py::test_the_sdk_says_the_same",
    "`client.api_key = ...`, `organization`, `project`, `base_url`, `timeout`, `max_retries` and the like": "client/test_attributes.py::test_what_is_set_counts_from_the_next_call",
    "`client.anything_else = ...`": "client/test_attributes.py::test_other_names_are_refused",
    "`client.is_closed()`": "client/test_attributes.py::test_closed_is_what_close_has_made_it",
    "`default_headers`, `default_query`": "client/test_attributes.py::test_defaults_that_take_the_place_of_others",
    "`client.chat.completions.create = wrapper`, `mock.patch.object(...)`": "client/test_replaced_methods.py::test_it_stays_replaced_on_this_client",
    "`inspect.signature`, `inspect.iscoroutinefunction`, completion in notebooks": "parity/test_sdk_habits.py::test_the_same_parameters",
    "`OPENAI_CUSTOM_HEADERS`, `OPENAI_LOG`": "client/test_attributes.py::test_header_fields_of_the_environment",
    "`realtime.connect` and its kin": "parity/test_sdk_sockets.py::test_the_same_keywords",
    "a session's end": "client/realtime/test_connections.py::test_every_other_end_raises",
    "a refused handshake": "client/realtime/test_connections.py::test_a_refused_handshake_is_a_status_error",
    "heartbeat of sessions": "core/realtime/test_decisions.py::test_defaults",
    "reconnecting": "conformance/session_reconnecting.py::what_makes_a_session_is_said_again",
    "unknown events of a session": "conformance/session_events.py::what_is_not_known_is_kept",
    '`connection.send("text")`': "client/realtime/test_connections.py::test_sending",
    "`websocket_connection_options`": "client/realtime/test_connect.py::test_options_are_read_before_anything_is_opened",
    "`workload_identity=`, `provider=`, `data_residency=`, `BedrockOpenAI`": "parity/test_sdk_endpoints.py::test_bedrock",
    "sessions with these": "client/test_endpoints.py::test_a_session_is_signed_as_calls_are",
    "pickling": "core/terms/test_errors.py::test_pickles_and_copies",
    "`with_options(http_client=...)`": "client/test_attributes.py::test_connections_are_not_replaced",
}
"""The first cell of each line, and the test or scenario that would fail if it were no longer true."""

NO_NAMES: Final = {"annotations", "override"}
"""What the SDK's module has from Python itself."""


def rows(after: str) -> list[list[str]]:
    """The lines of the first table behind a text of the page, without its head."""
    table = PAGE.partition(after)[2].partition("\n| ")[2].partition("\n\n")[0]
    return [
        [cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.split("\n")[2:]
    ]


def test_every_line_has_its_test() -> None:
    assert [each[0] for each in rows("What differs does so on purpose:")] == [*TESTED]


@cache
def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


@pytest.mark.parametrize("line", TESTED)
def test_those_tests_are_there(line: str) -> None:
    path, _, name = TESTED[line].partition("::")
    assert name in functions(path)


def test_a_method_is_replaced_on_its_class() -> None:
    client = Client(api_key="k")
    with mock.patch("api_openai.resources.chat.Completions.create", return_value="mocked"):
        answer: object = client.chat.completions.create(model="m", messages=[])
    assert answer == "mocked"


def test_the_names_that_are_not_there_are_those_of_the_table() -> None:
    openai: Any = pytest.importorskip("openai", reason="the official SDK is not installed")
    importlib.import_module("openai.helpers")
    ours: Any = importlib.import_module("api_openai")
    theirs = {name for name in (*dir(openai), *openai.__all__) if not name.startswith("_")}
    missing = {name for name in theirs if not hasattr(ours, name)}
    said = [name for row in rows("These names are not there:") for name in CODE.findall(row[0])]
    assert sorted(said) == sorted(missing - NO_NAMES)


@pytest.mark.parametrize("name", ["chat", "responses", "base_url", "with_options"])
def test_what_a_client_has_is_told_of_the_package(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"'api_openai' has no .* Client\(\)\.{name}"):
        getattr(importlib.import_module("api_openai"), name)


def test_the_names_of_other_modules_are_there() -> None:
    pytest.importorskip("openai", reason="the official SDK is not installed")
    for module in ("auth", "pagination", "providers", "types"):
        theirs: Any = importlib.import_module(f"openai.{module}")
        ours: Any = importlib.import_module(f"api_openai.{module}")
        names = getattr(theirs, "__all__", dir(theirs))
        missing = {name for name in names if not (name.startswith("_") or hasattr(ours, name))}
        assert missing <= NO_NAMES, module


def resource_classes(openai: Any) -> Iterator[tuple[str, str, type]]:
    """Module, name and class of each resource of the SDK, below its package."""
    root = importlib.import_module("openai.resources")
    modules = pkgutil.walk_packages(root.__path__, "openai.resources.")
    for module in ("openai.resources", *(each.name for each in modules)):
        for name, kind in vars(importlib.import_module(module)).items():
            bases = [each.__name__ for each in getattr(kind, "__mro__", ())]
            resource = {"SyncAPIResource", "AsyncAPIResource"} & {*bases[1:]}
            if resource and not name.startswith("_"):
                yield module, name, kind


def test_classes_of_resources_stand_where_those_of_the_sdk_do() -> None:
    openai: Any = pytest.importorskip("openai", reason="the official SDK is not installed")
    for module, name, kind in resource_classes(openai):
        ours = getattr(importlib.import_module(f"api_{module}"), name)
        assert {each for each in vars(kind) if each[0] != "_"} <= {*dir(ours)}, f"{module}.{name}"


def test_a_path_that_leads_nowhere() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("api_openai.resources.chat.nothing")
    module = importlib.import_module("api_openai.resources.chat.completions")
    for name in ("Embeddings", "AsyncEmbeddings", "embeddings", "_embeddings"):
        with pytest.raises(AttributeError, match=f"resources.chat.completions.* {name!r}"):
            getattr(module, name)
    with pytest.raises(AttributeError, match=r"api_openai\.resources' has"):
        getattr(importlib.import_module("api_openai.resources"), "Nothing")  # noqa: B009
