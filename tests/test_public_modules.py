"""The front doors: public modules have what they list, checkers see the same, and they load late."""

import ast
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from unittest import mock

import pytest

import api_openai
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import Say, Status
from api_openai.policies import Again, Asked, AttemptOutcome, Stop

from .support.public_names import PUBLIC

ROOT: Final = Path(__file__).parent.parent
UNUSABLE: Final[set[str]] = set() if find_spec("openai") else {"api_openai.compat"}
DOORS: Final = sorted(PUBLIC - {"api_openai", "api_openai.types"} - UNUSABLE)
HEAVY: Final = {"anyio", "asyncio", "httpx", "msgspec", "selectors", "socket", "ssl", "trio"}


@pytest.mark.parametrize("door", DOORS)
def test_what_is_listed_is_there(door: str) -> None:
    module = import_module(door)
    assert len(module.__all__) == len(set(module.__all__))
    for name in module.__all__:
        assert getattr(module, name) is not None
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match=rf"'{door}' has no attribute 'Nothing'"):
        module.Nothing  # noqa: B018


@pytest.mark.parametrize("door", DOORS)
def test_checkers_see_what_is_listed(door: str) -> None:
    module = import_module(door)
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    top = [each for each in tree.body if isinstance(each, ast.ImportFrom) and each.level]
    late = [
        each
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for each in node.body
        if isinstance(each, ast.ImportFrom)
    ]
    seen = {each.asname or each.name for node in [*top, *late] for each in node.names}
    seen |= {
        each.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for each in node.targets
        if isinstance(each, ast.Name)
    }
    assert set(module.__all__) == seen - {"__all__"}


@pytest.mark.parametrize(
    ("door", "folder"),
    [("operations", "core/api/operations"), ("resources", "client/tree/resources")],
)
def test_there_is_a_module_for_each_area(door: str, folder: str) -> None:
    module = getattr(api_openai, door)
    areas = {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}
    assert set(module.__all__) == areas
    home = f"api_openai.{folder.replace('/', '.')}"
    for area in areas:
        behind = import_module(f"{home}.{area}")
        assert {each for each in dir(behind) if each[0] != "_"} <= {*dir(getattr(module, area))}


def test_a_method_is_patched_by_its_public_name() -> None:
    with (
        mock.patch("api_openai.resources.chat.Completions.create") as create,
        api_openai.Client(api_key="test") as client,
    ):
        client.chat.completions.create(model="gpt-5", messages=[])
    create.assert_called_once_with(model="gpt-5", messages=[])


def test_a_policy_is_written_with_public_names() -> None:
    class Twice:
        def judge(self, outcome: AttemptOutcome, asked: Asked) -> Again | Stop:
            again = outcome.number < 2 and outcome.status == 503
            return Again(asked.chance) if again else Stop()

        def record(self, outcome: AttemptOutcome, now: float) -> None:
            pass

    emulator = Emulator(faults=[Status(503), Say("Hello")])
    client = api_openai.Client(api_key="test", transport=MemoryTransport(emulator), retry=Twice())
    assert client.responses.create(model="gpt-5", input="Hi").output_text == "Hello"
    assert len(emulator.requests) == 2


@pytest.mark.parametrize("door", ["operations", "resources", "transports"])
def test_a_door_loads_nothing_behind_it(door: str) -> None:
    loaded = loaded_by(f"import api_openai.{door}")
    assert loaded & HEAVY == set()
    finder = {"api_openai._resource_paths"} if door == "resources" else set[str]()
    assert ours(loaded) == {"api_openai", f"api_openai.{door}"} | finder
    assert loaded_by(f"import api_openai; api_openai.{door}") == loaded


def test_a_module_of_operations_is_loaded_when_it_is_asked_for() -> None:
    loaded = ours(loaded_by("from api_openai.operations import chat"))
    behind = {each for each in loaded if each.startswith("api_openai.core.api.operations.")}
    assert behind == {"api_openai.core.api.operations.chat"}


def test_a_transport_loads_no_other() -> None:
    loaded = loaded_by("from api_openai.transports import StepperTransport, Send, Transport")
    assert loaded & {"asyncio", "httpx", "trio"} == set()
    ways = ("asyncio", "auto", "blocking", "httpx", "trio")
    behind = tuple(f"api_openai.transports.{way}" for way in ways)
    assert {each for each in ours(loaded) if each.startswith(behind)} == set()


@pytest.mark.parametrize("package", ["httpx", "httpx2"])
def test_a_transport_of_httpx_is_loaded_by_its_own_module_alone(package: str) -> None:
    made = f"from api_openai.{package} import HTTPTransport; HTTPTransport()"
    loaded = loaded_by(made)
    assert not loaded & ({"httpx", "httpx2"} - {package})
    loaded = loaded_by("import api_openai; api_openai.Client(api_key='test'); dir(api_openai)")
    assert not {each for each in ours(loaded) if "beneath" in each or "httpx" in each}


def test_the_sdk_is_loaded_by_compat_alone() -> None:
    loaded = loaded_by("import api_openai; api_openai.Client(api_key='test'); dir(api_openai)")
    assert not {each for each in loaded if each == "openai" or "compat" in each.split(".")}


def test_the_emulator_loads_no_sockets() -> None:
    loaded = loaded_by("from api_openai.emulator import Emulator, faults; faults.Say('Hello')")
    assert loaded & {"asyncio", "selectors", "socket", "ssl", "threading", "trio"} == set()


def ours(modules: set[str]) -> set[str]:
    return {each for each in modules if each.startswith("api_openai")}


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has after running `code`."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(run.stdout.split())
