"""OpenTelemetry's own instrumentation: patches the SDK's classes, for chat completions and embeddings."""

from .kit import package
from .spans import exporter_and_provider, observe

exporter, provider = exporter_and_provider()
package("opentelemetry.instrumentation.openai_v2").OpenAIInstrumentor().instrument(
    tracer_provider=provider
)
observe(exporter, content=False, of_responses=False)
