"""Secrets come from the environment and from files, and an error about one shows nothing of it."""

import copy
import os
import pickle
import threading
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai import Client, Secret, SecretError, SecretPermissionsWarning

from ..support.server import Server

KEY: Final = "sk-canary-0123456789_abc"
OTHER: Final = "sk-canary-9876543210_xyz"
NAME: Final = "A_KEY"
BAD: Final = {
    "empty": ("", "it is empty"),
    "another prefix": ("pk-canary-0123456789", "expected a key that begins with sk-"),
    "a prefix in capitals": ("SK-canary-0123456789", "expected a key that begins with sk-"),
    "short": ("sk-canary-0123456", "expected 20 to 512 characters, got 17"),
    "long": ("sk-canary" + "0" * 504, "expected 20 to 512 characters, got 513"),
    "a space within": ("sk-canary 0123456789", "character 10 of it is none of"),
    "a space before": (" " + KEY, "white space before or after it"),
    "a line end behind": (KEY + "\n", "white space before or after it"),
    "another alphabet": ("sk-canary-012345678é", "character 20 of it is none of"),
    "digits of another alphabet": ("sk-canary-012345678٣", "character 20 of it is none of"),
    "half a character": ("sk-canary-012345678\udc80", "it is not UTF-8"),
    "a placeholder": ("sk-...", "character 4 of it is none of"),
}
ABSENT: Final = "it is not set"


@pytest.fixture(autouse=True)
def no_such_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)


