"""Files of assignments: what shells and `.env` readers agree on is read, and the rest is a fault."""

import os
import subprocess
from pathlib import Path
from time import perf_counter
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_openai.core.terms.assignments import Assignments, read_assignments
from api_openai.core.terms.secret import MASK, Secret


def read(text: str, *, shell: bool = False) -> Assignments:
    return read_assignments(Secret(text), shell=shell)


def values(text: str, *, shell: bool = False) -> dict[str, str | None]:
    """What each name has in the end; `None` for a value that is a fault."""
    found = read(text, shell=shell)
    assert found.fault is None, found.fault
    return {
        name: None if each.value is None else each.value.reveal()
        for name, each in found.names.items()
    }


BOTH: Final = {
    "plain": ("A=b", "b"),
    "exported": ("  export\tA=b", "b"),
    "nothing": ("A=", ""),
    "nothing in quotes": ("A=''", ""),
    "a comment behind": ("A=b # c", "b"),
    "a hash within": ("A=b#c", "b#c"),
    "a hash at the beginning": ("A=#c", "#c"),
    "a comment in place of a value": ("A= # c", ""),
    "an equals sign": ("A=b=c==", "b=c=="),
    "single quotes": ("A='b $c \\ \" # d'", 'b $c \\ " # d'),
    "single quotes and a comment": ("A='b' # c", "b"),
    "double quotes": ('A="b \' # c"', "b ' # c"),
    "escapes": ('A="\\" \\\\ \\$ \\`"', '" \\ $ `'),
    "several lines": ("A='b\n\nc'\nB=d", "b\n\nc"),
    "the last one counts": ("A=a\nA=b", "b"),
    "a value that differs, and one that counts": ("A=$a\nA=b", "b"),
    "comments and empty lines": ("#!/bin/sh\n\n  # A=a\n\t\nA=b\n", "b"),
    "declared": ("export A B # both\nA=b", "b"),
    "line ends of Windows": ("A=b\r\nB='c'\r\nC=d # e\r\n", "b"),
    "no line end": ("\nA=b", "b"),
    "beyond ASCII": ("A=ü€", "ü€"),
}
DIFFERS: Final = ("$B", "b$", '"$B"', '"\\n"', '"\\a"', "b\\c", "~", "b*", "{a,b}")
"""Values that some readers expand and others do not."""


@pytest.mark.parametrize(("text", "expected"), BOTH.values(), ids=BOTH)
@pytest.mark.parametrize("shell", [True, False], ids=["shell", "dotenv"])
def test_what_both_take(text: str, expected: str, shell: bool) -> None:
    assert values(text, shell=shell)["A"] == expected


@pytest.mark.parametrize("value", DIFFERS)
@pytest.mark.parametrize("shell", [True, False], ids=["shell", "dotenv"])
def test_a_value_that_readers_differ_in_is_a_fault_of_its_own(value: str, shell: bool) -> None:
    found = read(f"A=a\nB={value}\nC=c", shell=shell)
    assert found.fault is None
    assert found.names["B"].value is None
    assert found.names["B"].line == 2
    assert found.names["B"].reason.startswith("expected the value in single quotes")
    assert values(f"B={value}\nC=c", shell=shell)["C"] == "c"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A = b", "b"),
        ("A= 'b'", "b"),
        ("A = b c ", "b c"),
        ("A=it's", None),
        ("A=`b`", None),
        ("A=(b; c)", "(b; c)"),
    ],
)
def test_dotenv_alone(text: str, expected: str | None) -> None:
    assert values(text) == {"A": expected}
    assert read(text, shell=True).fault is not None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("b", "expected NAME=value"),
        ("=b", "expected NAME=value"),
        ("1A=b", "expected NAME=value"),
        ("A-B=b", "expected NAME=value"),
        ("Ä=b", "expected NAME=value"),
        ("export", "expected NAME=value"),
        ("unset A", "expected NAME=value"),
        ("A='b", "the quote that begins here does not end"),
        ('A="b\\"', "the quote that begins here does not end"),
        ("A='b'c", "expected nothing but a comment"),
        ("A='b'#c", "expected nothing but a comment"),
        ("A='b' 'c'", "expected nothing but a comment"),
    ],
)
@pytest.mark.parametrize("shell", [True, False], ids=["shell", "dotenv"])
def test_a_file_that_cannot_be_read_on(line: str, reason: str, shell: bool) -> None:
    found = read(f"X='1\n2'\n{line}", shell=shell)
    assert found.fault is not None
    assert found.fault.line == 3
    assert found.fault.reason.startswith(reason)


