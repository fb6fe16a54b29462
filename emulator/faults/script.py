"""The script of faults: steps in order, each used up by the requests that it matches."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..http.request import RequestHead
from .faults import Fault

ScriptStep = Fault | tuple[Fault, ...] | None
"""What one request meets: a fault, several at once, or nothing."""


@dataclass(slots=True, eq=False)
class _Planned:
    faults: tuple[Fault, ...]
    method: str | None
    path: str | None
    when: Callable[[RequestHead], bool] | None
    left: float

    def matches(self, head: RequestHead) -> bool:
        return (
            (self.method is None or self.method == head.method)
            and (self.path is None or fnmatchcase(head.path, self.path))
            and (self.when is None or self.when(head))
        )


class Script:
    """The faults still to come."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def add(
        self,
        steps: Iterable[ScriptStep],
        *,
        method: str | None = None,
        path: str | None = None,
        when: Callable[[RequestHead], bool] | None = None,
        times: float = 1,
    ) -> None:
        """Plan `steps`, each for `times` matching requests in a row (`math.inf`: for all)."""
        for step in steps:
            faults = () if step is None else step if isinstance(step, tuple) else (step,)
            self._planned.append(_Planned(faults, method, path, when, times))

    def take(self, head: RequestHead) -> tuple[Fault, ...]:
        """Return what the request meets, and use it up."""
        for planned in self._planned:
            if planned.left > 0 and planned.matches(head):
                planned.left -= 1
                if planned.left <= 0:
                    self._planned.remove(planned)
                return planned.faults
        return ()

    def clear(self) -> None:
        """Forget everything planned."""
        self._planned.clear()

    def __len__(self) -> int:
        return len(self._planned)
