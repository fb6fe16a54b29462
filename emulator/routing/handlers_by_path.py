"""Handlers of the paths that most programs use, which are found without the catalogue.

They check requests by tables of their own, and load nothing of what describes the whole API.
"""

from collections.abc import Callable, Mapping
from typing import Final

from ..handlers import chat, embeddings, files, responses
from ..handlers import model_list as models
from ..http.response import HttpResponse
from ..requests.call import Call

Handler = Callable[[Call], HttpResponse]

HANDLERS: Final[Mapping[str, Mapping[str, Handler]]] = {
    "/chat/completions": {"POST": chat.create, "GET": chat.list_stored},
    "/chat/completions/{}": {"GET": chat.retrieve, "POST": chat.update, "DELETE": chat.delete},
    "/chat/completions/{}/messages": {"GET": chat.messages},
    "/responses": {"POST": responses.create},
    "/responses/compact": {"POST": responses.compact},
    "/responses/input_tokens": {"POST": responses.input_tokens},
    "/responses/{}": {"GET": responses.retrieve, "DELETE": responses.delete},
    "/responses/{}/cancel": {"POST": responses.cancel},
    "/responses/{}/input_items": {"GET": responses.input_items},
    "/models": {"GET": models.list_models},
    "/models/{}": {"GET": models.retrieve, "DELETE": models.delete},
    "/embeddings": {"POST": embeddings.create},
    "/files": {"GET": files.list_files, "POST": files.create},
    "/files/{}": {"GET": files.retrieve, "DELETE": files.delete},
    "/files/{}/content": {"GET": files.content},
}
"""Who answers, by path and method. `{}` stands for one part of the path; a path without it wins."""


def file_fields(handler: Handler) -> frozenset[str] | None:
    """Return the fields that are files, where a handler reads a form in place of JSON."""
    return frozenset({"file"}) if handler is files.create else None


def handlers_at(segments: tuple[str, ...]) -> tuple[Mapping[str, Handler], tuple[str, ...]] | None:
    """Return the handlers of a path, and the values of its parameters; None where it has none."""
    if not all(segments):
        return None
    fixed = "/" + "/".join(segments)
    if (handlers := HANDLERS.get(fixed)) is not None:
        return handlers, ()
    for pattern, handlers in HANDLERS.items():
        names = pattern.split("/")[1:]
        if len(names) == len(segments) and all(
            name in ("{}", segment) for name, segment in zip(names, segments, strict=True)
        ):
            values = zip(names, segments, strict=True)
            return handlers, tuple(value for name, value in values if name == "{}")
    return None
