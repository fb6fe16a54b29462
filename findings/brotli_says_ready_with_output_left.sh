#!/bin/sh
# Brotli 1.2.0: `can_accept_more_data()` is True while bounded output is still to come.
#
# A decompressor whose output is bounded (`process(data, output_buffer_limit=N)`) keeps what it could not
# hand out. The documentation says to call `process(b"")` until `can_accept_more_data()` is True. With a
# small stream of highly compressible data it is True although further calls with no input go on to give
# output, so that who trusts it loses the rest of the data.
#
# Seen: output after the method had said that more input is wanted.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --disable-pip-version-check install --quiet Brotli==1.2.0
"$work/venv/bin/python" - <<'PROGRAM'
import brotli

DATA = b"0" * 4_000_000
packed = brotli.compress(DATA)
decoder = brotli.Decompressor()
trusting = decoder.process(packed, output_buffer_limit=65_536)
while not decoder.can_accept_more_data():
    trusting += decoder.process(b"", output_buffer_limit=65_536)
said_at = len(trusting)
rest = 0
while more := decoder.process(b"", output_buffer_limit=65_536):
    rest += len(more)
print("bytes when it asked for more input:", said_at)
print("bytes that came without any:       ", rest)
print("of", len(DATA))
assert said_at + rest == len(DATA)
assert rest > 0
PROGRAM
