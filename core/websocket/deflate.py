"""permessage-deflate (RFC 7692): the two streams of a connection, bounded.

What was negotiated is made in `handshake`; the machine calls this for messages marked with RSV1.
"""

import zlib
from typing import Any, Final

from ..terms.errors import RemoteProtocolError

_TAIL: Final = b"\x00\x00\xff\xff"
"""What every message ends with and nobody sends (section 7.2.1)."""

SMALLEST_WINDOW: Final = 9
"""zlib makes no window of 8 bits."""


class TooLarge(Exception):
    """A message has more bytes than it may have."""


class Deflate:
    """Compresses what this side sends and undoes what the peer compressed.

    `own_bits` and `peer_bits` are the windows of the two, `own_takeover` and `peer_takeover` say
    whether a message may refer to those before it.
    """

    __slots__ = (
        "_compressor",
        "_inflater",
        "_own_bits",
        "_own_takeover",
        "_peer_bits",
        "_peer_takeover",
    )

    def __init__(
        self,
        *,
        own_bits: int = 15,
        peer_bits: int = 15,
        own_takeover: bool = True,
        peer_takeover: bool = True,
    ) -> None:
        self._own_bits = max(own_bits, SMALLEST_WINDOW)
        self._peer_bits = max(peer_bits, SMALLEST_WINDOW)
        self._own_takeover = own_takeover
        self._peer_takeover = peer_takeover
        self._compressor: Any = None  # zlib gives its two types no public names
        self._inflater: Any = None

    def __repr__(self) -> str:
        own = f"own_bits={self._own_bits}, own_takeover={self._own_takeover}"
        return f"Deflate({own}, peer_bits={self._peer_bits}, peer_takeover={self._peer_takeover})"

    def compress(self, data: bytes) -> bytes:
        """Return a whole message as it goes into frames."""
        compressor = self._compressor
        if compressor is None:
            compressor = zlib.compressobj(wbits=-self._own_bits)
            if self._own_takeover:
                self._compressor = compressor
        small: bytes = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
        return small[: -len(_TAIL)]

    def inflate(self, data: bytes, limit: int, *, end: bool) -> bytes:
        """Undo the part of a message that one frame has, the last if `end`.

        `TooLarge` for more than `limit` bytes, before they are made; `RemoteProtocolError` for
        what is no deflated data.
        """
        inflater = self._inflater or zlib.decompressobj(wbits=-self._peer_bits)
        rest, parts, room, fresh = data + _TAIL if end else data, list[bytes](), limit + 1, False
        try:
            while True:
                parts.append(part := inflater.decompress(rest, room))
                room -= len(part)
                if room <= 0:
                    raise TooLarge
                if not inflater.eof:
                    break
                # A final block ends a stream of zlib's, and the message goes on (section 7.2.3.4).
                fresh, rest = True, inflater.unused_data
                inflater = zlib.decompressobj(wbits=-self._peer_bits)
        except zlib.error as error:
            raise RemoteProtocolError(f"a compressed message is damaged: {error}") from None
        forget = end and (fresh or not self._peer_takeover)
        self._inflater = None if forget else inflater
        return parts[0] if len(parts) == 1 else b"".join(parts)
