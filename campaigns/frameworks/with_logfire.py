"""logfire: `instrument_openai(client)` wraps a client's `request`, and its streams."""

from typing import Any

from .kit import package
from .spans import exporter_and_provider, observe

logfire = package("logfire")
export = package("opentelemetry.sdk.trace.export")
exporter, _ = exporter_and_provider()
logfire.configure(
    send_to_logfire=False,
    console=False,
    additional_span_processors=[export.SimpleSpanProcessor(exporter)],
)


def prepare(client: Any) -> Any:
    logfire.instrument_openai(client)
    return client


observe(exporter, prepare)
