"""The pages of policies: what they print is what they say, tables are those of the code, pictures current."""

import inspect
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast, get_args

import msgspec
import pytest

import api_openai
from api_openai import Endpoint, policies
from api_openai.core.policies.failover import STRATEGIES
from api_openai.core.policies.resending import FINAL_CODES
from api_openai.core.terms.errors import Attempt
from api_openai.emulator import Emulator, serve_in_thread

ROOT: Final = Path(__file__).parent.parent
FOLDER: Final = ROOT / "docs" / "policies"
PAGES: Final = sorted(FOLDER.glob("*.md"))
ELSEWHERE: Final = {"shared-limits"}
"""Pages whose examples need a server; tests of their own run them."""
BLOCK: Final = re.compile(
    r"^```python\n((?:(?!```).*\n)*)```\n(?:\n```text\n((?:(?!```).*\n)*)```)?", re.MULTILINE
)
BLOCKS: Final = [
    pytest.param(found[1], found[2], id=f"{path.stem}-{number}")
    for path in PAGES
    if path.stem not in ELSEWHERE
    for number, found in enumerate(BLOCK.finditer(path.read_text("utf-8")), 1)
]
SETTINGS: Final[dict[str, type[msgspec.Struct]]] = {
    "retry": policies.Retry,
    "circuit-breaker": policies.CircuitBreaker,
    "rate-limit": policies.RateLimit,
    "failover": policies.Failover,
    "health": policies.Health,
    "hedge": policies.Hedge,
}
INNER: Final = {"orders"}
"""What policies find by themselves; nobody sets it."""
UNITS: Final = re.compile(
    r"|seconds|attempts|calls|probes|durations|tokens|HTTP status|"
    r"(requests|tokens) per `seconds`|attempts per call|share.*"
)


def page(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text("utf-8")


def rows(name: str, heading: str, after: str = "#") -> list[list[str]]:
    """The cells of the first table below a heading."""
    text = page(name).partition(after)[2].partition(f"\n| {heading} |")[2]
    lines = text.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]


def defaults(kind: type[msgspec.Struct]) -> dict[str, str]:
    """The settings of a policy, and their defaults as the pages write them."""
    fields, known = kind.__struct_fields__, kind.__struct_defaults__
    padded = [msgspec.NODEFAULT] * (len(fields) - len(known)) + [*known]
    pairs = zip(fields, padded, strict=True)
    return {f"`{name}`": shown(each) for name, each in pairs if name not in INNER}


def shown(value: Any) -> str:
    """A default as the pages write it."""
    if value is msgspec.NODEFAULT:
        return "required"
    if hasattr(value, "factory"):
        return "its own"
    if isinstance(value, frozenset):
        return f"`{', '.join(sorted(map(str, cast('frozenset[int]', value))))}`"
    if isinstance(value, str):
        return f'`"{value}"`'
    return f"`{getattr(value, '__name__', value)}`"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that clients of the environment talk to."""
    with serve_in_thread(Emulator()) as base_url:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-pages")
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        yield


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(("code", "said"), BLOCKS)
def test_examples_print_what_the_page_says(
    code: str, said: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(code, "page", "exec"), names)
    for value in names.values():
        if isinstance(value, api_openai.Client):
            value.close()
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    if said is not None:
        assert printed == said.splitlines()


def test_every_page_has_examples() -> None:
    named = {str(each.id).rpartition("-")[0] for each in BLOCKS}
    assert {path.stem for path in PAGES} - named == {"coming-from", "simulation"} | ELSEWHERE
    assert len([each for each in BLOCKS if each.values[1]]) >= 9


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_and_defaults_are_those_of_the_code(name: str) -> None:
    found = rows(name, "setting", "\n## Settings")
    assert {row[0]: row[1] for row in found} == defaults(SETTINGS[name])
    assert [row for row in found if not UNITS.fullmatch(row[2])] == []


def test_settings_of_a_budget_are_those_of_the_code() -> None:
    parameters = inspect.signature(policies.Budget).parameters.values()
    found = rows("retry", "setting", "\n## A budget")
    assert [row[:2] for row in found] == [[f"`{p.name}`", f"`{p.default}`"] for p in parameters]
    assert [row for row in found if not UNITS.fullmatch(row[2])] == []


def test_the_fields_of_an_attempt_are_all_there() -> None:
    cells = " ".join(row[0] for row in rows("README", "field of an attempt"))
    assert sorted(re.findall(r"`(\w+)`", cells)) == sorted(Attempt._fields)


def test_the_words_are_those_of_the_code() -> None:
    assert [row[0] for row in rows("failover", "`strategy`")] == [f'`"{s}"`' for s in STRATEGIES]
    conditions = [row[0].strip("`") for row in rows("health", "condition of an endpoint")]
    assert sorted(conditions) == sorted(get_args(policies.Condition))
    mended = page("README").partition("waiting does not mend")[2].partition(".")[0]
    assert sorted(re.findall(r"`(\w+)`", mended)) == sorted(FINAL_CODES)
    counted = page("circuit-breaker").partition("`stats` has for each")[2].partition(". ")[0]
    assert set(re.findall(r"`(\w+)`", counted)) == {*policies.CircuitStats.__struct_fields__}


def test_pictures_are_drawn_from_the_code() -> None:
    drawn = runpy.run_path(str(ROOT / "docs" / "draw_states.py"))["pictures"]()
    assert [path.stem for path in drawn] == ["circuit-breaker", "health"]
    for path, picture in drawn.items():
        assert path.read_text("utf-8") == picture


def test_every_page_is_in_the_index() -> None:
    index = page("README")
    assert [
        path.name for path in PAGES if path.stem != "README" and f"({path.name})" not in index
    ] == []


def test_what_other_libraries_options_are_here_can_be_written_so() -> None:
    names = {**vars(policies), "Timeout": api_openai.Timeout, "Endpoint": Endpoint}
    names["endpoints"] = [Endpoint("https://a/v1")]
    cells = re.findall(r"^\| [^|]+ \| `([A-Z]\w+\([^`]*\))` \|", page("coming-from"), re.MULTILINE)
    for code in cells:
        eval(code, names)
    assert len(cells) > 25
