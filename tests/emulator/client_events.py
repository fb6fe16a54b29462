"""Events of clients, made of what the API says of them: right ones, and such as are wrong somewhere."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Literal, get_args, get_origin, is_typeddict

from api_openai.core.json.annotations import is_struct, members
from api_openai.emulator.requests.event_checks import events_of
from api_openai.emulator.requests.typed_checks import hints

from .sessions import SILENCE, SOUND

_WRONG: list[Any] = [None, True, 0, -5, 1.5, "x", "", [], {}, [1], {"a": 1}, "auto", {"type": "x"}]
_TEXTS = ["a", "b", "root", "audio/pcm", "Hello you."]
_DEEPEST = 5


def event(kind: str, unions: tuple[str, ...], chance: Random, wrong: float = 0) -> dict[str, Any]:
    """An event of a type; each value in it is a `wrong` one with this probability."""
    made = _made(events_of(*unions)[kind], "", chance, wrong, 0)
    return {**(made if isinstance(made, dict) else {}), "type": kind}


def _made(kind: Any, name: str, chance: Random, wrong: float, depth: int) -> Any:
    if depth and chance.random() < wrong:
        return chance.choice(_WRONG)
    chosen = chance.choice([each for each in members(kind) if not is_struct(each)])
    origin, inner = get_origin(chosen), get_args(chosen)
    if origin is Literal:
        return chance.choice(inner)
    if is_typeddict(chosen):
        return {
            key: _made(value, key, chance, wrong, depth + 1)
            for key, value in hints(chosen).items()
            if key in chosen.__required_keys__ or (depth < _DEEPEST and chance.random() < 0.4)
        }
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"k": _made(inner[1], "", chance, wrong, depth + 1)}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return [_made(inner[0], name, chance, wrong, depth + 1) for _ in range(chance.randrange(3))]
    if chosen is str:
        return chance.choice([SOUND, SILENCE] if name == "audio" else _TEXTS)
    plain: dict[Any, Any] = {int: chance.randrange(200), float: 0.5, bool: chance.random() < 0.5}
    return plain.get(chosen)
