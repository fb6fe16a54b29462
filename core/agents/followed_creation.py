"""Operations whose events are followed: handlers stay with the answer and are not sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Unpack

from msgspec.structs import asdict, replace

from ..api.operations import beta_agents as operations
from ..json.encode import builtins
from ..request.answer_kinds import EventsAnswer
from ..request.options import for_each_call
from ..terms.omit import Omit, is_omitted, omit
from .turn_answer import TurnAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..api.params.beta_agents import SessionCreateParams
    from ..request.operation import Operation
    from ..structured.output_format import OutputFormat
    from .function_calls import Handlers, OnToolError

_KEY: Final = "idempotency-key"


def followed(operation: Operation[Any, Any], **about: Any) -> Operation[Any, Any]:
    """Return an operation that answers events as one whose events are followed.

    `about` are the fields that `TurnAnswer` has beyond those of other events.
    """
    return replace(operation, answer=TurnAnswer(**asdict(operation.answer), **about))


def sessions_create(
    *,
    stream: bool | None = None,
    output_type: Any = None,
    tool_handlers: Handlers | Omit | None = None,
    on_tool_error: OnToolError | Omit | None = None,
    **options: Unpack[SessionCreateParams],
) -> Operation[Any, Any]:
    """`POST /agents/sessions` answers `AgentSession`.

    With `stream=True` the answer is a stream of `AgentSessionEvent` that has `get_final_result()`.
    Required: `environment`.

    `output_type` (a type, a JSON schema, an `OutputFormat`) is sent as `agent.text.format`, and is
    what the result's answer is read as. `tool_handlers` and `on_tool_error` are those of
    `sessions.stream`, and need `stream=True`; the answers of tools are sent with `extra_headers` and
    `timeout` of this call. Raises `ValueError` for handlers without a stream, and for an
    `output_type` beside `agent.text.format`.
    """
    given: dict[str, Any] = {**options} if stream is None else {**options, "stream": stream}
    format = None
    if not (output_type is None or is_omitted(output_type)):
        from .turn import format_of

        format = format_of(output_type)
        given["agent"] = _answering(given.get("agent"), format)
    operation = operations.sessions_create(**given)
    handlers = {} if is_omitted(tool_handlers) else dict(tool_handlers or {})
    if not isinstance(operation.answer, EventsAnswer):
        if handlers:
            raise ValueError("tool_handlers: calls come as events; they need stream=True")
        return operation
    if not is_omitted(options.get("response_type", omit)):
        if handlers or format is not None:
            raise TypeError(
                "response_type: events of another type cannot be followed; leave it out"
            )
        return operation
    headers, _ = without_key(options.get("extra_headers"))
    each = for_each_call(options) | {"extra_headers": headers}
    return followed(
        operation,
        format=format,
        handlers=handlers,
        on_tool_error=None if is_omitted(on_tool_error) else on_tool_error,
        options=each,
    )


def without_key(headers: Mapping[str, Any] | Omit | None) -> tuple[dict[str, Any], Any]:
    """Return header fields without the idempotency key, which is of one request, and the key."""
    fields = {} if is_omitted(headers) else dict(headers or {})
    keys = [fields.pop(name) for name in [*fields] if name.lower() == _KEY]
    return fields, keys[-1] if keys else None


def _answering(agent: Any, format: OutputFormat[Any]) -> dict[str, Any]:
    """Return an agent that answers in a format."""
    changed: dict[str, Any] = {} if agent is None or is_omitted(agent) else builtins(agent)
    text: dict[str, Any] = changed.get("text") or {}
    if text.get("format") is not None:
        raise ValueError("output_type: agent.text.format is given too; leave one of them out")
    document = {"type": "json_schema", "schema": format.schema}
    return {**changed, "text": {**text, "format": document}}
