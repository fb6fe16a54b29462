"""`Places`: where the row of each key is, of very many, in sixteen bytes each."""

from array import array
from bisect import bisect_left
from typing import Final

__all__ = ["Places"]

SHELVES: Final = 4096
BITS: Final = (1 << 64) - 1


class Places:
    """A number for each key: the latest that was put there. Keys are told apart by 64 bits of a hash,
    so that who asks looks whether what is there is of that key.
    """

    def __init__(self) -> None:
        self._keys: list[array[int] | None] = [None] * SHELVES
        self._numbers: list[array[int] | None] = [None] * SHELVES

    def put(self, key: str, number: int) -> None:
        """Note the place of a key."""
        hashed = hash(key) & BITS
        shelf = hashed % SHELVES
        keys, numbers = self._keys[shelf], self._numbers[shelf]
        if keys is None or numbers is None:
            self._keys[shelf], self._numbers[shelf] = array("Q", (hashed,)), array("Q", (number,))
            return
        at = bisect_left(keys, hashed)
        if at < len(keys) and keys[at] == hashed:
            numbers[at] = number
        else:
            keys.insert(at, hashed)
            numbers.insert(at, number)

    def get(self, key: str) -> int | None:
        """The place of a key, if it has one."""
        hashed = hash(key) & BITS
        shelf = hashed % SHELVES
        keys, numbers = self._keys[shelf], self._numbers[shelf]
        if keys is None or numbers is None:
            return None
        at = bisect_left(keys, hashed)
        return numbers[at] if at < len(keys) and keys[at] == hashed else None
