"""`TraceLogger`: the steps of calls as records of `logging`."""

import logging
import os
from collections.abc import Mapping
from typing import Final

from ...core.call.trace import Kind, TraceEvent

__all__ = ["LEVELS", "TraceLogger"]

LEVELS: Final[Mapping[Kind, int]] = {
    "attempt.failed": logging.WARNING,
    "answer.failed": logging.WARNING,
    "policy.refused": logging.WARNING,
    "call.failed": logging.ERROR,
    "policy.retry": logging.INFO,
    "policy.hedge": logging.INFO,
    "policy.wait": logging.INFO,
    "call.end": logging.INFO,
    "stream.end": logging.INFO,
    "session.end": logging.INFO,
}
"""The levels of records; `DEBUG` where a kind is not among them."""

_SHOWN: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
_FIELDS: Final = (
    "kind", "operation", "call", "attempt", "seconds", "model", "origin", "status", "request_id",
    "error",
)  # fmt: skip


class TraceLogger:
    """Logs each event of a trace: `Client(trace=TraceLogger())`.

    `logger` is one of `logging`, or the name of one. `levels` are those of kinds of events where they
    are to be others than in `LEVELS`; `None` in the place of one leaves its records out. A record has
    the fields of its event as attributes, with `openai_` before their names.
    """

    __slots__ = ("_levels", "logger")

    def __init__(
        self,
        logger: logging.Logger | str = "api_openai",
        levels: Mapping[Kind, int | None] | None = None,
    ) -> None:
        self.logger = logging.getLogger(logger) if isinstance(logger, str) else logger
        self._levels: dict[Kind, int | None] = {**LEVELS, **(levels or {})}

    @classmethod
    def from_env(cls, variable: str = "OPENAI_LOG") -> "TraceLogger | None":
        """Log as an environment variable says, `debug` or `info`: to stderr, if nothing is set up.

        `None`, which is no listener, where it is not set; `ValueError` for a value that is no level.
        """
        value = os.environ.get(variable)
        if value and value.lower() not in _SHOWN:
            raise ValueError(f"{variable}={value!r}: expected {', '.join(_SHOWN)}")
        return cls.said(variable)

    @classmethod
    def said(cls, variable: str = "OPENAI_LOG") -> "TraceLogger | None":
        """As `from_env`, but a value that is no level is passed over, as the official SDK does."""
        level = _SHOWN.get(os.environ.get(variable, "").lower())
        if level is None:
            return None
        logging.basicConfig(format="[%(asctime)s - %(name)s - %(levelname)s] %(message)s")
        made = cls()
        made.logger.setLevel(level)
        return made

    def __call__(self, event: TraceEvent) -> None:
        """Log one event."""
        level = self._levels.get(event.kind, logging.DEBUG)
        if level is None or not self.logger.isEnabledFor(level):
            return
        extra = {f"openai_{name}": getattr(event, name) for name in _FIELDS}
        self.logger.log(level, "%s", _words(event), extra=extra)


def _words(event: TraceEvent) -> str:
    said = [f"#{event.call}", event.operation, event.kind]
    if event.attempt > 1:
        said.append(f"attempt {event.attempt}")
    if event.status is not None:
        said.append(str(event.status))
    if event.error is not None:
        said.append(event.error)
    if event.detail:
        said.append(event.detail)
    if event.last or event.kind in ("response.head", "stream.first"):
        said.append(f"after {event.seconds:.3f} s")
    if event.request_id is not None and event.kind != "response.head":
        said.append(f"({event.request_id})")
    return " ".join(said).replace("\n", "\\n").replace("\r", "\\r")
