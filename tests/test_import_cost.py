"""What a program pays before its first answer: modules and milliseconds, in processes of their own."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from api_openai.emulator import Emulator, serve_in_thread

ROOT: Final = Path(__file__).parent.parent
ROUNDS: Final = 4

IMPORT: Final = "import api_openai"
FIRST_CALL: Final = """
from {package} import OpenAI
with OpenAI(api_key="sk-test", base_url={base_url!r}) as client:
    answer = client.chat.completions.create(
        model="gpt-4o", messages=[{{"role": "user", "content": "Hello"}}]
    )
    assert answer.choices[0].message.content
"""
FIRST_RESPONSE: Final = """
from api_openai import Client
with Client(api_key="sk-test", base_url={base_url!r}) as client:
    assert client.responses.create(model="gpt-4o", input="Hello").output_text
"""
FIRST_EVENT: Final = """
from api_openai import Client
with Client(api_key="sk-test", base_url={base_url!r}) as client:
    with client.responses.create(model="gpt-4o", input="Hello", stream=True) as stream:
        assert next(stream).type == "response.created"
"""
FIRST_SESSION: Final = """
from api_openai import Client
with Client(api_key="sk-test", base_url={base_url!r}) as client:
    with client.realtime.connect(model="gpt-realtime") as connection:
        assert next(iter(connection)).type == "session.created"
"""
COMMAND: Final = """
import os, sys
os.environ |= {{"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": {base_url!r}}}
sys.argv = ["api-openai", *{arguments}]
sys.stdout = open(os.devnull, "w")
from api_openai.__main__ import main
assert main() == 0
sys.stdout = sys.__stdout__
"""
STREAMED: Final = ["responses", "create", "--model", "gpt-4o", "--input", "Hello", "--stream"]
MEASURED: Final = """
import sys, time
known, begun = set(sys.modules), time.perf_counter()
{code}
seconds = time.perf_counter() - begun
import json
print(json.dumps([seconds, *sorted(set(sys.modules) - known - {{"json"}})]))
"""


UNUSED: Final = {
    "anyio", "asyncio", "concurrent.futures", "dataclasses", "email", "h11", "http", "httpx",
    "json", "logging", "pydantic", "random", "ssl", "subprocess", "tempfile", "trio", "urllib",
    "urllib.parse", "wsproto", "api_openai.core.json.salvage", "api_openai.core.structured",
    "api_openai.core.policies.retry",
}  # fmt: skip
"""Of no use to a call over plain HTTP with a usual answer."""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serve_in_thread(Emulator()) as url:
        yield url


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One where byte code is kept, as where a package is installed."""
    cache = tmp_path_factory.mktemp("bytecode")
    kept = {name: value for name, value in os.environ.items() if "DONTWRITE" not in name}
    return kept | {"PYTHONPYCACHEPREFIX": str(cache)}


def measure(code: str, environment: dict[str, str]) -> tuple[float, set[str]]:
    """Seconds and modules that `code` takes in a new interpreter."""
    command = [sys.executable, "-c", MEASURED.format(code=code)]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    seconds, *modules = json.loads(run.stdout)
    return float(seconds), set(modules)


def ours(modules: set[str], room: str) -> set[str]:
    return {name.removeprefix(room) for name in modules if name.startswith(room)}


def test_the_import_loads_the_package_and_nothing_of_it(environment: dict[str, str]) -> None:
    _, modules = measure(IMPORT, environment)
    assert ours(modules, "api_openai") == {""}
    standard = {name for name in modules if name.partition(".")[0] not in sys.stdlib_module_names}
    assert standard == {"api_openai"}
    assert len(modules) < 45  # `typing` and what it needs: some 35


