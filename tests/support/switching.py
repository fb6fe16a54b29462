"""Programs written for the official SDK, run with it and with this library."""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any, Final

from api_openai.emulator import Emulator, serve_in_thread

Package = Any
"""`openai` or `api_openai`: two libraries with the same names and no type in common."""

Program = Callable[[Package, Any], object]
"""What is done with a package and a client; returns what its user would look at."""

HELLO: Final[Any] = [{"role": "user", "content": "Hello"}]


def outcome(program: Program, package: str, script: tuple[Any, ...]) -> object:
    """What a program finds out with a package, against an emulator of its own."""
    sdk = importlib.import_module(package)
    emulator = Emulator()
    emulator.script(*script)
    with (
        serve_in_thread(emulator) as url,
        sdk.OpenAI(
            api_key="k", admin_api_key="a", base_url=url, max_retries=0, timeout=20.0
        ) as client,
    ):
        return program(sdk, client)


def check(program: Program, *script: Any) -> None:
    """See that a program does the same with both; without the SDK, that it runs."""
    ours = outcome(program, "api_openai", script)
    assert ours
    if importlib.util.find_spec("openai") is not None:
        theirs = outcome(program, "openai", script)
        assert ours == theirs, f"{ours} is not {theirs}"
