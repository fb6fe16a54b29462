"""openinference: patches the SDK's classes."""

from .kit import package
from .spans import exporter_and_provider, observe

exporter, provider = exporter_and_provider()
package("openinference.instrumentation.openai").OpenAIInstrumentor().instrument(
    tracer_provider=provider
)
observe(exporter)
