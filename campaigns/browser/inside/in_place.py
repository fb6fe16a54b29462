"""Takes the place of anyio's plugin for pytest, which makes an event loop: here is one already.

Tests and fixtures that are coroutine functions are run in it by stack switching.
"""

import importlib
import inspect
from collections.abc import Generator
from typing import Any

import pytest

ffi: Any = importlib.import_module("pyodide.ffi")


class InPlace:
    """The plugin."""

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "anyio: a test that is a coroutine function")

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, obj: object) -> None:
        if inspect.iscoroutinefunction(obj):
            pytest.mark.usefixtures("anyio_backend")(obj)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        if not inspect.iscoroutinefunction(pyfuncitem.obj):
            return None
        backend: Any = pyfuncitem.funcargs.get("anyio_backend", "asyncio")
        if "trio" in backend:
            pytest.skip("no trio")
        names = inspect.signature(pyfuncitem.obj).parameters
        ffi.run_sync(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        func: Any = fixturedef.func
        if not inspect.isasyncgenfunction(func):
            return (yield)

        def waits(**given: object) -> Generator[Any]:
            values = func(**given)
            yield ffi.run_sync(anext(values))
            ffi.run_sync(anext(values, None))

        fixturedef.func = waits  # type: ignore[misc]  # final for its users, not for what runs it
        try:
            return (yield)
        finally:
            fixturedef.func = func  # type: ignore[misc]  # as above
