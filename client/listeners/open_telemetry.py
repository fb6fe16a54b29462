"""`OpenTelemetry`: a span for each call, and metrics, by the GenAI conventions."""

from collections import deque
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from ...core.call.trace import DROPPED, TraceEvent
from ...core.call.traced_call import TracedCall
from ...core.json.encode import encode
from ...core.request.redaction import Redaction
from ...core.terms.version import __version__
from . import genai_messages
from .genai import (
    Value,
    answer_attributes,
    conventional_name,
    provider_of,
    request_attributes,
)
from .genai_metrics import INFERENCE, Ended, Instruments
from .usage import GENERATING

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider

__all__ = ["SCHEMA_URL", "OpenTelemetry"]

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/gen-ai/0.1.0"

_NOTED: Final = frozenset({"attempt.failed", "policy.wait", "policy.retry", "policy.hedge"})


class OpenTelemetry:
    """Makes spans and metrics of a trace: `Client(trace=OpenTelemetry())`.

    They go to the providers that are given, else to those that the program has set. `content` puts
    messages, instructions and tools into the spans, which are the users' own words. `attempts` gives each
    attempt a span within that of its call. `propagate` sends the context along, as `traceparent`
    and what else the program's propagator writes. `provider` is `gen_ai.provider.name` where the
    endpoint does not show it. Raises `ImportError` where `opentelemetry-api` is not installed.
    """

    def __init__(
        self,
        *,
        tracer_provider: "TracerProvider | None" = None,
        meter_provider: "MeterProvider | None" = None,
        content: bool = False,
        attempts: bool = False,
        propagate: bool = False,
        provider: str | None = None,
    ) -> None:
        try:
            from opentelemetry import metrics, trace
        except ImportError:
            raise ImportError(
                "OpenTelemetry: needs opentelemetry-api; pip install 'api-openai[opentelemetry]'"
            ) from None
        self._tracer = trace.get_tracer("api_openai", __version__, tracer_provider, SCHEMA_URL)
        meter = metrics.get_meter("api_openai", __version__, meter_provider, SCHEMA_URL)
        self._instruments = Instruments(meter)
        self._content = content
        self._attempts = attempts
        self._propagate = propagate
        self._provider = provider
        self._calls: dict[int, _Call] = {}
        self._dropped: deque[tuple[_Call, Ended]] = deque()

    def flush(self) -> None:
        """End the spans of streams that were dropped; the next event of any call does it too.

        The garbage collector tells of them, in the midst of whatever a thread does: there the SDK
        cannot be called, which may hold a lock.
        """
        while self._dropped:
            try:
                call, end = self._dropped.popleft()
            except IndexError:  # another thread was faster
                return
            call.finish(end)

    def __call__(self, event: TraceEvent) -> None:
        """Take one event."""
        traced = event.traced
        if event.detail != DROPPED:
            self.flush()
        if traced is None:
            return
        if event.kind == "call.start":
            self._calls[event.call] = self._begin(traced, event)
            return
        call = self._calls.get(event.call)
        if call is None:
            return
        if not event.last:
            call.take(event)
            return
        del self._calls[event.call]
        end = call.end(traced, event)
        if event.detail == DROPPED:
            self._dropped.append((call, end))
        else:
            call.take(event)
            call.finish(end)

    def _begin(self, traced: TracedCall, event: TraceEvent) -> "_Call":
        from opentelemetry import context, propagate, trace

        endpoint = traced.endpoint
        assert endpoint is not None  # the call is not over
        masks, provider = traced.masks(endpoint), self._provider or provider_of(endpoint)
        name = conventional_name(traced)
        labels: dict[str, Value] = {
            "gen_ai.operation.name": name,
            "gen_ai.provider.name": provider,
            "server.address": masks.text(endpoint.origin.host),
            "server.port": endpoint.origin.port,
        }
        if event.model is not None:
            labels["gen_ai.request.model"] = event.model
        title = name if event.model is None else f"{name} {event.model}"
        span = self._tracer.start_span(title, kind=trace.SpanKind.CLIENT, attributes=labels)
        around = trace.set_span_in_context(span)
        call = _Call(self._instruments, span, around, labels, provider, masks)
        if self._attempts:
            call.tracer = self._tracer
        if span.is_recording():
            call.put(request_attributes(traced, provider))
            if self._content and traced.path in GENERATING:
                call.content = True
                call.put_contents(traced)
        if traced.streams:
            traced.times = []
            if call.content:
                traced.events = []
        if self._propagate:
            propagate.inject(traced.headers, around)
        call.token = context.attach(around)
        return call


