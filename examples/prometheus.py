"""Metrics of calls as Prometheus reads them: served on a port, or printed.

    python examples/prometheus.py            # makes a call, and prints them
    python examples/prometheus.py 9090       # serves them at http://localhost:9090/metrics

Needs OPENAI_API_KEY (and OPENAI_BASE_URL, for another server).
"""

import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

from api_openai import Client
from api_openai.tracing import Histogram, Metrics

metrics = Metrics()


def lines() -> Iterator[str]:
    """The text format of Prometheus."""
    for name, about, kind, values in metrics.collect():
        full = f"openai_{name}_total" if kind == "counter" else f"openai_{name}"
        yield f"# HELP {full} {about}\n# TYPE {full} {kind}"
        for labels, value in values.items():
            said = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
            if isinstance(value, Histogram):
                for bound, count in value.at_most():
                    yield f'{full}_bucket{{{said},le="{str(bound).replace("inf", "+Inf")}"}} {count}'
                yield f"{full}_sum{{{said}}} {value.sum}\n{full}_count{{{said}}} {value.count}"
            else:
                yield f"{full}{{{said}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class Handler(BaseHTTPRequestHandler):
    """Answers every GET with the metrics."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.end_headers()
        self.wfile.write("\n".join([*lines(), ""]).encode())


def main() -> None:
    with Client(trace=metrics) as client:
        client.responses.create(model="gpt-5", input="Say hello.")
        for _ in client.responses.create(model="gpt-5", input="Count to ten.", stream=True):
            pass
    if len(sys.argv) > 1:
        HTTPServer(("localhost", int(sys.argv[1])), Handler).serve_forever()
    print("\n".join(lines()))


if __name__ == "__main__":
    main()
