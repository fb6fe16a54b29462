"""What stands around the Autobahn test suite: where there is none, its table, and the page."""

import re
import socket
import sys
from pathlib import Path

import pytest
from campaigns.autobahn import suite, table
from campaigns.autobahn.__main__ import main
from campaigns.websocket import answer, ask

from api_openai.core.websocket.events import Binary, Close, Text
from tests.support.raw import PATIENCE, serving

ALL = {
    f"{group.number}.{case}": "OK" for group in table.GROUPS for case in range(1, group.cases + 1)
}


def as_it_should_be() -> dict[str, str]:
    verdicts = dict(ALL)
    for number, case in zip(("7.37", "7.36", "7.35"), sorted(table.INFORMATIONAL), strict=True):
        del verdicts[number]
        verdicts[case] = "INFORMATIONAL"
    return verdicts


def test_all_is_well() -> None:
    verdicts = as_it_should_be()
    assert table.faults(verdicts) == []
    assert table.render({"client": verdicts}).splitlines()[-1].split() == [
        *("all", "463", "460", "3", "0")
    ]


@pytest.mark.parametrize("verdict", ["NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED"])
def test_another_verdict_is_a_fault(verdict: str) -> None:
    assert table.faults(as_it_should_be() | {"5.3": verdict}) == [f"5.3: {verdict}"]


def test_a_case_that_did_not_run_is_a_fault() -> None:
    verdicts = as_it_should_be()
    del verdicts["13.4"]
    assert table.faults(verdicts) == ["group 13: 125 of 126 cases"]


def test_some_groups_are_judged_alone() -> None:
    some = [group for group in table.GROUPS if group.number in (1, 3)]
    verdicts = {case: "OK" for case in ALL if case.startswith(("1.", "3."))}
    assert table.faults(verdicts, some) == []
    assert table.render({"client": verdicts}, some).splitlines()[-1].split()[1] == "23"


def test_an_unknown_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["9", "1"]) == 2
    assert "no group is number 9; there are 1, 2" in capsys.readouterr().out


def test_the_verdict_of_a_close_counts(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text(
        '{"client": {"1.1.1": {"behavior": "OK", "behaviorClose": "UNCLEAN"},'
        ' "1.1.2": {"behavior": "FAILED", "behaviorClose": "OK"}}}'
    )
    assert suite.reported(tmp_path) == {"1.1.1": "UNCLEAN", "1.1.2": "FAILED"}


def test_the_page_shows_that_all_is_well() -> None:
    page = table.PAGE.read_text()
    shown = page.partition(table.BEGIN)[2].partition(table.END)[0]
    rows = re.findall(r"^ *(\d+) .*?  +(\d+)((?:  +\d+  +\d+  +0){2})$", shown, re.MULTILINE)
    assert [(int(number), int(cases)) for number, cases, _ in rows] == [
        (group.number, group.cases) for group in table.GROUPS
    ]
    assert shown.split("\n  all ")[1].split()[:7] == ["463", "460", "3", "0", "460", "3", "0"]


@pytest.mark.parametrize("given", ["/nowhere/python2.7", sys.executable])
def test_it_is_skipped_with_the_reason(
    given: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(suite, "HOME", tmp_path)
    monkeypatch.setenv("PYTHON27", given)
    assert main([]) == 0
    assert f"skipped: the Autobahn test suite needs Python 2.7: {given}" in capsys.readouterr().out
    monkeypatch.delenv("PYTHON27")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([]) == 0
    assert "no python2.7 on PATH" in capsys.readouterr().out


@pytest.mark.parametrize("deflate", [True, False])
def test_its_two_sides_talk_to_each_other(deflate: bool) -> None:
    with (
        serving(lambda sock: answer(sock).echo()) as raw,
        socket.create_connection(raw.address, PATIENCE) as sock,
    ):
        link = ask(sock, "here", "/", deflate=deflate)
        assert (link.agreed.deflate is not None) is deflate
        for message in (Text(b"a" * 1000), Binary(b"\x00"), Text(b"")):
            link.send(message)
            assert link.receive() == message
        assert link.close() == Close(1000)