class _Call:
    """The span of one call, and what its metrics need."""

    def __init__(
        self,
        instruments: Instruments,
        span: "Span",
        around: "Context",
        labels: dict[str, Value],
        provider: str,
        masks: Redaction,
    ) -> None:
        self._instruments = instruments
        self._span = span
        self._around = around
        self._labels = labels
        self._provider = provider
        self._masks = masks
        self._error: tuple[str, str] | None = None
        self._first: float | None = None
        self._children: dict[int, Span] = {}
        self._failing: set[int] = set()
        """The attempts that have an error status, and whose body is still to be read."""
        self.content = False
        self.tracer: Any = None
        """What makes spans of attempts, where those are wanted."""
        self.token: Token[Context] | None = None

    def put(self, attributes: dict[str, Value]) -> None:
        """Set attributes of the span, credentials masked."""
        text = self._masks.text
        for name, value in attributes.items():
            if isinstance(value, str):
                value = text(value)
            elif isinstance(value, list):
                value = [text(each) for each in value]
            self._span.set_attribute(name, value)

    def put_contents(self, traced: TracedCall) -> None:
        """Set what was said to the model."""
        request = traced.request or {}
        self._put_json("gen_ai.input.messages", genai_messages.input_messages(request))
        self._put_json("gen_ai.system_instructions", genai_messages.system_instructions(request))
        self._put_json("gen_ai.tool.definitions", genai_messages.tools(request))

    def _put_json(self, name: str, value: list[dict[str, Any]]) -> None:
        if value:
            self.put({name: encode(value).decode()})

    def take(self, event: TraceEvent) -> None:
        """Take an event that is not the first."""
        kind = event.kind
        if kind in ("call.end", "call.failed"):
            self._leave()
        if kind == "stream.first":
            self._first = event.seconds
        elif kind in ("call.failed", "answer.failed") or (event.error and event.last):
            self._error = self._error or (event.error or "_OTHER", event.detail)
        if self.tracer is not None:
            self._take_attempt(event)
        elif kind in _NOTED and self._span.is_recording():
            noted: dict[str, Value] = {"attempt": event.attempt}
            if event.detail:
                noted["reason"] = event.detail
            if event.status is not None:
                noted["http.response.status_code"] = event.status
            self._span.add_event(kind, noted)

    def _leave(self) -> None:
        """Make the span before this one the current one again."""
        from opentelemetry import context

        token, self.token = self.token, None
        # Elsewhere, as in the garbage collector, another one is current, and stays.
        if token is not None and context.get_current() is self._around:
            context.detach(token)

    def _take_attempt(self, event: TraceEvent) -> None:
        from opentelemetry.trace import SpanKind

        if event.kind == "attempt.start":
            endpoint = None if event.traced is None else event.traced.endpoint
            method = "" if event.traced is None else event.traced.method
            attributes: dict[str, Value] = {"http.request.method": method}
            if endpoint is not None:
                attributes["server.address"] = self._masks.text(endpoint.origin.host)
                attributes["server.port"] = endpoint.origin.port
            if event.attempt > 1:
                attributes["http.request.resend_count"] = event.attempt - 1
            self._children[event.attempt] = self.tracer.start_span(
                method, self._around, kind=SpanKind.CLIENT, attributes=attributes
            )
            return
        child = self._children.get(event.attempt)
        if child is None:
            return
        if event.status is not None:
            child.set_attribute("http.response.status_code", event.status)
            if event.status >= 300:
                self._failing.add(event.attempt)
        if event.kind == "attempt.failed":
            _fail(child, "_OTHER" if event.status is None else str(event.status), event.detail)
        elif event.kind not in ("response.end", "response.abort") or event.attempt in self._failing:
            return
        self._children.pop(event.attempt).end()

    def end(self, traced: TracedCall, event: TraceEvent) -> "Ended":
        """Take of a call that is over what is needed of it."""
        return Ended(
            event.seconds,
            time_ns(),
            traced.streams,
            traced.unreadable,
            traced.answer,
            tuple(traced.times or ()),
            _output(traced) if self.content else [],
        )

    def finish(self, end: "Ended") -> None:
        """End the span, and record the metrics."""
        self._leave()
        answer = end.answer
        if self._error is None and (end.unreadable or (answer is not None and answer.failed)):
            self._error = ("ResponseDecodeError" if answer is None else "APIError", "")
        inference = self._labels["gen_ai.operation.name"] in INFERENCE
        if self._span.is_recording():
            if answer is not None:
                self.put(answer_attributes(answer, self._provider))
            if end.streams and inference and not (answer and answer.finish_reasons):
                self.put({"gen_ai.response.finish_reasons": ["error"]})
            if self._first is not None:
                self.put({"gen_ai.response.time_to_first_chunk": self._first})
            self._put_json("gen_ai.output.messages", end.messages)
        for child in self._children.values():
            child.end(end.at)
        if self._error is not None:
            _fail(self._span, *self._error)
        self._span.end(end.at)
        labels = self._labels
        if answer is not None and answer.model is not None:
            labels = labels | {"gen_ai.response.model": self._masks.text(answer.model)}
        error = None if self._error is None else self._error[0]
        self._instruments.record(end, labels, error, self._first)


def _output(traced: TracedCall) -> list[dict[str, Any]]:
    if traced.streams:
        return genai_messages.streamed_messages(traced.events or ())
    return genai_messages.output_messages(traced.document or {})


def _fail(span: "Span", kind: str, detail: str) -> None:
    from opentelemetry.trace import StatusCode

    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR, detail or None)
