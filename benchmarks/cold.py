"""Programs that are measured whole, from the start of the interpreter: `python -c ...`."""

from typing import Final

from .subjects.plan import Who

_CLIENT: Final = "client = OpenAI(api_key='sk-benchmark', base_url={base_url!r})"

_IMPORTS: Final[dict[Who, str]] = {
    "ours": f"from api_openai import OpenAI\n{_CLIENT}",
    "official": f"from openai import OpenAI\n{_CLIENT}",
    "floor": "import socket\nimport msgspec\ndecode = msgspec.json.Decoder(dict).decode",
}

_STREAM: Final = """
for event in client.responses.create(model='gpt-5.2', input='Count.', stream=True):
    print(event.type, flush=True)
    break
"""

_FLOOR_STREAM: Final = """
import socket
import msgspec
class Event(msgspec.Struct):
    type: str
    sequence_number: int
body = msgspec.json.encode({{'model': 'gpt-5.2', 'input': 'Count.', 'stream': True}})
sock = socket.create_connection(('127.0.0.1', {port}))
sock.sendall(b'POST /held/v1/responses HTTP/1.1\\r\\nhost: 127.0.0.1\\r\\n'
    b'content-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n' % len(body) + body)
data = b''
while b'\\n\\n' not in data:
    data += sock.recv(65536)
event = msgspec.json.decode(data.split(b'data: ')[1].split(b'\\n')[0], type=Event)
print(event.type, flush=True)
"""

_STREAMS: Final[dict[Who, str]] = {
    "ours": _IMPORTS["ours"] + _STREAM,
    "official": _IMPORTS["official"] + _STREAM,
    "floor": _FLOOR_STREAM,
}

# Imports nothing that the program has not imported, so that it adds nothing to what it counts.
_CENSUS: Final = """
import sys
modules = len(sys.modules)
try:
    with open('/proc/self/status') as status:
        peak = int(status.read().split('VmHWM:')[1].split()[0]) * 1024
except OSError:
    peak = 0
print(modules, peak)
"""


def program(who: Who, task: str, port: int) -> str:
    """The text of `task`: `import` makes a client and takes a census, `stream` reads an event."""
    source = (_IMPORTS[who] + _CENSUS) if task == "import" else _STREAMS[who]
    return source.format(port=port, base_url=f"http://127.0.0.1:{port}/held/v1")
