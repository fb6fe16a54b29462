"""The lines of a batch's input file, and what the API finds wrong with them before it begins."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from ...core.terms.nesting import decode
from ..http.json_documents import Object, is_object, member, text

__all__ = ["Line", "faults", "lines"]

MOST_LINES: Final = 50_000
_MOST_FAULTS: Final = 100
_FIELDS: Final = ("custom_id", "method", "url", "body")


class Line(NamedTuple):
    """A line that is not empty; counted from 1, those that are empty too."""

    number: int
    request: object
    """The JSON document; `None` where it is none."""

    @property
    def custom_id(self) -> object:
        """What the caller calls it."""
        return member(self.request, "custom_id")


def lines(content: bytes | bytearray) -> Iterator[Line]:
    """Read the lines one after the other."""
    for number, line in enumerate(bytes(content).split(b"\n"), 1):
        if line.strip():
            try:
                yield Line(number, decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                yield Line(number, None)


def faults(content: bytes | bytearray, endpoint: str) -> list[Object]:
    """Return what makes a file no batch for an endpoint, as the batch's `errors.data`."""
    found: list[Object] = []
    seen: set[str] = set()
    model: str | None = None
    count = 0
    for count, line in enumerate(lines(content), 1):
        if count > MOST_LINES:
            return [_fault("too_many_tasks", f"A batch has at most {MOST_LINES} requests.")]
        if len(found) >= _MOST_FAULTS:
            continue
        fault = _shape(line) or _place(line, endpoint)
        name = text(line.custom_id)
        if fault is None and name in seen:
            message = "Another request of the batch has this custom_id; each needs one of its own."
            fault = _fault("duplicate_custom_id", message, line.number, "custom_id")
        asked = text(member(line.request, "body", "model"))
        if fault is None and asked:
            model = model or asked
            if asked != model:
                message = f"All requests of a batch have one model; this one has not '{model}'."
                fault = _fault("model_mismatch", message, line.number, "body.model")
        seen.add(name)
        if fault is not None:
            found.append(fault)
    if not count:
        return [_fault("empty_file", "There is no request in the input file.")]
    return found


def _shape(line: Line) -> Object | None:
    request = line.request
    if not is_object(request):
        message = "The line is not a JSON object."
        return _fault("invalid_json_line", message, line.number)
    for name in _FIELDS:
        if request.get(name) is None:
            message = f"Missing required parameter: '{name}'."
            return _fault("missing_required_parameter", message, line.number, name)
    for name in _FIELDS:
        fits = is_object(request[name]) if name == "body" else text(request[name])
        if not fits or (name == "method" and request[name] != "POST"):
            expected = {"method": "'POST'", "body": "an object"}.get(name, "text")
            message = f"Invalid value for '{name}': expected {expected}."
            return _fault("invalid_request", message, line.number, name)
    return None


def _place(line: Line, endpoint: str) -> Object | None:
    url = text(member(line.request, "url"))
    if url == endpoint:
        return None
    message = f"The requests of this batch go to '{endpoint}', and this one to '{url}'."
    return _fault("url_mismatch", message, line.number, "url")


def _fault(code: str, message: str, line: int | None = None, param: str | None = None) -> Object:
    return {"code": code, "line": line, "message": message, "param": param}
