"""`/embeddings`: unit vectors that depend on nothing but the input."""

import math
import sys
from array import array
from base64 import b64encode
from hashlib import shake_128
from typing import Final

from ..fake_data.texts import token_count
from ..http.errors import too_long, too_short, wrong_type, wrong_value
from ..http.json_documents import Object, is_array, is_integer
from ..http.response import HttpResponse
from ..requests.call import Call
from ..requests.models import model_for
from ..requests.rules import STRING, Rule, check

_RULES: Final = {
    "model": Rule("a string", required=True),
    "input": Rule("a string or an array", required=True, low=1),
    "encoding_format": Rule("a string", values=("float", "base64")),
    "dimensions": Rule("an integer", low=1),
    "user": STRING,
}
_DIMENSIONS: Final = {"text-embedding-3-large": 3072}
_MOST_INPUTS: Final = 2048


def create(call: Call) -> HttpResponse:
    """`POST /embeddings`."""
    document = call.document
    check(document, _RULES)
    model = model_for(call, document["model"], "embedding")
    most = _DIMENSIONS.get(model, 1536)
    wanted = document.get("dimensions")
    size = wanted if is_integer(wanted) else most
    if size > most:
        raise wrong_value("dimensions", f"'{model}' has {most} of them")
    inputs = _inputs(document["input"])
    base64 = document.get("encoding_format") == "base64"
    rows: list[Object] = []
    used = 0
    for index, item in enumerate(inputs):
        used += token_count(item) if isinstance(item, str) else len(item)
        numbers = vector(repr(item), size)
        embedding = _base64(numbers) if base64 else numbers.tolist()
        rows.append({"object": "embedding", "index": index, "embedding": embedding})
    usage = {"prompt_tokens": used, "total_tokens": used}
    answer: Object = {"object": "list", "data": rows, "model": model, "usage": usage}
    return HttpResponse.json(answer, tokens=used)


def vector(key: str, size: int) -> "array[float]":
    """Return `size` 32-bit floats of length 1 that depend on `key` and `size`."""
    raw = array("i")
    raw.frombytes(shake_128(key.encode()).digest(4 * size))
    if sys.byteorder == "big":
        raw.byteswap()
    length = math.sqrt(sum(value * value for value in raw)) or 1.0
    return array("f", [value / length for value in raw])


def _base64(numbers: "array[float]") -> str:
    """Render 32-bit floats in little-endian order, as the API does."""
    if sys.byteorder == "big":
        numbers = array("f", numbers)
        numbers.byteswap()
    return b64encode(numbers).decode("ascii")


def _inputs(given: object) -> list[str | list[int]]:
    """Read `input`: a text, texts, tokens, or lists of tokens."""
    if isinstance(given, str):
        given = [given]
    items = given if is_array(given) else []
    if items and all(is_integer(item) for item in items):
        items = [items]
    if len(items) > _MOST_INPUTS:
        raise too_long("input", "array", _MOST_INPUTS, len(items))
    inputs: list[str | list[int]] = []
    for index, item in enumerate(items):
        if isinstance(item, str):
            numbers = None
        elif is_array(item) and item:
            numbers = [number for number in item if is_integer(number)]
            if len(numbers) < len(item):
                raise wrong_type(f"input[{index}]", "an array of integers", item)
        else:
            raise wrong_type(f"input[{index}]", "a string or an array of integers", item)
        if item == "":
            raise too_short(f"input[{index}]", "string", 1, 0)
        inputs.append(item if isinstance(item, str) else numbers or [])
    return inputs