def put(path: Path, data: str | bytes, mode: int = 0o600) -> Path:
    """Write a file that is its owner's alone."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    path.chmod(mode)
    return path


def refused(load: Callable[[], object], kind: type[Exception] = SecretError) -> Any:
    """The error that a call ends with, which shows no secret in any way that errors are looked at."""
    with pytest.raises(kind) as caught:
        load()
    error = caught.value
    texts = [repr(error), str(error), repr(vars(error)), repr(pickle.dumps(error))]
    one: BaseException | None = error
    while one is not None:
        for frame in traceback.TracebackException.from_exception(one, capture_locals=True).stack:
            if f"{os.sep}tests{os.sep}" not in frame.filename:
                texts.append(repr(frame.locals))
        one = one.__cause__ or one.__context__
    assert not any("canary" in text for text in texts)
    assert str(pickle.loads(pickle.dumps(error))) == str(copy.copy(error)) == str(error)
    return error


# What a key looks like


@pytest.mark.parametrize("key", [KEY, "sk-" + "a" * 17, "sk-proj-_-" + "Z9" * 251])
def test_a_key(key: str) -> None:
    secret = Secret.new(key)
    assert secret.reveal() == key
    assert secret == Secret(key)
    assert type(secret) is Secret


@pytest.mark.parametrize(("text", "reason"), BAD.values(), ids=BAD)
def test_what_is_no_key(text: str, reason: str) -> None:
    error = refused(lambda: Secret.new(text))
    assert str(error).startswith(f"text: {reason}")
    assert (error.source, error.found) == ("text", True)
    assert Secret.unchecked(text) == Secret(text)


@pytest.mark.parametrize("make", [Secret.new, Secret.unchecked], ids=["new", "unchecked"])
@pytest.mark.parametrize("value", [None, KEY.encode(), [KEY]])
def test_what_is_no_text(make: Callable[[Any], Secret], value: object) -> None:
    error = refused(lambda: make(value), TypeError)
    assert str(error) == f"text: expected str, got {type(value).__name__}"


def test_what_has_no_type_for_a_key_shows_in_no_traceback() -> None:
    refused(lambda: Secret.of([KEY], "api_key"), TypeError)


# The environment


def test_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, KEY)
    assert Secret.load_from_env(NAME) == Secret(KEY)


def test_a_variable_that_is_not_set() -> None:
    error = refused(lambda: Secret.load_from_env(NAME))
    assert str(error) == "environment variable A_KEY: it is not set"
    assert error.found is False


@pytest.mark.parametrize(("text", "reason"), BAD.values(), ids=BAD)
def test_a_variable_that_is_malformed(
    monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    monkeypatch.setenv(NAME, text)
    error = refused(lambda: Secret.load_from_env(NAME))
    assert str(error).startswith(f"environment variable A_KEY: {reason}")
    if reason in ("it is empty", "it is not UTF-8"):
        assert str(refused(lambda: Secret.load_from_env(NAME, checked=False))) == str(error)
    else:
        assert Secret.load_from_env(NAME, checked=False) == Secret(text)


@pytest.mark.parametrize("name", ["", "A KEY", "../etc/passwd", "Ä", KEY, "A\n", "1A"])
def test_a_name_that_is_none_is_not_shown(name: str, tmp_path: Path) -> None:
    path = put(tmp_path / ".env", f"A={KEY}")
    loads: list[Callable[[], Secret]] = [
        lambda: Secret.load_from_env(name),
        lambda: Secret.load_from_file(path, name),
        lambda: Secret.load_with_fallbacks(name, folder=tmp_path),
    ]
    for load in loads:
        with pytest.raises(ValueError, match=r"^name: expected the name of a variable") as caught:
            load()
        assert "canary" not in str(caught.value)


# Files


@pytest.mark.parametrize("data", [KEY, KEY + "\n", KEY + "\r\n", "\ufeff" + KEY])
def test_a_file_that_holds_a_secret(tmp_path: Path, data: str) -> None:
    path = put(tmp_path / "key", data)
    assert Secret.load_from_file(path) == Secret.load_from_file(str(path)) == Secret(KEY)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"\n", "it is empty"),
        (f"{KEY}\n\n", "white space before or after it"),
        (f"KEY={KEY}", "expected a key that begins with sk-"),
        (f"{KEY}\n{OTHER}", "character 25 of it is none of"),
        (KEY.encode() + b"\xff", "it is not UTF-8"),
        (KEY.encode("utf-16"), "it is not UTF-8"),
        (KEY.encode() + bytes(2 << 20), "expected a file of at most 1048576 bytes"),
    ],
)
def test_a_file_that_is_malformed(tmp_path: Path, data: str | bytes, reason: str) -> None:
    path = put(tmp_path / "key", data)
    error = refused(lambda: Secret.load_from_file(path))
    assert str(error).startswith(f"{path}: {reason}")


def test_a_file_that_holds_a_secret_of_another_shape(tmp_path: Path) -> None:
    path = put(tmp_path / "key", "-----BEGIN-----\ncanary\n-----END-----\n")
    secret = Secret.load_from_file(path, checked=False)
    assert secret.reveal() == "-----BEGIN-----\ncanary\n-----END-----"


def test_a_name_in_a_file(tmp_path: Path) -> None:
    path = put(tmp_path / "keys", f"# keys\nB={OTHER}\n{NAME} = '{KEY}'\n")
    assert Secret.load_from_file(path, NAME) == Secret(KEY)
    error = refused(lambda: Secret.load_from_file(path, "C"))
    assert str(error) == f"{path}: nothing is assigned to C there"
    assert error.found is False


def test_a_name_in_a_script(tmp_path: Path) -> None:
    path = put(tmp_path / "keys.sh", f"#!/bin/sh\nexport {NAME}={KEY} # mine\n")
    assert Secret.load_from_file(path, NAME) == Secret(KEY)


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (f"{NAME}={KEY} x", 1, "A_KEY: character 25 of it is none of"),
        (f"\n{NAME}=${{B:-{KEY}}}", 2, "A_KEY: expected the value in single quotes"),
        (f"\n\n{NAME}='{KEY}", 3, "the quote that begins here does not end"),
        (f"{NAME}={KEY}\n{KEY}", 2, "expected NAME=value"),
        (f"{NAME}={KEY}\n{NAME}=", 2, "A_KEY: it is empty"),
    ],
)
def test_an_error_names_file_and_line(tmp_path: Path, data: str, line: int, reason: str) -> None:
    path = put(tmp_path / ".env", data)
    error = refused(lambda: Secret.load_from_file(path, NAME))
    assert str(error).startswith(f"{path}:{line}: {reason}")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Secret.load_from_file(tmp_path / "key")
    with pytest.raises(FileNotFoundError):
        Secret.load_from_file(tmp_path / "key", NAME)
    with pytest.raises(OSError, match=r"directory|denied"):
        Secret.load_from_file(tmp_path)


# Permissions

POSIX: Final = pytest.mark.skipif(os.name == "nt", reason="permissions of files are another thing")


@POSIX
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644])
@pytest.mark.parametrize("name", [None, NAME])
def test_a_file_of_others(tmp_path: Path, mode: int, name: str | None) -> None:
    path = put(tmp_path / "key", f"{NAME}={KEY}" if name else KEY, mode)
    with pytest.warns(SecretPermissionsWarning) as caught:
        assert Secret.load_from_file(path, name) == Secret(KEY)
    (warning,) = caught
    assert warning.filename == __file__
    assert str(warning.message).startswith(f"{path}: it holds a secret, and its permissions are")
    assert f"{mode:04o}" in str(warning.message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        refused(lambda: Secret.load_from_file(path, name), SecretPermissionsWarning)


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_of_its_owner(tmp_path: Path, mode: int) -> None:
    assert Secret.load_from_file(put(tmp_path / "key", KEY, mode)) == Secret(KEY)


@POSIX
def test_a_file_without_the_name_is_no_file_of_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "secrets.sh", "B=1", 0o644)
    put(tmp_path / ".env", f"{NAME}={KEY}")
    assert Secret.load_with_fallbacks(NAME, folder=tmp_path) == Secret(KEY)


# The first of four places

PLACES: Final = ("secret/-secrets.sh", "the environment", "secrets.sh", ".env")


def place(where: str, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put an assignment to one of the places, and return how errors name it."""
    if where == "the environment":
        monkeypatch.setenv(NAME, text)
        return f"environment variable {NAME}"
    return f"{put(folder / where, f'{NAME}={text}')}:1: {NAME}"