@pytest.mark.parametrize(
    "line",
    [
        "A=b c",
        "A= b",
        "A=b;c",
        "A=b&",
        "A=b|c",
        "A=$(b)",
        "A=`b`",
        "A=${b",
        'A="$(b "c")"',
        'A="`b`"',
        "A=b\\",
        "A=b'c'",
        "export A=b B=c",
        "A=(b)",
        "A<b",
        "if true; then A=b; fi",
    ],
)
def test_what_a_shell_would_do_besides_is_refused(line: str) -> None:
    fault = read(f"X=1\n{line}\n", shell=True).fault
    assert fault is not None
    assert fault.line == 2


HOSTILE: Final = st.text(alphabet="AB=ab'\"$\\#`~; \t\n{(*", max_size=20)
VALUE: Final = st.one_of(
    HOSTILE,
    HOSTILE.map(lambda text: "'" + text.replace("'", "") + "'"),
    HOSTILE.map(lambda text: '"' + text.replace('"', "") + '"'),
)
LINES: Final = st.lists(
    st.tuples(st.sampled_from(["", " ", "export ", "# "]), st.sampled_from("AB"), VALUE, HOSTILE)
)
TEXTS: Final = LINES.map(
    lambda lines: "\n".join(f"{a}{b}={c}{'' if len(d) % 2 else ' #' + d}" for a, b, c, d in lines)
)


@given(TEXTS | st.text(max_size=60))
def test_any_text_is_read_or_refused_and_never_quoted(text: str) -> None:
    for shell in (True, False):
        found = read(text, shell=shell)
        reasons = [each.reason for each in found.names.values()]
        lines = [each.line for each in found.names.values()]
        if found.fault is not None:
            reasons.append(found.fault.reason)
            lines.append(found.fault.line)
        assert {*reasons} <= {
            "",
            "expected the value in single quotes: readers differ in what they make of it",
            "expected NAME=value, export NAME=value or a comment",
            "the quote that begins here does not end",
            "expected nothing but a comment after the value",
        }
        assert all(0 < line <= text.count("\n") + 1 for line in lines)


@given(
    st.text(st.characters(exclude_characters="'", exclude_categories=["Cs"])).filter(MASK.__ne__)
)
def test_single_quotes_take_any_text(text: str) -> None:
    for shell in (True, False):
        assert values(f"X=1\nA='{text}' # c\nB=2", shell=shell) == {"X": "1", "A": text, "B": "2"}


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="there is no /bin/sh to agree with")
@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_a_shell_reads_the_same(text: str) -> None:
    """Whatever is read without a fault; nothing else is run."""
    found = read(text, shell=True)
    value = found.names["A"].value if "A" in found.names else None
    if found.fault is not None or value in (None, Secret(MASK)):
        return
    assert value is not None
    run = subprocess.run(
        ["/bin/sh", "-c", f'{text}\nprintf %s. "$A"'],
        env={"PATH": "/nowhere"},
        capture_output=True,
        check=True,
    )
    assert run.stdout.decode() == value.reveal() + "."


@pytest.mark.parametrize(
    "unit", ["A=' ", 'A="\\', "A=b ", " \t", "export ", "#", "A=b #", "'\n", '"', "export A ", "\\"]
)
def test_time_grows_with_the_length(unit: str) -> None:
    begun = perf_counter()
    for shell in (True, False):
        read(unit * (500_000 // len(unit)), shell=shell)
        read("A=" + unit * (500_000 // len(unit)), shell=shell)
    assert perf_counter() - begun < 5


def test_the_shell_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for text in (f"A=$(touch {mark})", f"A=`touch {mark}`", f"touch {mark}", f"A=b; touch {mark}"):
        read(text, shell=True)
        read(text)
    assert os.listdir(tmp_path) == []
