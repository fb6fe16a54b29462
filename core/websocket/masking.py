"""Masking of what a client sends (RFC 6455 section 5.3), at the speed that pure Python allows."""

from typing import Final

SMALL: Final = 512
"""Bytes up to which one large number is quicker than four tables."""

_IDENTITY: Final = int.from_bytes(bytes(range(256)), "big")
_tables: Final[dict[int, bytes]] = {}


def masked(data: bytes, key: bytes) -> bytes:
    """Return `data` with `key`, four bytes, over it; doing it twice gives `data` again."""
    size = len(data)
    if size <= SMALL:
        cover = int.from_bytes((key * (size // 4 + 1))[:size], "big")
        return (int.from_bytes(data, "big") ^ cover).to_bytes(size, "big")
    result = bytearray(data)  # whose slices are half as dear as those of bytes
    for place, byte in enumerate(key):
        table = _tables.get(byte) or _table(byte)
        result[place::4] = result[place::4].translate(table)
    return bytes(result)


def _table(byte: int) -> bytes:
    """What each byte becomes under `byte`; 256 tables of 256 bytes, made when they are needed."""
    cover = int.from_bytes(bytes((byte,)) * 256, "big")
    table = _tables[byte] = (_IDENTITY ^ cover).to_bytes(256, "big")
    return table
