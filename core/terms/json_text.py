"""JSON text to builtins, as leniently as the text of servers asks for."""

from typing import Any, Final

import msgspec

from . import nesting

__all__ = ["REFUSALS", "CodecError", "decode_json"]

REFUSALS: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""All that msgspec raises about bytes."""


class CodecError(ValueError):
    """The bytes are not a JSON document, or not one that the type could be made of at all."""


def decode_json(data: bytes) -> Any:
    """Return a JSON document as builtins; `CodecError` if it is none.

    Accepted beyond RFC 8259, because servers send it: a byte order mark, lone surrogates (a
    character that was split over two events), control characters in strings, `NaN` and `Infinity`.
    Integers of any size are exact up to 4,300 digits. Bytes that are not UTF-8 become U+FFFD.
    """
    complaint = ""
    try:
        if nesting.limit is not None:
            nesting.check_document(data)
        return msgspec.json.decode(data)
    except REFUSALS as error:
        refusal = str(error)
        if nesting.limit is not None and isinstance(error, RecursionError):
            complaint = f"not readable as JSON: {refusal}"
    if complaint:
        raise CodecError(complaint)
    import json  # seldom needed

    try:
        return json.loads(data.decode("utf-8-sig", "replace"), strict=False, parse_int=_integer)
    except RecursionError:
        complaint = "not readable as JSON: nested too deeply"
    except ValueError:
        complaint = _complaint(data, refusal)
    # Out here, or the error would keep those before it, and with them the whole document.
    raise CodecError(complaint)


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # more digits than Python converts in reasonable time
        return float(digits)


def _complaint(data: bytes, refusal: str) -> str:
    start = data[:64].lstrip()
    if not start:
        return "not JSON: nothing but white space" if data else "not JSON: the body is empty"
    if start.startswith(b"<"):
        return "not JSON: it looks like HTML or XML"
    return f"not JSON: {refusal}"