def test_the_first_chat_completion_loads_chat_alone(
    base_url: str, environment: dict[str, str]
) -> None:
    code = FIRST_CALL.format(package="api_openai", base_url=base_url)
    _, modules = measure(code, environment)
    assert ours(modules, "api_openai.core.api.types.") == {"chat", "shared"}
    assert ours(modules, "api_openai.core.api.params.") == set()
    assert ours(modules, "api_openai.core.api.operations.") == {"chat"}
    assert ours(modules, "api_openai.client.tree.resources.") == {"chat"}
    assert ours(modules, "api_openai.client.tree.helpers.") == {"chat"}
    assert ours(modules, "api_openai.types") == set()
    unneeded = {"answers.stream", "answers.pages", "answers.binary", "http.sse", "structured"}
    unneeded |= {"json.salvage", "programs", "agents"}
    assert ours(modules, "api_openai.core.") & unneeded == set()
    assert modules & {"asyncio", "ssl", "trio", "httpx", "anyio", "pydantic", "wsproto"} == set()


def test_the_first_response_loads_responses_alone(
    base_url: str, environment: dict[str, str]
) -> None:
    _, modules = measure(FIRST_RESPONSE.format(base_url=base_url), environment)
    assert ours(modules, "api_openai.core.api.types.") == {"responses", "shared"}
    assert ours(modules, "api_openai.core.api.params.") == set()
    assert ours(modules, "api_openai.core.api.operations.") == {"responses"}
    assert ours(modules, "api_openai.client.tree.resources.") == {"responses"}


def test_the_first_session_loads_no_types_of_responses(
    base_url: str, environment: dict[str, str]
) -> None:
    _, modules = measure(FIRST_SESSION.format(base_url=base_url), environment)
    assert ours(modules, "api_openai.core.api.types.") == {"realtime", "realtime_socket", "shared"}


@pytest.mark.parametrize("code", [FIRST_CALL, FIRST_RESPONSE, FIRST_EVENT, FIRST_SESSION])
def test_no_usual_first_call_loads_what_it_does_not_use(
    base_url: str, environment: dict[str, str], code: str
) -> None:
    _, modules = measure(code.format(package="api_openai", base_url=base_url), environment)
    assert modules & UNUSED == set()
    assert ours(modules, "api_openai.core.api.params.") == set()
    assert ours(modules, "api_openai.types") == set()


def test_help_of_the_command_loads_what_it_says(base_url: str, environment: dict[str, str]) -> None:
    code = COMMAND.format(base_url=base_url, arguments=["--help"])
    _, modules = measure(code, environment)
    rooms = ("core", "transports", "emulator", "client")
    assert [ours(modules, f"api_openai.{room}") for room in rooms] == [set()] * 4
    assert ours(modules, "api_openai.command.declared.") == set()
    assert modules & {"argparse", "msgspec", "textwrap", "difflib"} == set()


def test_the_command_loads_little_beside_the_call(
    base_url: str, environment: dict[str, str]
) -> None:
    """Its own modules, the texts of one area, and what loads secrets."""
    _, alone = measure(FIRST_EVENT.format(base_url=base_url), environment)
    code = COMMAND.format(base_url=base_url, arguments=STREAMED)
    _, modules = measure(code, environment)
    assert ours(modules, "api_openai.command.declared.") == {"responses"}
    more = {name for name in modules - alone if not name.startswith("api_openai.")}
    assert more <= {"warnings", "itertools"}
    assert modules & UNUSED == set()


@pytest.mark.skipif(
    importlib.util.find_spec("openai") is None, reason="the official SDK is not installed"
)
def test_the_first_chat_completion_costs_a_fifth_of_the_official_sdk(
    base_url: str, environment: dict[str, str]
) -> None:
    seconds: dict[str, float] = {}
    modules: dict[str, int] = {}
    for package in ("api_openai", "openai"):
        code = FIRST_CALL.format(package=package, base_url=base_url)
        runs = [measure(code, environment) for _ in range(ROUNDS)]  # the first compiles
        seconds[package] = min(taken for taken, _ in runs)
        modules[package] = len(runs[-1][1])
    assert modules["api_openai"] * 5 <= modules["openai"], modules
    assert seconds["api_openai"] * 5 <= seconds["openai"], seconds
