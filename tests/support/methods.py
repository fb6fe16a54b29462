"""The methods and helpers of the API as facts, and calls of them that fit their typed dicts."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from api_openai.core.json.annotations import members
from api_openai.core.request.options import Options
from api_openai.core.terms.omit import Omit
from api_openai.emulator.requests.typed_checks import hints

from ..emulator import samples

_FACTS: Final = Path(__file__).parent.parent / "facts"

Keywords = dict[str, Any]

BY_HAND: Final = {"followed_creation": "beta_agents"}
"""Modules of builders that are written by hand, and the area whose typed dicts they take."""


class Param(msgspec.Struct, frozen=True, rename={"where": "in"}):
    """A parameter of a method."""

    name: str
    where: Literal["path", "query", "body", "header", "local"]
    required: bool
    positional: bool = False


class Method(msgspec.Struct, frozen=True):
    """What is known of a method without any code of ours."""

    client: str
    aliases: tuple[str, ...]
    method: str
    path: str
    params: tuple[Param, ...]
    answer: str | None
    """The name of its type, `bytes`, or nothing."""
    events: str | None
    page: str | None
    multipart: bool
    files: tuple[str, ...]
    headers: dict[str, str]
    fields: dict[str, str]
    """Header fields by the parameter that they are made from."""
    admin: bool

    def __str__(self) -> str:
        return self.client

    def of(self, *places: str) -> tuple[Param, ...]:
        """The parameters that go to one of `places`."""
        return tuple(each for each in self.params if each.where in places)

    @property
    def paths(self) -> tuple[str, ...]:
        """The client paths that lead to it."""
        return (self.client, *self.aliases)

    @property
    def keywords(self) -> tuple[Param, ...]:
        """The parameters that are not in the path."""
        return self.of("query", "body", "header", "local")

    @property
    def only_streams(self) -> bool:
        """Whether it has no other answer than a stream."""
        return self.events is not None and all(each.name != "stream" for each in self.params)


class Helper(msgspec.Struct, frozen=True):
    """A method that is more than one request."""

    client: str
    params: tuple[str, ...]

    def __str__(self) -> str:
        return self.client


METHODS: Final = msgspec.json.decode((_FACTS / "methods.json").read_bytes(), type=list[Method])
HELPERS: Final = msgspec.json.decode((_FACTS / "helpers.json").read_bytes(), type=list[Helper])


def at(root: object, path: str) -> Any:
    """What stands at a path of a client, as `chat.completions.create`."""
    found: Any = root
    for name in path.split("."):
        found = getattr(found, name)
    return found


def type_named(path: str, name: str) -> Any:
    """What is called `name` in `api_openai.types`, as near to a client path as there is one."""
    parts = path.split(".")[:-1]
    for end in range(len(parts), -1, -1):
        try:
            return getattr(import_module(".".join(("api_openai.types", *parts[:end]))), name)
        except (AttributeError, ModuleNotFoundError):
            continue
    raise LookupError(f"{path}: there is no type {name}")


@cache
def params_of(path: str) -> Mapping[str, Any]:
    """The types of the keywords of a method, from the typed dict that its builder unpacks."""
    from api_openai import Client

    return hints(params_class(at(Client(api_key="k"), path).operation))


def params_class(builder: Any) -> Any:
    """The typed dict of all keywords of a builder; `Options` where it has none of its own.

    It unpacks the base of that where some keywords choose between its overloads.
    """
    name = str(builder.__annotations__["options"]).removeprefix("Unpack[").removesuffix("]")
    if name == "Options":
        return Options
    area = builder.__module__.rpartition(".")[2]
    area = BY_HAND.get(area, area)
    return getattr(import_module(f"api_openai.core.api.params.{area}"), name.removesuffix("Base"))


def positionals(method: Method) -> tuple[str, ...]:
    """Values for what is positional."""
    return tuple(f"{each.name}_1" for each in method.params if each.positional)


def named(method: Method) -> Keywords:
    """Values for what is in the path and has to be named."""
    return {each.name: f"{each.name}_1" for each in method.of("path") if not each.positional}


def least(method: Method) -> Keywords:
    """A value for each keyword that has to be there."""
    return named(method) | {
        each.name: next(values(method, each)) for each in method.keywords if each.required
    }


def most(method: Method) -> Keywords:
    """A value for every keyword but `stream`."""
    given = {
        each.name: next(values(method, each)) for each in method.keywords if each.name != "stream"
    }
    return named(method) | given


def calls(method: Method) -> Iterator[Keywords]:
    """The keywords of many calls: as few as can be, all, and each in each of its forms."""
    few = least(method)
    yield few
    yield most(method)
    if method.events and not method.only_streams:
        yield few | {"stream": True}
    for param in method.keywords:
        for value in values(method, param):
            yield few | {param.name: value}


def values(method: Method, param: Param) -> Iterator[Any]:
    """Values for one keyword: one for each form that its type has."""
    if param.name in method.files:
        yield (f"{param.name}.txt", b"content", "text/plain")
        if f"{param.name}.<array>" in method.files:
            yield [("1.txt", b"one", "text/plain"), ("2.txt", b"two", "text/plain")]
        return
    if param.name == "stream" or param.where == "local":
        yield False if param.name == "stream" else None  # what is not sent has its own tests
        return
    for kind in forms(params_of(method.client)[param.name]):
        if kind in (None, type(None)):
            yield None
            continue
        value = samples.value(kind, param.name, rich=True)
        if value == {}:
            yield {"one": "1", "two words": "2&3"}
        else:
            yield value * 2 if isinstance(value, list) else value


def forms(kind: Any) -> list[Any]:
    """The members of a union that are sent; null comes last."""
    found = [each for each in members(kind) if each is not Omit]
    return sorted(found, key=lambda each: each in (None, type(None)))
