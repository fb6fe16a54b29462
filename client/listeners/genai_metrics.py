"""The metrics of the OpenTelemetry GenAI conventions: names, units, buckets, and what is recorded."""

from itertools import pairwise
from typing import Any, Final, NamedTuple

from ...core.call.summary import AnswerSummary, Usage
from .genai import Value, modalities

__all__ = ["INFERENCE", "Ended", "Instruments"]

INFERENCE: Final = frozenset({"chat", "text_completion", "generate_content"})
"""The operations that the metrics of inference are of."""

_SECONDS: Final = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]  # fmt: skip
_FIRST: Final = [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
]  # fmt: skip
_BETWEEN: Final = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5]
_TOKENS: Final = [4.0**power for power in range(14)]


class Ended(NamedTuple):
    """How a call ended."""

    seconds: float
    at: int
    """Nanoseconds since 1970."""
    streams: bool
    unreadable: bool
    answer: AnswerSummary | None
    times: tuple[float, ...]
    messages: list[dict[str, Any]]


class Instruments:
    """The metrics: names, units and buckets."""

    def __init__(self, meter: Any) -> None:
        def seconds(name: str, about: str, bounds: list[float]) -> Any:
            return meter.create_histogram(
                name, "s", about, explicit_bucket_boundaries_advisory=bounds
            )

        def sizes(name: str, about: str) -> Any:
            return meter.create_histogram(
                name, "{token}", about, explicit_bucket_boundaries_advisory=_TOKENS
            )

        def tokens(name: str, about: str) -> Any:
            return meter.create_counter(f"{start}.usage.{name}", "{token}", about)

        start = "gen_ai.client.inference"
        self._inference = seconds(f"{start}.duration", "Duration of an inference.", _SECONDS)
        self._embeddings = seconds(
            "gen_ai.client.embeddings.duration", "Duration of an embeddings operation.", _SECONDS
        )
        self._others = seconds(
            "gen_ai.client.operation.duration", "Duration of another operation.", _SECONDS
        )
        self._first = seconds(f"{start}.time_to_first_chunk", "Time to the first chunk.", _FIRST)
        self._between = seconds(
            f"{start}.time_per_output_chunk", "Time from one chunk to the next.", _BETWEEN
        )
        self._input = tokens("input_tokens", "Input tokens, cached ones included.")
        self._output = tokens("output_tokens", "Output tokens, those of reasoning included.")
        self._cache_read = tokens("cache_read.input_tokens", "Input tokens read from a cache.")
        self._cache_write = tokens("cache_write.input_tokens", "Input tokens written to a cache.")
        self._reasoning = tokens("reasoning.output_tokens", "Output tokens of reasoning.")
        self._input_size = sizes(f"{start}.operation.input_tokens", "Input tokens of an inference.")
        self._output_size = sizes(
            f"{start}.operation.output_tokens", "Output tokens of an inference."
        )
        self._embeddings_size = sizes(
            "gen_ai.client.embeddings.operation.input_tokens",
            "Input tokens of an embeddings operation.",
        )

    def record(
        self, end: Ended, labels: dict[str, Value], error: str | None, first: float | None
    ) -> None:
        """Record a call that is over; `first` is when the first event of its stream came."""
        usage = None if end.answer is None else end.answer.usage
        failed = {} if error is None else {"error.type": error}
        name = labels["gen_ai.operation.name"]
        if name in INFERENCE:
            self._inference.record(end.seconds, labels | failed)
            self._record_tokens(usage or Usage(), labels)
            if first is not None:
                self._first.record(first, labels)
            for before, after in pairwise(end.times):
                self._between.record(after - before, labels)
        elif name == "embeddings":
            self._embeddings.record(end.seconds, labels | failed)
            if usage is not None and usage.input_tokens is not None:
                self._embeddings_size.record(usage.input_tokens, labels)
        else:
            self._others.record(end.seconds, labels | failed)

    def _record_tokens(self, usage: Usage, labels: dict[str, Value]) -> None:
        counted = (
            (self._input, usage.input_tokens, usage.input_audio_tokens, usage.input_image_tokens),
            (
                self._output,
                usage.output_tokens,
                usage.output_audio_tokens,
                usage.output_image_tokens,
            ),
        )
        for counter, total, audio, image in counted:
            for modality, count in modalities(total, audio, image).items():
                counter.add(count, labels | {"gen_ai.token.modality": modality})
        for counter, part in (
            (self._cache_read, usage.cached_tokens),
            (self._cache_write, usage.cache_write_tokens),
            (self._reasoning, usage.reasoning_tokens),
        ):
            if part:
                counter.add(part, labels | {"gen_ai.token.modality": "unknown"})
        self._input_size.record(usage.input_tokens or 0, labels)
        self._output_size.record(usage.output_tokens or 0, labels)
