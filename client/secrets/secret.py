"""`Secret`, tied to the process that it lives in."""

import os

from ...core.terms.secret import Secret, SecretHost, SecretSource

__all__ = ["Secret", "from_environment"]


def from_environment(name: str) -> Secret | None:
    """The secret in a variable of the environment, whatever it looks like; `None` if it is not set."""
    text = os.environ.get(name)
    if text is None:
        return None
    return Secret(text.rstrip("\r\n"), source=SecretSource("load_from_env", {"name": name}, False))


class _FindProcess:
    def __call__(self) -> SecretHost:
        from .process import PROCESS

        return PROCESS


Secret.host = _FindProcess()
