"""How secrets are loaded, from the environment and from files, over a protocol of the outside.

An error is raised where no variable holds the text of a secret, so that no traceback shows it, with
the values of variables neither.
"""

import re
from typing import Final, NamedTuple, Protocol

from .assignments import Assigned, read_assignments
from .key_shape import text_fault
from .secret import Secret
from .secret_errors import SecretError

__all__ = ["FoundFile", "SecretOutside", "from_environment", "from_file", "from_somewhere"]

WORKSPACE_FILE: Final = "secret/-secrets.sh"
FILES: Final = ("secrets.sh", ".env")
"""Looked into after the environment, in this order."""
LONGEST_FILE: Final = 1 << 20
"""Bytes of a file of secrets; a longer one is another file."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class FoundFile(NamedTuple):
    """A file as it was read: at most one byte more than `LONGEST_FILE`."""

    text: Secret
    """Its content; bytes that are not UTF-8 are surrogates in it."""
    size: int
    shared: str | None
    """Its permissions, as `0644`, where others than the owner have some."""


class SecretOutside(Protocol):
    """What secrets ask of the outside."""

    def variable(self, name: str) -> Secret | None:
        """Return a variable of the environment."""
        ...

    def file(self, path: str) -> FoundFile:
        """Read a file; `OSError` as it comes."""
        ...

    def warn(self, message: str) -> None:
        """Give a `SecretPermissionsWarning` at the line of the caller."""
        ...

    def join(self, folder: str, name: str) -> str:
        """Return the path of a file in a folder."""
        ...


def from_environment(outside: SecretOutside, name: str, *, checked: bool) -> Secret:
    """Load a variable of the environment."""
    _check_name(name)
    secret = _variable(outside, name, checked=checked)
    if secret is None:
        raise SecretError(f"environment variable {name}", "it is not set", found=False)
    return secret


def from_file(outside: SecretOutside, path: str, name: str | None, *, checked: bool) -> Secret:
    """Load a file that holds a secret and nothing else, or what it assigns to a name."""
    if name is None:
        file = _read(outside, path)
        secret = _whole(file.text).checked(path, as_key=checked)
        _warn(outside, path, file.shared)
        return secret
    _check_name(name)
    found = _assigned(outside, path, name, checked=checked)
    if found is None:
        raise SecretError(path, f"nothing is assigned to {name} there", found=False)
    return found


def from_somewhere(outside: SecretOutside, name: str, folder: str, *, checked: bool) -> Secret:
    """Load from the first place that has the name: what is malformed there is not passed over."""
    _check_name(name)
    first, *others = (outside.join(folder, each) for each in (WORKSPACE_FILE, *FILES))
    found = _if_there(outside, first, name, checked=checked)
    if found is None:
        found = _variable(outside, name, checked=checked)
    for path in others:
        if found is None:
            found = _if_there(outside, path, name, checked=checked)
    if found is None:
        places = f"not in {first}, not in the environment, not in {others[0]}, not in {others[1]}"
        raise SecretError(name, f"it was not found: {places}", found=False)
    return found


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:  # not shown: somebody may have given the secret itself
        raise ValueError(
            "name: expected the name of a variable, as OPENAI_API_KEY: letters, digits and _"
        )


def _variable(outside: SecretOutside, name: str, *, checked: bool) -> Secret | None:
    secret = outside.variable(name)
    if secret is None:
        return None
    return secret.checked(f"environment variable {name}", as_key=checked)


def _if_there(outside: SecretOutside, path: str, name: str, *, checked: bool) -> Secret | None:
    try:
        return _assigned(outside, path, name, checked=checked)
    except FileNotFoundError:
        return None


def _assigned(outside: SecretOutside, path: str, name: str, *, checked: bool) -> Secret | None:
    file = _read(outside, path)
    names, fault = read_assignments(file.text, shell=path.endswith(".sh"))
    if fault is not None:
        raise SecretError(f"{path}:{fault.line}", fault.reason)
    found: Assigned | None = names.get(name)
    if found is None:
        return None
    source = f"{path}:{found.line}: {name}"
    if found.value is None:
        raise SecretError(source, found.reason)
    secret = found.value.checked(source, as_key=checked)
    _warn(outside, path, file.shared)
    return secret


def _read(outside: SecretOutside, path: str) -> FoundFile:
    file = outside.file(path)
    if file.size > LONGEST_FILE:
        raise SecretError(path, f"expected a file of at most {LONGEST_FILE} bytes")
    if text_fault(file.text.unaudited()) == text_fault("\udc80"):
        raise SecretError(path, "it is not UTF-8")
    return file


def _whole(text: Secret) -> Secret:
    """The text without the line end that files end in."""
    return Secret(text.unaudited().removesuffix("\n").removesuffix("\r"))


def _warn(outside: SecretOutside, path: str, shared: str | None) -> None:
    if shared is not None:
        outside.warn(
            f"{path}: it holds a secret, and its permissions are {shared}: others than its owner "
            f"have access (chmod 600)"
        )
