"""The name that a server has for a model, in place of the caller's: `Endpoint(models={...})`."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ..http.body import Body, BytesBody, JsonBody
from ..terms.nesting import decode
from .operation import Operation

__all__ = ["checked_models", "renamed"]


def checked_models(models: object) -> dict[str, str]:
    """Return a mapping of names, copied; `TypeError` for what is none."""
    if not isinstance(models, Mapping):
        raise TypeError(f"models={models!r}: expected a mapping of model names")
    names: dict[str, str] = {}
    for ours, theirs in models.items():  # pyright: ignore[reportUnknownVariableType] (the next lines look)
        if not (isinstance(ours, str) and isinstance(theirs, str) and ours and theirs):
            raise TypeError(
                f"models[{ours!r}]={theirs!r}: expected the name of a model for another"
            )
        names[ours] = theirs
    return names


def renamed(operation: Operation[Any, Any], models: Mapping[str, str]) -> Operation[Any, Any]:
    """Return the operation for another model, where its own has another name at the server.

    The name is changed where the API has it: in the query, the JSON body or the form.
    """
    theirs = models.get(operation.model or "")
    if theirs is None or theirs == operation.model:
        return operation
    return msgspec.structs.replace(
        operation,
        model=theirs,
        query=tuple(
            (name, theirs if name == "model" else value) for name, value in operation.query
        ),
        body=_renamed(operation.body, theirs),
    )


def _renamed(body: Body | None, model: str) -> Body | None:
    if isinstance(body, JsonBody):
        # Members stay as the text that they are: no number is rounded, no large input decoded.
        members = decode(body.data, dict[str, msgspec.Raw])
        members["model"] = msgspec.Raw(msgspec.json.encode(model))
        return JsonBody(msgspec.json.encode(members), body.content_type)
    if body is None or isinstance(body, BytesBody):
        return body
    from ..http.multipart import MultipartBody

    if not isinstance(body, MultipartBody):
        return body
    parts = tuple(
        msgspec.structs.replace(part, body=BytesBody(model.encode()))
        if part.name == "model"
        else part
        for part in body.parts
    )
    return MultipartBody(parts, body.boundary)
