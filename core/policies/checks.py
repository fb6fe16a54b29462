"""What the settings of policies are checked with."""

from math import isfinite
from typing import Any

__all__ = ["count", "instance", "one_of", "seconds", "share", "statuses", "switch"]


def count(policy: str, name: str, value: Any, *, least: int = 0) -> None:
    """Raise `ValueError` unless `value` is a whole number of at least `least`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{policy} {name}={value!r}: expected a whole number of {least} or more")


def seconds(policy: str, name: str, value: Any, *, above: bool = False) -> None:
    """Raise `ValueError` unless `value` is a number of 0 or more; or more than 0, with `above`."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if not number or value < 0 or (above and value == 0):
        expected = "above 0" if above else "of 0 or more"
        raise ValueError(f"{policy} {name}={value!r}: expected a number {expected}")


def share(policy: str, name: str, value: Any) -> None:
    """Raise `ValueError` unless `value` is a number from 0 to 1."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise ValueError(f"{policy} {name}={value!r}: expected a number from 0 to 1")


def one_of(policy: str, name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Raise `ValueError` unless `value` is one of the words that are `allowed`."""
    if value not in allowed:
        words = ", ".join(map(repr, allowed))
        raise ValueError(f"{policy} {name}={value!r}: expected one of {words}")


def switch(policy: str, name: str, value: Any) -> None:
    """Raise `ValueError` unless `value` is `True` or `False`."""
    if not isinstance(value, bool):
        raise ValueError(f"{policy} {name}={value!r}: expected True or False")


def statuses(policy: str, name: str, value: Any) -> frozenset[int]:
    """Return a set of HTTP statuses; `ValueError` for anything that is none."""
    try:
        found: frozenset[Any] = frozenset(value)
    except TypeError:
        found = frozenset((None,))
    for each in found:
        if not isinstance(each, int) or isinstance(each, bool) or not 100 <= each <= 599:
            raise ValueError(f"{policy} {name}={value!r}: expected statuses from 100 to 599")
    return frozenset(map(int, found))


def instance(policy: str, name: str, value: Any, *kinds: type) -> None:
    """Raise `TypeError` unless `value` is of one of the `kinds`; it is not shown, only its type."""
    if not isinstance(value, kinds):
        words = " or ".join("None" if each is type(None) else each.__name__ for each in kinds)
        raise TypeError(
            f"{policy} {name}: expected {words}, and it is of type {type(value).__name__}"
        )
