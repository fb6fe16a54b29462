"""Requests for tests: parameters that fit what a route's typed dict says of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, get_args, get_origin, is_typeddict

from api_openai.core.json.annotations import members
from api_openai.core.request.options import NAMES
from api_openai.core.terms.omit import Omit
from api_openai.emulator.requests.catalogue import Catalogue, Route
from api_openai.emulator.requests.typed_checks import hints

_DEEP: Final = 3
_LEFT_OUT: Final = frozenset(
    {
        *("after", "before", "page", "filter", "previous_response_id", "tool_choice"),
        *("stream_options", "reasoning_effort", "reasoning", "conversation"),
    }
)
"""What names something that a test would have to make first, or needs something besides itself."""
_FITTING: Final[Mapping[str, object]] = {
    "model": "gpt-4o",
    "n": 1,
    "purpose": "user_data",
    "seconds": 3600,
    "temperature": 1.0,
    "top_p": 1.0,
}
_NEEDED: Final[Mapping[str, Mapping[str, object]]] = {
    "beta.responses.create": {"model": "gpt-5", "input": "Hi"},
    "containers.files.create": {"file_id": "file-1"},
    "responses.create": {"model": "gpt-5", "input": "Hi"},
}
"""What the description does not require, and the API does."""
_EXAMPLES: Final = {"audio.tran": "example.mp3", "images.": "example.png"}
_WITHOUT: Final = {
    "images.create_variation": ("size",),
    "images.edit": ("input_fidelity", "quality", "response_format", "size"),
    "images.generate": ("quality", "response_format", "size", "style"),
}
"""What only some models of an operation take."""
_INSTEAD: Final[Mapping[str, Mapping[str, object]]] = {
    "audio.transcriptions.create": {"model": "gpt-4o-transcribe"},
    "beta.responses.create": {"model": "gpt-4o"},
    "chat.completions.create": {"model": "gpt-4o"},
    "responses.create": {"model": "gpt-4o"},
}
"""Models that take all parameters: `whisper-1` does not stream, those that reason have no `top_p`."""


def routes() -> list[Route]:
    """Return all routes of the API."""
    return Catalogue().all()


def value(kind: Any, name: str = "", depth: int = 0, *, rich: bool = False) -> object:
    """Return a value of a type, as JSON has it."""
    options = [each for each in members(kind) if each not in (Omit, None, type(None))]
    for option in options:
        if is_typeddict(option):
            return document(option, depth + 1, rich=rich)
    for option in options:
        if get_origin(option) is Literal:
            return get_args(option)[0]
    if (known := _FITTING.get(name)) is not None and type(known) in options:
        return known
    for kinds, plain in (((str,), "text"), ((int,), 20), ((float,), 0.5), ((bool,), True)):
        if any(each in options for each in kinds):
            return plain
    origin = get_origin(options[0])
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return [value(get_args(options[0])[0], name, depth + 1, rich=rich)]
    return {}


def document(params: Any, depth: int = 0, *, rich: bool = False) -> dict[str, object]:
    """Return an object of a typed dict: with what it needs, or with what it can have."""
    wanted = rich and depth < _DEEP
    known = hints(params)
    return {
        name: value(kind, name, depth, rich=wanted)
        for name, kind in known.items()
        if name not in NAMES
        and not (name.endswith("_") and name[:-1] in known)  # another spelling of that
        and (name in params.__required_keys__ or (wanted and name not in _LEFT_OUT))
    }


def params(route: Route, *, rich: bool = False) -> dict[str, object]:
    """Return the keywords of a call."""
    kind = route.params()
    if kind is None:
        return {}
    made = document(kind, rich=rich)
    example = next((each for word, each in _EXAMPLES.items() if word in route.name), "example.txt")
    for file in route.blueprint.files:
        name = file.partition(".")[0]
        if name in made:
            made[name] = (example, b"content")
    for name in _WITHOUT.get(route.name, ()):
        made.pop(name, None)
    if route.name == "containers.files.create":
        made.pop("file", None)
    return {**_NEEDED.get(route.name, {}), **made, **_INSTEAD.get(route.name, {})}


def path(route: Route, **known: str) -> list[str]:
    """Return values for the path: those given, and made up names."""
    return [known.get(name, f"{name}_1") for name in route.names]
