"""Runs test modules of the project with pytest, in Pyodide; async tests by stack switching."""

import importlib
import os
from collections import Counter
from collections.abc import Generator
from contextlib import ExitStack, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from campaigns.browser.views import Ran

from . import stand_ins
from .in_place import InPlace
from .refusals import refusal, refusing

SITE = Path(__file__).parent.parent.parent.parent


class Plugin:
    """Writes down how each test went; one that asks for what is not there is skipped."""

    def __init__(self, opened: ExitStack) -> None:
        self._opened = opened
        self.passed = 0
        self.failed: list[tuple[str, str]] = []
        self.skipped: Counter[str] = Counter()

    def pytest_collection_finish(self) -> None:
        self._opened.close()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
        return _excused((yield), call)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self) -> Generator[None, Any, Any]:
        report: Any = yield
        return _excused(report, report.call)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append((report.nodeid, report.longreprtext[-600:]))
        elif report.skipped:
            self._skip(report.longrepr)
        elif report.when == "call":
            self.passed += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed.append((report.nodeid, report.longreprtext[-600:]))
        elif report.skipped:
            self._skip(report.longrepr)

    def _skip(self, said: Any) -> None:
        self.skipped[str(said[2]).removeprefix("Skipped: ")] += 1


def _excused(report: Any, call: pytest.CallInfo[Any]) -> Any:
    """Skip what failed by something that is not there."""
    if report.failed and call.excinfo is not None:
        why = refusal(call.excinfo.value)
        if why is not None:
            report.outcome, report.longrepr = "skipped", ("", 0, why)
    return report


def run(places: str) -> Ran:
    """Run the tests of folders and modules, which stand with spaces between them."""
    hypothesis: Any = importlib.import_module("hypothesis")
    hypothesis.settings.register_profile("here", deadline=None, max_examples=20, database=None)
    os.chdir(SITE)
    os.environ["TEST_LIMIT"] = "0"  # which takes a thread
    options = ["-q", "-c", os.devnull, "--rootdir", str(SITE), "-W", "error"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    options += ["-W", "ignore:The API has deprecated:DeprecationWarning"]
    options += ["--hypothesis-profile=here"]
    options += ["-p", "no:anyio", "-p", "no:cacheprovider", "--capture=sys"]
    with refusing(), redirect_stdout(StringIO()), ExitStack() as stack:
        stack.enter_context(stand_ins.there())
        plugin = Plugin(stack)
        pytest.main([*options, *places.split()], plugins=[plugin, InPlace()])
    return Ran(plugin.passed, plugin.failed, dict(plugin.skipped))
