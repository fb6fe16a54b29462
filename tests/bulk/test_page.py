"""The page and the docstring say every option, and both ways to write them down agree."""

import inspect
from pathlib import Path

import pytest

from api_openai import bulk
from api_openai.bulk.batches import BatchOptions
from api_openai.bulk.run import Options

PAGE = (Path(__file__).parents[2] / "docs" / "bulk.md").read_text("utf-8")


@pytest.mark.parametrize(("function", "options"), [(bulk.run, Options), (bulk.batch, BatchOptions)])
def test_overloads_take_what_the_function_takes(function: object, options: type) -> None:
    assert callable(function)
    names = {
        name
        for name, each in inspect.signature(function).parameters.items()
        if each.kind is each.KEYWORD_ONLY
    }
    assert names == set(options.__annotations__)


@pytest.mark.parametrize("name", sorted(Options.__annotations__))
def test_every_option_is_said(name: str) -> None:
    assert f"`{name}" in (bulk.run.__doc__ or "")
    assert f"{name}=" in PAGE or f"`{name}`" in PAGE
