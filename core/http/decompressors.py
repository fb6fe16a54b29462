"""Decompressors behind the content codings, each for one coded member, with output in pieces.

A member is what has an end of its own: a gzip member, a zstd frame, a whole deflate or brotli body.
zlib comes with Python. zstd needs Python 3.14 or the package zstandard, brotli the package brotli
from 1.2 on, the first whose output can be bounded.
"""

import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, Final, Protocol

PIECE: Final = 256 * 1024
"""The most that one step of zlib or brotli gives, in bytes; zstandard has no such bound."""

WINDOW_LOG: Final = 23
"""zstd windows of up to 8 MiB, as RFC 9659 demands of the coding."""

_ZSTANDARD_STEP: Final = 64
"""Bytes that zstandard is given at once: a few of them may stand for 128 KiB each."""

_GZIP: Final = 16 + 15
_ZLIB: Final = 15
_RAW: Final = -15


class BrokenError(Exception):
    """What came is not what its coding says."""


class Decompressor(Protocol):
    """Undoes one member."""

    ended: bool
    """Whether the end of the member has come."""
    rest: bytes
    """What has come behind that end."""

    def pieces(self, data: bytes, /) -> Iterator[bytes]:
        """Give what `data` decodes to; `BrokenError` behind what is good of it."""
        ...


class Zlib:
    """gzip, and deflate with its header or without."""

    __slots__ = ("_machine", "ended", "rest")

    def __init__(self, coding: str, beginning: bytes) -> None:
        from zlib import decompressobj

        self._machine: Any = decompressobj(_window(coding, beginning))  # zlib names no type
        self.ended = False
        self.rest = b""

    def pieces(self, data: bytes, /) -> Iterator[bytes]:
        from zlib import error as ZlibError

        machine, full = self._machine, True
        while full:
            before = machine.copy()
            try:
                piece: bytes = machine.decompress(data, PIECE)
            except ZlibError as error:
                yield from _good(before, data)
                raise BrokenError(str(error)) from error
            if piece:
                yield piece
            # After a full piece more may wait inside zlib, even if it has taken all the input.
            full = len(piece) == PIECE and not machine.eof
            data = machine.unconsumed_tail
        self.ended, self.rest = machine.eof, machine.unused_data


def _good(machine: Any, data: bytes) -> Iterator[bytes]:
    """What stands before the fault in `data`: zlib drops what the call that fails has made."""
    from zlib import error as ZlibError

    for at in range(len(data)):
        left, piece = data[at : at + 1], b""
        while left or piece:
            try:
                piece = machine.decompress(left, PIECE)
            except ZlibError:
                return
            if piece:
                yield piece
            left = machine.unconsumed_tail
            if len(piece) < PIECE and not left:
                break


def _window(coding: str, beginning: bytes) -> int:
    """Which format zlib is to expect.

    RFC 9110 means the zlib format by `deflate`, and some servers send it bare. A zlib header is two
    bytes that are a multiple of 31, with 8 in the low half of the first.
    """
    if coding == "gzip":
        return _GZIP
    zlib = beginning[0] & 0x0F == 8 and int.from_bytes(beginning[:2], "big") % 31 == 0
    return _ZLIB if zlib else _RAW


class Brotli:
    """br (RFC 7932); bytes behind its end are broken."""

    __slots__ = ("_machine", "ended", "rest")

    def __init__(self) -> None:
        self._machine: Any = _module("brotli").Decompressor()
        self.ended = False
        self.rest = b""

    def pieces(self, data: bytes, /) -> Iterator[bytes]:
        machine, piece = self._machine, b""
        try:
            # After its last full piece it takes more, and yet has not seen its end.
            while data or piece or not machine.can_accept_more_data():
                piece = machine.process(data, output_buffer_limit=PIECE)
                if piece:
                    yield piece
                data = b""
        except _module("brotli").error as error:
            raise BrokenError(str(error)) from error
        self.ended = machine.is_finished()


class Zstd:
    """zstd (RFC 8878) by Python's own module."""

    __slots__ = ("_machine", "ended", "rest")

    def __init__(self) -> None:
        zstd = _module("compression.zstd")
        limit = {zstd.DecompressionParameter.window_log_max: WINDOW_LOG}
        self._machine: Any = zstd.ZstdDecompressor(options=limit)
        self.ended = False
        self.rest = b""

    def pieces(self, data: bytes, /) -> Iterator[bytes]:
        machine = self._machine
        try:
            while data or not (machine.needs_input or machine.eof):
                piece: bytes = machine.decompress(data, max_length=PIECE)
                if piece:
                    yield piece
                data = b""
        except _module("compression.zstd").ZstdError as error:
            raise BrokenError(str(error)) from error
        self.ended, self.rest = machine.eof, machine.unused_data


class Zstandard:
    """zstd by the package zstandard."""

    __slots__ = ("_machine", "ended", "rest")

    def __init__(self) -> None:
        limited = _module("zstandard").ZstdDecompressor(max_window_size=1 << WINDOW_LOG)
        self._machine: Any = limited.decompressobj()
        self.ended = False
        self.rest = b""

    def pieces(self, data: bytes, /) -> Iterator[bytes]:
        machine = self._machine
        for start in range(0, len(data), _ZSTANDARD_STEP):
            stop = start + _ZSTANDARD_STEP
            try:
                piece: bytes = machine.decompress(data[start:stop])
            except _module("zstandard").ZstdError as error:
                raise BrokenError(str(error)) from error
            if piece:
                yield piece
            if machine.eof:
                self.ended, self.rest = True, machine.unused_data + data[stop:]
                return


def decompressor(coding: str, beginning: bytes) -> Decompressor:
    """Return a decompressor for one of `available()`; deflate is told apart by its beginning."""
    if coding == "br":
        return Brotli()
    if coding == "zstd":
        return Zstd() if _found(_PYTHONS_ZSTD) else Zstandard()
    return Zlib(coding, beginning)


@cache
def available() -> tuple[str, ...]:
    """Return the codings that can be undone here."""
    names = ["gzip", "deflate"]
    if _found("brotli") and hasattr(_module("brotli").Decompressor, "can_accept_more_data"):
        names.append("br")
    if _found(_PYTHONS_ZSTD) or _found("zstandard"):
        names.append("zstd")
    return tuple(names)


_PYTHONS_ZSTD: Final = "_zstd"
"""The module behind `compression.zstd`: to look for that one would import its package."""


def _found(name: str) -> bool:
    """Whether there is such a module, without importing it."""
    return any(finder.find_spec(name, None) is not None for finder in sys.meta_path)


@cache
def _module(name: str) -> Any:
    return import_module(name)  # none of them need be there, and not all have types
