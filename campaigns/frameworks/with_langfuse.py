"""langfuse: importing `langfuse.openai` patches the SDK's classes."""

import os

from .kit import package
from .spans import exporter_and_provider, observe

os.environ["LANGFUSE_BASE_URL"] = "http://127.0.0.1:9"
exporter, provider = exporter_and_provider()
package("langfuse").Langfuse(public_key="pk-test", secret_key="sk-test", tracer_provider=provider)
package("langfuse.openai")
observe(exporter)
