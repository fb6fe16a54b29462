"""What one subject is asked to do, as the harness writes it on the command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, Self, get_args

Who = Literal["ours", "official", "floor"]
Side = Literal[Who, "base"]
"""Who takes part: `base` is our client of another commit."""
Mode = Literal["blocking", "asyncio", "trio"]
SESSION_TASKS: Final = ("listen", "speak", "idle")
"""The tasks of realtime sessions."""
CROWD_TASKS: Final = ("together", "connected")
"""The tasks of many calls at once; all others are calls one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`task` is what to call, `scenario` what the server answers; `count` calls are measured,
    again and again until `seconds` have passed.
    """

    who: Who
    task: str
    scenario: str
    mode: Mode
    port: int
    count: int = 1
    warm: int = 1
    warm_on: str = ""
    seconds: float = 0.0
    variant: str = ""
    file: Path | None = None
    tls: bool = False

    @property
    def base_url(self) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}/{self.scenario}/v1"

    def warming(self) -> Self:
        """The plan of the calls that go before the measured ones."""
        return replace(self, scenario=self.warm_on or self.scenario)

    def arguments(self) -> list[str]:
        return [
            *(self.who, self.task, self.scenario, self.mode, f"--port={self.port}"),
            *(f"--count={self.count}", f"--warm={self.warm}", f"--warm_on={self.warm_on}"),
            *(f"--seconds={self.seconds}", f"--variant={self.variant}"),
            *([] if self.file is None else [f"--file={self.file}"]),
            *(["--tls"] if self.tls else []),
        ]

    @classmethod
    def parse(cls, arguments: Sequence[str] | None = None) -> Self:
        parser = argparse.ArgumentParser(prog="python -m benchmarks.subjects")
        parser.add_argument("who", choices=get_args(Who))
        parser.add_argument("task")
        parser.add_argument("scenario")
        parser.add_argument("mode", choices=get_args(Mode))
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--count", type=int, default=1)
        parser.add_argument("--warm", type=int, default=1)
        parser.add_argument("--warm_on", default="")
        parser.add_argument("--seconds", type=float, default=0.0)
        parser.add_argument("--variant", default="")
        parser.add_argument("--file", type=Path)
        parser.add_argument("--tls", action="store_true")
        return cls(**vars(parser.parse_args(arguments)))
