"""OpenLLMetry, which traceloop uses: opentelemetry-instrumentation-openai; patches the SDK's classes."""

from .kit import package
from .spans import exporter_and_provider, observe

exporter, provider = exporter_and_provider()
package("opentelemetry.instrumentation.openai").OpenAIInstrumentor().instrument(
    tracer_provider=provider
)
observe(exporter)