@pytest.mark.parametrize("first", range(4), ids=PLACES)
def test_the_first_place_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    place(PLACES[first], KEY, tmp_path, monkeypatch)
    for where in PLACES[first + 1 :]:
        place(where, OTHER, tmp_path, monkeypatch)
    assert Secret.load_with_fallbacks(NAME, folder=tmp_path) == Secret(KEY)
    monkeypatch.chdir(tmp_path)
    assert Secret.load_with_fallbacks(NAME) == Secret(KEY)


@pytest.mark.parametrize("bad", ["", "canary"])
@pytest.mark.parametrize("first", range(4), ids=PLACES)
def test_a_malformed_value_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int, bad: str
) -> None:
    source = place(PLACES[first], bad, tmp_path, monkeypatch)
    for where in PLACES[first + 1 :]:
        place(where, KEY, tmp_path, monkeypatch)
    error = refused(lambda: Secret.load_with_fallbacks(NAME, folder=str(tmp_path)))
    assert error.source == source


@pytest.mark.parametrize("where", [PLACES[0], *PLACES[2:]])
def test_a_file_that_cannot_be_read_to_its_end_is_not_passed_over(
    tmp_path: Path, where: str
) -> None:
    path = put(tmp_path / where, f"B='{KEY}")
    error = refused(lambda: Secret.load_with_fallbacks(NAME, folder=tmp_path))
    assert error.source == f"{path}:1"


def test_a_folder_in_place_of_a_file_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(OSError, match=r"directory|denied"):
        Secret.load_with_fallbacks(NAME, folder=tmp_path)


def test_nowhere(tmp_path: Path) -> None:
    put(tmp_path / ".env", f"B={KEY}")
    error = refused(lambda: Secret.load_with_fallbacks(NAME, folder=tmp_path))
    assert error.found is False
    for where in PLACES:
        assert where in str(error)


def test_no_other_file_is_looked_for(tmp_path: Path) -> None:
    put(tmp_path / ".env", f"{NAME}={KEY}")
    below = tmp_path / "below"
    below.mkdir()
    assert not refused(lambda: Secret.load_with_fallbacks(NAME, folder=below)).found


# With a client


def test_a_loaded_secret_is_a_key(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "key", KEY + "\n")
    client = Client(
        api_key=Secret.load_from_file(path), base_url=f"http://127.0.0.1:{server.port}/v1"
    )
    list(client.models.list())
    assert server.requests[0].header("authorization") == f"Bearer {KEY}"
    assert isinstance(client.endpoint.api_key, Secret)


def test_a_key_that_rotates_in_its_file(tmp_path: Path, server: Server) -> None:
    path = put(tmp_path / "key", KEY)
    client = Client(
        api_key=lambda: Secret.load_from_file(path), base_url=f"http://127.0.0.1:{server.port}/v1"
    )
    list(client.models.list())
    put(path, OTHER)
    list(client.with_options(timeout=9).models.list())
    sent = [each.header("authorization") for each in server.requests]
    assert sent == [f"Bearer {KEY}", f"Bearer {OTHER}"]


def test_threads_load_alike(tmp_path: Path) -> None:
    path = put(tmp_path / "key", KEY)
    loaded: list[Secret] = []
    threads = [
        threading.Thread(target=lambda: loaded.append(Secret.load_from_file(path)))
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert loaded == [Secret(KEY)] * 8
