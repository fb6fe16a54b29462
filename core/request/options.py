"""Keywords that every method takes besides the parameters of its endpoint."""

from collections.abc import Mapping
from typing import Any, Final, TypedDict, cast

from ..terms.omit import Omit
from ..terms.secret import Secret
from .answer_kinds import StreamEnd
from .timeout import Timeout


class Options(TypedDict, total=False):
    """Keywords of every method; none of them is a parameter of the API."""

    extra_headers: Mapping[str, str | Secret | Omit | None] | None
    """Header fields to add or replace; `None` or `omit` takes one of the client's away."""
    extra_query: Mapping[str, object] | None
    """Query parameters to add or replace."""
    extra_body: object
    """Fields to add to the JSON body, or to replace in it; at the top level."""
    timeout: float | Timeout | None
    """Replaces the client's timeout for this call; `None` is no limit."""
    response_type: Any
    """Decode the answer (each event, each item) into this type instead."""
    stream_end: StreamEnd
    """Where a stream may end: `announced`, or with its `body`; replaces the client's setting."""


NAMES: Final = frozenset(Options.__annotations__)
OF_ONE_CALL: Final = frozenset({"extra_body", "response_type"})
"""Options that mean one request; the others go along with each request of a program of several."""


def for_each_call(options: Mapping[str, Any]) -> Options:
    """Return the options that go along with each request of a program of several."""
    kept = {name: options[name] for name in options if name in NAMES - OF_ONE_CALL}
    return cast("Options", kept)  # its keys are those of Options
