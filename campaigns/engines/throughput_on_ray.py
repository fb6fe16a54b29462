"""Rows a second of `Calls` and of Ray Data's own HTTP stage, one worker each, in turn.

Both ask the same server on loopback, which answers after 50 ms; the time is the server's, from the first
request to the last. The best of three rounds counts: what else the machine does makes each only slower.
"""

import json
import os
import sys
from importlib import import_module
from typing import Any, Final

from api_openai.bulk.ray import Calls

from .counting import CountingServer, counting
from .work import KEY, KEY_NAME, ask, recipe

LATENCY: Final = 0.05
ROUNDS: Final = 3
ROWS: Final = {"stage": 100, "calls": 4000}

ray: Final[Any] = import_module("ray")
data: Final[Any] = import_module("ray.data")
llm: Final[Any] = import_module("ray.data.llm")


def numbered(count: int) -> Any:
    """A dataset of texts, in few blocks: the work of Ray's driver is not what is measured."""
    rows = [{"id": n, "text": f"t{n}"} for n in range(count)]
    return data.from_items(rows, override_num_blocks=4)


def calls(server: CountingServer, rows: Any) -> Any:
    """Rows through `Calls`."""
    return rows.map_batches(Calls, **Calls.options(ask, key="id", recipe=recipe(server)))


def payload(row: dict[str, Any]) -> dict[str, Any]:
    """What the stage sends."""
    content = [{"role": "user", "content": row["text"]}]
    return {"payload": {"model": "m", "messages": content}}


def text(row: dict[str, Any]) -> dict[str, Any]:
    """What is taken of its answer."""
    return {"text": row["http_response"]["choices"][0]["message"]["content"]}


def stage(server: CountingServer, rows: Any) -> Any:
    """Rows through the HTTP stage."""
    config = llm.HttpRequestProcessorConfig(
        url=f"{server.url}/chat/completions",
        headers={"Authorization": f"Bearer {KEY}"},
        concurrency=1,
    )
    return llm.build_processor(config, preprocess=payload, postprocess=text)(rows)


def main() -> None:
    """Print the rows a second of both as the last line."""
    os.environ[KEY_NAME] = KEY
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    data.DataContext.get_current().enable_progress_bars = False
    best: dict[str, float] = {}
    with counting(LATENCY) as server:
        for number in range(ROUNDS):
            for way in (stage, calls):
                name = way.__name__
                server.forget()
                came = way(server, numbered(ROWS[name])).take_all()
                assert len(came) == server.requests == ROWS[name]
                rate = (ROWS[name] - 1) / (server.times[-1] - server.times[0])
                print(
                    f"{number} {name}: {rate:.1f}, peak {server.peak}", file=sys.stderr, flush=True
                )
                best[name] = max(rate, best.get(name, 0.0))
    ray.shutdown()
    print(json.dumps(best), flush=True)


if __name__ == "__main__":
    main()
