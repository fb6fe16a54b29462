"""`python -m api_openai.emulator`: serve on a loopback port until Ctrl-C."""

import argparse
import contextlib
import math
import signal
import sys
import time
from collections.abc import Sequence

from .app.emulator import Emulator
from .faults.names import parse
from .server.tcp_server import Server


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve as the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m api_openai.emulator",
        description="An OpenAI-compatible server without a model. Prints its base URL first.",
    )
    add = parser.add_argument
    add("--port", type=int, default=8080, help="TCP port; 0 takes a free one (default 8080)")
    add("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    add("--latency", type=float, default=0.0, metavar="S", help="seconds before each answer")
    add("--pace", type=float, default=0.01, metavar="S", help="seconds between events of a stream")
    add("--seed", type=int, default=0, help="another seed gives other ids")
    add("--discard", action="store_true", help="keep only the digests of uploads")
    add("--any-model", action="store_true", help="take every name for a model")
    add("--no-examples", action="store_true", help="make up nothing that nobody made")
    add("--poll-after", type=int, metavar="MS", help="say when to look again at what takes time")
    add("--no-key", action="store_true", help="answer requests without an API key too")
    add(
        "--cors",
        metavar="ORIGIN",
        nargs="?",
        const="*",
        help="let pages of that origin call it from a browser; without one, of any",
    )
    add("--key", metavar="KEY", help="refuse any other API key")
    add(
        "--fault",
        action="append",
        default=[],
        metavar="SPEC",
        help="a fault for one request, as 'status;status=503' (repeat for the next requests); "
        "'*' in front makes it last: '*comments'",
    )
    options = parser.parse_args(arguments)
    if options.key == "":
        parser.error("--key: it is empty, and no request could have it")
    try:
        emulator = Emulator(
            latency=options.latency,
            pace=options.pace,
            seed=options.seed,
            clock=time.time,
            discard=options.discard,
            any_model=options.any_model,
            examples=not options.no_examples,
            poll_after_ms=options.poll_after,
            require_key=not options.no_key,
            key=options.key,
            cors=options.cors,
        )
    except ValueError as error:
        parser.error(f"--{error}")
    for spec in options.fault:
        try:
            faults = parse(spec.removeprefix("*"))
        except ValueError as error:
            parser.error(str(error))
        emulator.script(faults, times=math.inf if spec.startswith("*") else 1)
    _allow_many_connections()
    with Server(emulator, host=options.host, port=options.port) as server:
        signal.signal(signal.SIGTERM, lambda _number, _frame: server.stop())
        print(server.base_url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.run()
    return 0


def _allow_many_connections() -> None:
    """Raise the limit of open files as far as this user may, where there is one."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else hard
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


if __name__ == "__main__":
    sys.exit(main())
