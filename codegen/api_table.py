"""Writes the tables of the API in `README.md`, `docs/api.md` and `docs/streaming.md`, from the
operations themselves.

Whoever has the code can check them: nothing of the description is needed.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Final

from .naming import prefix_of
from .tables import HELPERS

if TYPE_CHECKING:
    from api_openai.core.request.answer_kinds import Answer
    from api_openai.core.request.blueprint import Blueprint

BEGIN: Final = "<!-- The API: written by codegen from core/api/operations -->\n"
END: Final = "<!-- end of the API -->\n"
PAGE: Final = "docs/api.md"
STREAMING: Final = "docs/streaming.md"
ENDS: Final = "<!-- Where streams end: written by codegen from core/api/operations -->\n"
ENDS_END: Final = "<!-- end of the table -->\n"
_ADMIN: Final = "admin"


def changed(root: Path) -> dict[str, str]:
    """Return the pages that are not in step with the operations, as they should be."""
    found = blueprints()
    texts = {PAGE: page(found)}
    for path, begin, end, text in (
        ("README.md", BEGIN, END, summary(found)),
        (STREAMING, ENDS, ENDS_END, ends(found)),
    ):
        if (root / path).is_file():
            old = (root / path).read_text(encoding="utf-8")
            before, begins, rest = old.partition(begin)
            _, ended, after = rest.partition(end)
            if begins and ended:
                texts[path] = f"{before}{begin}{text}{end}{after}"
    return {
        path: text
        for path, text in texts.items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    }


def blueprints() -> list["Blueprint"]:
    """Every method, in the order of the modules in `core/api/operations`, aliases left out."""
    from api_openai.core.api import operations
    from api_openai.core.request.blueprint import Blueprint

    found: list[Blueprint] = []
    for each in iter_modules(operations.__path__):
        module = import_module(f"{operations.__name__}.{each.name}")
        found += [value for value in vars(module).values() if isinstance(value, Blueprint)]
    return [each for each in found if each.alias_of is None]


def summary(found: Iterable["Blueprint"]) -> str:
    """Return the table of the README: a line for each part of the client."""
    parts = _parts(found)
    lines = ["| | methods | |", "|---|---|---|"]
    for part, group in parts.items():
        line = f"| [`client.{part}`]({PAGE}#{_anchor(part)}) | {len(group)} | {_overview(group)} |"
        lines.append(line)
    total = sum(len(group) for group in parts.values())
    return "\n".join([*lines, "", f"{total} methods in all.", ""])


def ends(found: Iterable["Blueprint"]) -> str:
    """Return the table of where streams end: a line for each kind of event."""
    kinds: dict[str, tuple[Any, list[str]]] = {}
    for each in found:
        for answer in (each.events, each.answer, *_chosen(each)):
            if type(answer).__name__ == "EventsAnswer":
                kind = _name(getattr(answer, "type", None))
                kinds.setdefault(kind, (answer, []))[1].append(f"`{each.name}`")
    lines = ["| events | of | end at | may end with the body |", "|---|---|---|---|"]
    for kind, (answer, methods) in sorted(kinds.items()):
        marks = ", ".join(f"`{each}`" for each in ("[DONE]", *answer.terminal))
        names = ", ".join(dict.fromkeys(methods))
        lines.append(f"| {kind} | {names} | {marks} | {_with_body(answer)} |")
    return "\n".join([*lines, ""])


def _chosen(each: "Blueprint") -> list["Answer"]:
    return [answer for _, answer in each.choice.answers] if each.choice else []


def _with_body(answer: Any) -> str:
    """When the end of the body is a proper end."""
    if answer.may_just_end:
        return "at any time"
    if answer.last:
        return "after " + ", ".join(f"`{each}`" for each in answer.last)
    return "once each choice has a finish reason" if answer.finish_reasons else "never"


def page(found: Iterable["Blueprint"]) -> str:
    """Return the page with every method."""
    return "\n".join(_page(_parts(found))) + "\n"


def _page(parts: dict[str, list["Blueprint"]]) -> Iterator[str]:
    yield "# The API\n"
    yield "Every method of `Client` and `AsyncClient`. Written by codegen from `core/api/operations`.\n"
    yield "Types are in `api_openai.types` ([types.md](types.md)). `*` takes the admin key.\n"
    for part, group in parts.items():
        yield f"## client.{part}\n"
        yield "| method | request | answer |"
        yield "|---|---|---|"
        for each in group:
            star = "\\*" if each.admin else ""
            request = f"{each.method} {each.path.partition('?')[0]}"
            form = ", multipart" if each.multipart else ""
            yield f"| `{each.name}`{star} | `{request}`{form} | {_answer(each)} |"
        helpers = [each for each in _helpers() if _part(each) == part]
        sessions = [each for each in helpers if each.endswith(".connect")]
        for what, names in (
            ("More than one endpoint, or an answer that is read further", helpers),
            ("Sessions over a WebSocket ([realtime](realtime.md))", sessions),
        ):
            shown = [f"`{each}`" for each in names if (each in sessions) == (names is sessions)]
            if shown:
                yield f"\n{what}: {', '.join(shown)}."
        yield ""


def _parts(found: Iterable["Blueprint"]) -> dict[str, list["Blueprint"]]:
    """The endpoints by the part of the client that they belong to; all of `admin` is one."""
    parts: dict[str, list[Blueprint]] = {}
    for each in found:
        parts.setdefault(_part(each.name), []).append(each)
    order = sorted(parts, key=lambda part: (part == _ADMIN, part.startswith("beta."), part))
    return {part: parts[part] for part in order}


def _part(client: str) -> str:
    top = client.partition(".")[0]
    return top if top == _ADMIN else ".".join(client.split(".")[: prefix_of(client)])


def _overview(group: list["Blueprint"]) -> str:
    """The methods of a part, and the resources below it."""
    names = [each.name.removeprefix(_part(each.name))[1:] for each in group]
    own = [f"`{name}`" for name in names if "." not in name]
    depth = 2 if _part(group[0].name) == _ADMIN else 1
    below = (".".join(name.split(".")[:-1][:depth]) for name in names if "." in name)
    return ", ".join([*own, *(f"`{path}.*`" for path in dict.fromkeys(below))])


def _anchor(part: str) -> str:
    return f"client{part}".replace(".", "")


def _answer(each: "Blueprint") -> str:
    """What a method answers: always, by the choice of a parameter, and with `stream=True`."""
    kinds = [_kind(each.answer)]
    kinds += map(_kind, _chosen(each))
    text = " or ".join(dict.fromkeys(kinds))
    return text if each.events is None else f"{text}; {_kind(each.events)}"


def _kind(answer: "Answer") -> str:
    match type(answer).__name__:
        case "PageAnswer":
            return f"pages of {_name(getattr(answer, 'item', None))}"
        case "EventsAnswer":
            return f"stream of {_name(getattr(answer, 'type', None))}"
        case "BytesAnswer":
            return "bytes"
        case "TextAnswer":
            return "text"
        case "EmptyAnswer":
            return "nothing"
        case _:
            return _name(getattr(answer, "type", None))


def _name(ref: Any) -> str:
    name = ref.rpartition(":")[2] if isinstance(ref, str) else getattr(ref, "__name__", str(ref))
    return f"`{name}`"


def _helpers() -> list[str]:
    """The client paths of the methods that are written by hand."""
    found: list[str] = []
    for path, name in HELPERS.items():
        module = import_module(f"api_openai.client.tree.helpers.{path_module(path)}")
        own: dict[str, object] = getattr(module, name).__dict__
        found += [f"{path}.{each}" for each in own if not each.startswith("_")]
    return found


def path_module(path: str) -> str:
    """The module of a resource's helpers."""
    return "_".join(path.split(".")[: prefix_of(f"{path}.method")])
