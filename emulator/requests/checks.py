"""Checks of header fields, query and body, before a handler answers."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ..http.errors import ApiError, missing, wrong_type
from ..http.forms import nested
from ..http.json_documents import Object
from .call import Call
from .catalogue import Route
from .typed_checks import check_keys, from_text, hints


def check_request(route: Route, call: Call) -> Call:
    """Return the request with texts of its query and form as values.

    Raises the API's refusal of what does not fit the route's description.
    """
    _check_headers(route, call)
    query: Object = nested(call.head.query.items())
    params = route.params()
    if params is None:
        return msgspec.structs.replace(call, query=query)
    blueprint = route.blueprint
    known, document = hints(params), call.document
    query = _values(query, known, route)
    check_keys(query, params, tuple(name for name in blueprint.query if name in known))
    files = dict.fromkeys(name.partition(".")[0] for name in blueprint.files)
    if call.is_form:
        document = _values(document, known, route)
    for name in files:
        if name in blueprint.required and name not in call.files and name not in document:
            raise missing(name)
        if not isinstance(document.get(name, {}), dict):
            raise wrong_type(name, "a file in a form", document[name])
    checked = tuple(name for name in blueprint.body if name in known and name not in files)
    check_keys(document, params, checked)
    stream = document.get("stream") if blueprint.events is not None else None
    if stream is not None and not isinstance(stream, bool):
        raise wrong_type("stream", "a boolean", stream)
    return msgspec.structs.replace(call, document=document, query=query)


def _values(document: Object, known: Mapping[str, Any], route: Route) -> Object:
    """Return texts as the values that they stand for."""
    if route.blueprint.events is not None:
        known = {**known, "stream": bool}
    return {
        name: from_text(value, known[name]) if name in known else value
        for name, value in document.items()
    }


def _check_headers(route: Route, call: Call) -> None:
    headers = call.head.headers
    if route.blueprint.admin:
        given = headers.get("authorization", "").partition(" ")[2].strip()
        if not given and not headers.get("api-key", ""):
            message = "This endpoint needs an admin API key: 'Authorization: Bearer KEY'."
            raise ApiError(401, message, code="invalid_api_key")
    for name, value in route.blueprint.headers:
        if name.lower() != "openai-beta" or route.parts[0] in _OPEN:
            continue
        betas = {each.strip() for each in headers.get("openai-beta", "").split(",")}
        if value not in betas:
            message = f"This endpoint is in beta: send the header field '{name}: {value}'."
            raise ApiError(400, message, code="invalid_beta")


_OPEN = frozenset({"vector_stores", "realtime"})
"""The parts of the API that clients send a beta header to, and that answer without one."""
