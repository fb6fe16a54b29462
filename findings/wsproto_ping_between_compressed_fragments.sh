#!/bin/sh
# wsproto 1.3.2: a ping between the fragments of a compressed message ends its decompression.
#
# A compressed message may come in several frames, and control frames may stand between them (RFC 6455
# section 5.4, RFC 7692 section 6.1). After a ping in that place wsproto hands out what is left of the
# message as it came: bytes that are still deflated, and no error.
#
# Seen: without a ping the message comes whole; with one, the second half is raw deflate data.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --disable-pip-version-check install --quiet wsproto==1.3.2 h11==0.16.0
"$work/venv/bin/python" - <<'PROGRAM'
import zlib

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage
from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import FrameProtocol

TEXT = b"first half, second half " * 40
packer = zlib.compressobj(wbits=-15)
packed = (packer.compress(TEXT) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
middle = len(packed) // 2


def frame(first, data):
    assert len(data) < 126
    return bytes((first, len(data))) + data


def received(between):
    extension = PerMessageDeflate()
    extension.finalize("permessage-deflate")
    connection = Connection(ConnectionType.CLIENT, extensions=[extension])
    stream = frame(0x42, packed[:middle]) + between + frame(0x80, packed[middle:])
    connection.receive_data(stream)
    events = [e for e in connection.events() if isinstance(e, BytesMessage)]
    return b"".join(bytes(event.data) for event in events)


plain, pinged = received(b""), received(frame(0x89, b"are you there"))
print("without a ping:", len(plain), "bytes, right:", plain == TEXT)
print("with a ping:   ", len(pinged), "bytes, right:", pinged == TEXT)
print("it ends with the deflated bytes:", pinged.endswith(packed[middle:]))
assert plain == TEXT
assert pinged != TEXT
assert pinged.endswith(packed[middle:])
PROGRAM
