"""Help and completion: what the command says of itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import api_openai
from api_openai.command.completion import SHELLS
from api_openai.command.declared import NAMES
from api_openai.command.main import main
from api_openai.command.options import OPTIONS

from ..support.shell import run

METHODS = [each for names in NAMES.values() for each in names.split()]


def complete(*words: str) -> list[str]:
    return run("complete", *words).out.splitlines()


def test_words_are_completed() -> None:
    assert complete("resp") == ["responses"]
    assert complete("responses", "c") == ["create", "cancel", "compact", "connect"]
    assert complete("chat", "completions", "messages", "") == ["list"]
    assert {"completion", "--help", "models"} <= {*complete("")}
    assert complete("nothing", "") == []


def test_parameters_and_options_are_completed() -> None:
    assert complete("responses", "create", "--max") == ["--max-output-tokens", "--max-tool-calls"]
    assert "--emulator" in complete("models", "list", "--")
    assert complete("--emulator", "files", "list", "--ord") == ["--order"]


def test_values_are_completed() -> None:
    assert complete("files", "list", "--order", "") == ["asc", "desc"]
    assert "gpt-5" in complete("responses", "create", "--model", "gpt-5")
    assert complete("models", "list", "--format", "i") == ["indented"]
    assert complete("models", "list", "--output", "") == []
    assert "--input" in complete("responses", "create", "--stream", "")


def test_other_ways_to_write_are_completed() -> None:
    assert complete("vector-st") == ["vector-stores"]
    assert complete("files", "list", "--order=a") == ["--order=asc"]
    assert complete("responses", "create", "--store=") == ["--store=false", "--store=true"]
    assert complete("responses", "create", "--instructions=") == []
    assert "--no-store" in complete("responses", "create", "--no-")
    assert complete("responses", "create", "--input:") == ["--input:text", "--input:json"]
    assert complete("responses", "create", "--max_o") == ["--max_output_tokens"]
    assert complete("files", "retrieve", "--file-") == ["--file-id"]
    assert complete("files", "retrieve", "--file-id", "") == []


def test_options_in_front_are_completed() -> None:
    assert complete("--emu") == ["--emulator"]
    assert complete("--emulator", "--format", "ind") == ["indented"]
    assert complete("--format=t") == ["--format=text"]
    assert complete("--output", "") == []


def test_words_of_the_command_s_own_are_completed() -> None:
    assert complete("completion", "z") == ["zsh"]
    assert complete("completion", "zsh", "") == []
    assert complete("bulk", "b") == ["batch"]
    assert complete("bulk", "rows", "out", "--max-") == [
        "--max-errors",
        "--max-requests",
        "--max-tokens",
    ]
    assert complete("bulk", "--progress", "") == ["bar", "log", "none"]
    assert complete("bulk", "--concurrency", "") == []
    assert complete("bulk", "batch", "--max") == ["--max-wait"]


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts(shell: str) -> None:
    ran = run("completion", shell)
    assert ran.code == 0
    assert "api-openai complete" in ran.out
    if (path := shutil.which(shell)) is not None:
        subprocess.run([path, "-n"], input=ran.bytes, check=True)


def test_a_shell_that_there_is_not() -> None:
    assert "expected one of bash, zsh, fish" in run("completion", "tcsh").err
    assert run("completion").code == 2


COMPLETED = {
    "bash": ["asc", "desc", "desc", "ROWS", "asc", "desc"],
    "zsh": ["asc", "desc", "--order=desc"],
    "fish": ["asc", "desc", "--order=desc", "ROWS", "--input=@ROWS"],
}
COMPLETING = {
    "bash": """
        eval "$(api-openai completion bash)"
        COMP_WORDS=(api-openai files list --order '') COMP_CWORD=4
        _api_openai
        printf '%s\\n' "${COMPREPLY[@]}"
        COMP_WORDS=(api-openai --format = text files list --order = d) COMP_CWORD=8
        _api_openai
        printf '%s\\n' "${COMPREPLY[@]}"
        COMP_WORDS=(api-openai responses create --input @ RO) COMP_CWORD=5
        _api_openai 2>/dev/null
        printf '%s\\n' "${COMPREPLY[@]}"
        COMP_WORDS=(api-openai files list --order =) COMP_CWORD=4
        _api_openai
        printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "zsh": """
        compdef() { true }
        compadd() { shift; print -l -- "$@" }
        eval "$(api-openai completion zsh)"
        words=(api-openai files list --order '') CURRENT=5
        _api_openai
        words=(api-openai files list --order=d) CURRENT=4
        _api_openai
    """,
    "fish": """
        api-openai completion fish | source
        complete -C 'api-openai files list --order '
        complete -C 'api-openai files list --order=d'
        complete -C 'api-openai bulk RO'
        complete -C 'api-openai responses create --input=@RO'
    """,
}


@pytest.mark.parametrize("shell", COMPLETING)
def test_shells_complete(shell: str, tmp_path: Path) -> None:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    source = Path(api_openai.__file__).parent.parent
    own = tmp_path / "api-openai"
    own.write_text(f'#!/bin/sh\nPYTHONPATH={source} exec {sys.executable} -m api_openai "$@"\n')
    own.chmod(0o755)
    (tmp_path / "ROWS").touch()
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    ran = subprocess.run(
        [path, "-c", COMPLETING[shell]],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path,
    )
    assert (ran.stdout.splitlines(), ran.stderr) == (COMPLETED[shell], "")


def test_no_resource_has_a_name_of_the_command_s_own() -> None:
    own = {"bulk", "complete", "completion", "help"}
    assert own.isdisjoint(each.partition(".")[0] for each in METHODS)


def test_bulk_is_handed_over(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bulk", "--help"])
    assert ended.value.code == 0
    assert "ROWS" in capsys.readouterr().out.upper()


@pytest.mark.parametrize("name", METHODS)
def test_help_of_every_method(name: str) -> None:
    ran = run(*name.split("."), "--help")
    assert ran.code == 0
    said = " ".join(ran.out.split())
    assert said.startswith(f"usage: api-openai {name.replace('.', ' ')}")
    assert " answers " in ran.out
    assert max(len(line) for line in ran.out.splitlines() if " answers " not in line) <= 110
    for option in OPTIONS:
        assert f"--{option}" in ran.out


def test_help_of_everything() -> None:
    assert run().out == run("--help").out == run("help").out == run("-h").out
    first = {each.partition(".")[0] for each in METHODS}
    shown = run("--help").out
    assert [each for each in first if f"\n  {each} " not in shown] == []
    assert run("--emulator", "--help").code == 0


def test_help_of_a_resource() -> None:
    shown = run("chat", "completions").out
    assert "  create " in shown
    assert "  messages list " in shown
    assert run("chat", "completions", "--help").out == shown


def test_help_says_what_values_there_are() -> None:
    shown = run("responses", "create", "--help").out
    assert "--truncation CHOICE" in shown
    assert "One of: auto, disabled." in shown
    assert "--no-store is false" in shown
    assert "Required." in run("audio", "speech", "create", "--help").out


def test_the_version() -> None:
    assert run("--version").out == f"api-openai {api_openai.__version__}\n"
