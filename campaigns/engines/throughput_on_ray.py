"""Rows a second of `Calls` and of Ray Data's own HTTP stage, one worker each, in turn.

Both ask the same server on loopback, a process of its own, which answers after 50 ms; the time is the server's,
from the first request to the last. The best of three rounds counts: what else the machine does makes each only slower.
"""

import json
import os
import sys
from importlib import import_module
from multiprocessing import get_context
from typing import Any, Final

from api_openai.bulk.ray import Calls, Recipe

from .counting import counting
from .work import KEY, KEY_NAME, ask

LATENCY: Final = 0.05
ROUNDS: Final = 3
ROWS: Final = {"stage": 100, "calls": 4000}

spawning: Final = get_context("spawn")
ray: Final[Any] = import_module("ray")
data: Final[Any] = import_module("ray.data")
llm: Final[Any] = import_module("ray.data.llm")


def numbered(count: int) -> Any:
    """A dataset of texts, in few blocks: the work of Ray's driver is not what is measured."""
    rows = [{"id": n, "text": f"t{n}"} for n in range(count)]
    return data.from_items(rows, override_num_blocks=4)


def serve(pipe: Any) -> None:
    """Be the server: say where it is, and at each word what it has counted since the last."""
    with counting(LATENCY) as server:
        pipe.send(server.url)
        while pipe.recv():
            pipe.send((server.requests, server.peak, server.times[-1] - server.times[0]))
            server.forget()


def calls(url: str, rows: Any) -> Any:
    """Rows through `Calls`."""
    made = Recipe(api_key=KEY_NAME, base_url=url)
    return rows.map_batches(Calls, **Calls.options(ask, key="id", recipe=made))


def payload(row: dict[str, Any]) -> dict[str, Any]:
    """What the stage sends."""
    content = [{"role": "user", "content": row["text"]}]
    return {"payload": {"model": "m", "messages": content}}


def text(row: dict[str, Any]) -> dict[str, Any]:
    """What is taken of its answer."""
    return {"text": row["http_response"]["choices"][0]["message"]["content"]}


def stage(url: str, rows: Any) -> Any:
    """Rows through the HTTP stage."""
    config = llm.HttpRequestProcessorConfig(
        url=f"{url}/chat/completions",
        headers={"Authorization": f"Bearer {KEY}"},
        concurrency=1,
    )
    return llm.build_processor(config, preprocess=payload, postprocess=text)(rows)


def main() -> None:
    """Print the rows a second of both as the last line."""
    os.environ[KEY_NAME] = KEY
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    here, there = spawning.Pipe()
    server = spawning.Process(target=serve, args=(there,))
    server.start()
    url = here.recv()
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    data.DataContext.get_current().enable_progress_bars = False
    best: dict[str, float] = {}
    for number in range(ROUNDS):
        for way in (stage, calls):
            name = way.__name__
            came = way(url, numbered(ROWS[name])).take_all()
            here.send(True)
            requests, peak, seconds = here.recv()
            assert len(came) == requests == ROWS[name]
            rate = (requests - 1) / seconds
            print(f"{number} {name}: {rate:.1f}, peak {peak}", file=sys.stderr, flush=True)
            best[name] = max(rate, best.get(name, 0.0))
    here.send(False)
    server.join()
    ray.shutdown()
    print(json.dumps(best), flush=True)


if __name__ == "__main__":
    main()
