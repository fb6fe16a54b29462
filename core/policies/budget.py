"""`Budget`: how many attempts beyond the first all calls together may make."""

from typing import Any, Final

from . import checks

__all__ = ["Budget"]

TINY: Final = 1e-9
"""What a sum of shares may be off by."""


class Budget:
    """Extra attempts, as a share of calls: what keeps retries from burying a server that is down.

    Each call pays `ratio` in, up to `burst`, and each extra attempt takes 1 out; it begins full. With
    `ratio=0.1` no more than one in ten requests is an extra one, over a longer time. Several policies
    and clients may share one; a call pays in for each policy of its client that has it. Pickles with
    its balance.
    """

    __slots__ = ("_balance", "_burst", "_ratio", "_refused", "_taken")

    def __init__(self, ratio: float = 0.1, burst: float = 10.0) -> None:
        """`ratio`: extra attempts per call. `burst`: extra attempts that may come at once.

        `ValueError` for a ratio that is not from 0 to 1, or a burst below 1.
        """
        checks.share("Budget", "ratio", ratio)
        checks.seconds("Budget", "burst", burst)
        if burst < 1:
            raise ValueError(f"Budget burst={burst!r}: expected 1 or more")
        self._ratio, self._burst = ratio, float(burst)
        self._balance = float(burst)
        self._taken = self._refused = 0

    @property
    def balance(self) -> float:
        """Extra attempts that may be made now."""
        return self._balance

    @property
    def stats(self) -> dict[str, float]:
        """`balance`, and how many attempts were `taken` and `refused`."""
        return {"balance": self._balance, "taken": self._taken, "refused": self._refused}

    def deposit(self) -> None:
        """Pay in for one call."""
        self._balance = min(self._burst, self._balance + self._ratio)

    def withdraw(self) -> bool:
        """Take out for one extra attempt; `False` where there is nothing left."""
        if self._balance < 1 - TINY:
            self._refused += 1
            return False
        self._balance = max(0.0, self._balance - 1)
        self._taken += 1
        return True

    def __repr__(self) -> str:
        return f"Budget(ratio={self._ratio!r}, burst={self._burst!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        state = (self._balance, self._taken, self._refused)
        return _restore, (self._ratio, self._burst, state)


def _restore(ratio: float, burst: float, state: tuple[float, int, int]) -> Budget:
    budget = Budget(ratio, burst)
    budget._balance, budget._taken, budget._refused = state  # pyright: ignore[reportPrivateUsage]
    return budget
