"""Helpers of `beta_threads`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from ....core.programs import runs as programs
from ...binding.deprecated import ASSISTANTS, deprecated, warn
from ...binding.helpers import Helpers
from ...binding.program_method import ProgramMethod, plain
from ...binding.resource import M, Resource

if TYPE_CHECKING:
    from typing import Unpack

    from ....core.api.params.beta_threads import (
        RunCreateParams,
        RunSubmitToolOutputsParams,
        ThreadCreateAndRunParams,
    )
    from ....core.request.operation import Operation
    from ...answers.assistants import AssistantEventHandler, AssistantStreamManager
    from ...sending.modes import Sync

T = TypeVar("T")
H = TypeVar("H", bound="AssistantEventHandler")


class ThreadsHelpers(Helpers[M]):
    """What `Threads` offers beyond its endpoints."""

    __slots__ = ()

    create_and_run_poll = deprecated(ProgramMethod(programs.create_and_run_poll), ASSISTANTS)

    @overload
    def create_and_run_stream(
        self: Resource[Sync],
        *,
        event_handler: None = None,
        **params: Unpack[ThreadCreateAndRunParams],
    ) -> AssistantStreamManager[AssistantEventHandler]: ...
    @overload
    def create_and_run_stream(
        self: Resource[Sync],
        *,
        event_handler: H,
        **params: Unpack[ThreadCreateAndRunParams],
    ) -> AssistantStreamManager[H]: ...
    def create_and_run_stream(
        self: Resource[Any],
        *,
        event_handler: Any = None,
        **params: Unpack[ThreadCreateAndRunParams],
    ) -> Any:
        """Create a thread and run it, as a stream: `POST /threads/runs`.

        Returns a context manager that sends on entering and gives the handler: `event_handler`, or
        a plain one. Keywords are those of `create_and_run`. Deprecated by the API.
        """
        from ....core.api.operations.beta_threads import create_and_run_stream

        return _manager(self, create_and_run_stream(stream=True, **params), event_handler)


class RunsHelpers(Helpers[M]):
    """What `Runs` offers beyond its endpoints."""

    __slots__ = ()

    poll = deprecated(ProgramMethod(programs.poll), ASSISTANTS)
    create_and_poll = deprecated(ProgramMethod(programs.create_and_poll), ASSISTANTS)
    submit_tool_outputs_and_poll = deprecated(
        ProgramMethod(programs.submit_tool_outputs_and_poll), ASSISTANTS
    )

    @overload
    def stream(
        self: Resource[Sync],
        thread_id: str,
        *,
        event_handler: None = None,
        **params: Unpack[RunCreateParams],
    ) -> AssistantStreamManager[AssistantEventHandler]: ...
    @overload
    def stream(
        self: Resource[Sync],
        thread_id: str,
        *,
        event_handler: H,
        **params: Unpack[RunCreateParams],
    ) -> AssistantStreamManager[H]: ...
    def stream(
        self: Resource[Any],
        thread_id: str,
        *,
        event_handler: Any = None,
        **params: Unpack[RunCreateParams],
    ) -> Any:
        """Run a thread, as a stream: `POST /threads/{thread_id}/runs`.

        Returns a context manager that sends on entering and gives the handler: `event_handler`, or
        a plain one. Keywords are those of `create`. Deprecated by the API.
        """
        from ....core.api.operations.beta_threads import runs_create_stream

        return _manager(self, runs_create_stream(thread_id, stream=True, **params), event_handler)

    create_and_stream = stream  # its older name

    @overload
    def submit_tool_outputs_stream(
        self: Resource[Sync],
        run_id: str,
        *,
        thread_id: str,
        event_handler: None = None,
        **params: Unpack[RunSubmitToolOutputsParams],
    ) -> AssistantStreamManager[AssistantEventHandler]: ...
    @overload
    def submit_tool_outputs_stream(
        self: Resource[Sync],
        run_id: str,
        *,
        thread_id: str,
        event_handler: H,
        **params: Unpack[RunSubmitToolOutputsParams],
    ) -> AssistantStreamManager[H]: ...
    def submit_tool_outputs_stream(
        self: Resource[Any],
        run_id: str,
        *,
        thread_id: str,
        event_handler: Any = None,
        **params: Unpack[RunSubmitToolOutputsParams],
    ) -> Any:
        """Answer the tool calls of a run, and stream what it does with that.

        `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`. Returns a context manager
        that sends on entering and gives the handler: `event_handler`, or a plain one. Deprecated
        by the API.
        """
        from ....core.api.operations.beta_threads import runs_submit_tool_outputs_stream

        operation = runs_submit_tool_outputs_stream(
            run_id, thread_id=thread_id, stream=True, **params
        )
        return _manager(self, operation, event_handler)


def _manager(resource: Resource[Any], operation: Operation[Any, Any], handler: Any) -> Any:
    warn(ASSISTANTS)
    sender = plain(resource, operation.name)
    if sender.asynchronous:
        from ...answers.assistants_async import (
            AsyncAssistantEventHandler,
            AsyncAssistantStreamManager,
        )

        given = _taken(handler, AsyncAssistantEventHandler)
        return AsyncAssistantStreamManager(sender, operation, given)
    from ...answers.assistants import AssistantEventHandler, AssistantStreamManager

    return AssistantStreamManager(sender, operation, _taken(handler, AssistantEventHandler))


def _taken(handler: Any, kind: type[T]) -> T:
    if handler is None:
        return kind()
    if not isinstance(handler, kind):
        raise TypeError(f"event_handler: expected an {kind.__name__}, got {handler!r}")
    return handler
