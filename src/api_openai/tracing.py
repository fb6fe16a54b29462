"""What listens to the trace of calls: records for `logging`, counters, OpenTelemetry, or your own.

    from api_openai import Client
    from api_openai.tracing import Metrics, TraceLogger

    metrics = Metrics()
    client = Client(trace=[metrics, TraceLogger()])

Each does nothing unless it is given as `trace=`.
"""

from .client.listeners.metrics import BUCKETS, Family, Histogram, Metrics
from .client.listeners.open_telemetry import OpenTelemetry
from .client.listeners.trace_logger import TraceLogger
from .core.call.summary import AnswerSummary, Usage
from .core.call.trace import Trace, TraceEvent
from .core.call.traced_call import TracedCall

__all__ = [
    "BUCKETS",
    "AnswerSummary",
    "Family",
    "Histogram",
    "Metrics",
    "OpenTelemetry",
    "Trace",
    "TraceEvent",
    "TraceLogger",
    "TracedCall",
    "Usage",
]
