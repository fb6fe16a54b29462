"""What the command line knows of the methods is what their typed dicts say."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Union

import pytest
from codegen import commands

from api_openai.core.http.multipart import FileTypes
from api_openai.core.terms.omit import Omit
from api_openai.types.shared_params import FunctionDefinition

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_files_are_in_step() -> None:
    assert not commands.changed(ROOT), "run python -m codegen"


def test_nothing_else_is_there() -> None:
    found = {each.relative_to(ROOT).as_posix() for each in (ROOT / commands.FOLDER).glob("*.py")}
    assert found == {*commands.files()}


def test_another_table_is_noticed(tmp_path: Path) -> None:
    page = (ROOT / commands.PAGE).read_text("utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / commands.PAGE).write_text(page.replace("| 34 |", "| 35 |"), "utf-8")
    assert commands.changed(tmp_path)[commands.PAGE] == page


@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        (str, "text"),
        (Union[int, Omit, None], "int|null"),  # noqa: UP007  # as get_type_hints gives it
        (float, "num"),
        (bool, "bool"),
        (Any, "any"),
        (FunctionDefinition, "json"),
        (dict[str, str], "json"),
        (Literal["auto", "none"], "=auto|=none"),
        (str | Sequence[str], "text|*text"),
        (Sequence[Sequence[int]], "**int"),
        (Sequence[Literal["a", "b"]], "*=a|*=b"),
        (FileTypes, "file"),
        (FileTypes | Sequence[FileTypes], "file|*file"),
    ],
    ids=str,
)
def test_kinds(hint: Any, kind: str) -> None:
    assert commands.kind_of(hint) == kind


def test_a_choice_that_cannot_be_written_is_an_error() -> None:
    with pytest.raises(ValueError, match="as a choice"):
        commands.kind_of(Literal["two words"])
