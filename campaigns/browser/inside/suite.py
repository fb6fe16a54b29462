"""Runs test modules of the project with pytest, in Pyodide; async tests by stack switching."""

import importlib
import inspect
import os
from collections.abc import Callable
from contextlib import ExitStack, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from . import stand_ins

ffi: Any = importlib.import_module("pyodide.ffi")
SITE = Path(__file__).parent.parent.parent.parent


class Plugin:
    """Takes the place of anyio's plugin, and writes down how each test went."""

    def __init__(self, collected: Callable[[], object]) -> None:
        self._collected = collected
        self.passed = 0
        self.failed: list[tuple[str, str]] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "anyio: a test that is a coroutine function")

    def pytest_collection_finish(self) -> None:
        self._collected()

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        if not inspect.iscoroutinefunction(pyfuncitem.obj):
            return None
        names = inspect.signature(pyfuncitem.obj).parameters
        ffi.run_sync(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append((report.nodeid, report.longreprtext[-600:]))
        elif report.when == "call" and report.passed:
            self.passed += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed.append((report.nodeid, report.longreprtext[-600:]))


def run(folder: str) -> tuple[int, list[tuple[str, str]]]:
    """Run the tests of a folder; return how many passed, and what failed, with its end."""
    hypothesis: Any = importlib.import_module("hypothesis")
    hypothesis.settings.register_profile("here", deadline=None, max_examples=20, database=None)
    hypothesis.settings.load_profile("here")
    os.chdir(SITE)
    options = ["-q", "--noconftest", "-c", os.devnull, "--rootdir", str(SITE), "-W", "error"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    with ExitStack() as stack:
        stack.enter_context(stand_ins.there())
        plugin = Plugin(stack.pop_all().close)
        stack.enter_context(redirect_stdout(StringIO()))
        pytest.main([*options, "-p", "no:cacheprovider", "--capture=sys", folder], plugins=[plugin])
    return plugin.passed, plugin.failed
