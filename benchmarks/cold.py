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

_CHAT: Final = """
answer = client.chat.completions.create(
    model='gpt-5.2', messages=[{{'role': 'user', 'content': 'Hello'}}]
)
assert answer.choices[0].message.content
"""

_FLOOR_CHAT: Final = """
import socket
import msgspec
class Message(msgspec.Struct):
    content: str
class Choice(msgspec.Struct):
    message: Message
class Answer(msgspec.Struct):
    choices: list[Choice]
body = msgspec.json.encode(
    {{'model': 'gpt-5.2', 'messages': [{{'role': 'user', 'content': 'Hello'}}]}}
)
sock = socket.create_connection(('127.0.0.1', {port}))
sock.sendall(b'POST /answer/v1/chat/completions HTTP/1.1\\r\\nhost: 127.0.0.1\\r\\n'
    b'content-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n' % len(body) + body)
head, _, data = sock.recv(65536).partition(b'\\r\\n\\r\\n')
length = int(head.lower().partition(b'content-length:')[2].partition(b'\\r')[0])
while len(data) < length:
    data += sock.recv(65536)
answer = msgspec.json.decode(data, type=Answer)
assert answer.choices[0].message.content
"""

_CHATS: Final[dict[Who, str]] = {
    "ours": _IMPORTS["ours"] + _CHAT,
    "official": _IMPORTS["official"] + _CHAT,
    "floor": _FLOOR_CHAT,
}

_CHAT_ASYNC: Final = """
import asyncio
async def main():
    answer = await client.chat.completions.create(
        model='gpt-5.2', messages=[{{'role': 'user', 'content': 'Hello'}}]
    )
    assert answer.choices[0].message.content
asyncio.run(main())
"""

_STREAM_ASYNC: Final = """
import asyncio
async def main():
    async for event in await client.responses.create(
        model='gpt-5.2', input='Count.', stream=True
    ):
        print(event.type, flush=True)
        break
asyncio.run(main())
"""

_SESSION: Final = """
with client.realtime.connect(model='gpt-realtime') as connection:
    for event in connection:
        print(event.type, flush=True)
        break
"""

_SESSION_ASYNC: Final = """
import asyncio
async def main():
    async with client.realtime.connect(model='gpt-realtime') as connection:
        async for event in connection:
            print(event.type, flush=True)
            break
asyncio.run(main())
"""

_FLOOR_SESSION: Final = """
import os
import socket
from base64 import b64encode
import msgspec
class Event(msgspec.Struct):
    type: str
    event_id: str
sock = socket.create_connection(('127.0.0.1', {port}))
sock.sendall(b'GET /session-held/v1/realtime?model=gpt-realtime HTTP/1.1\\r\\n'
    b'host: 127.0.0.1\\r\\nupgrade: websocket\\r\\nconnection: Upgrade\\r\\n'
    b'sec-websocket-version: 13\\r\\nsec-websocket-key: %b\\r\\n\\r\\n' % b64encode(os.urandom(16)))
data = b''
while not data.endswith(b'}}}}'):
    data += sock.recv(65536)
event = msgspec.json.decode(data.partition(b'\\r\\n\\r\\n')[2][4:], type=Event)
print(event.type, flush=True)
"""


_SESSIONS: Final[dict[Who, str]] = {
    "ours": _IMPORTS["ours"] + _SESSION,
    "official": _IMPORTS["official"] + _SESSION,
    "floor": _FLOOR_SESSION,
}


_COMMAND: Final = """
import os
import sys
os.environ['OPENAI_API_KEY'] = 'sk-benchmark'
sys.argv = ['api-openai', {arguments}]{before}
from api_openai.__main__ import main
sys.exit(main())
"""

_ENDS_AT_FIRST_EVENT: Final = """
class First:
    def isatty(self):
        return False
    def write(self, data):
        os.write(1, data)
        sys.exit()
    def flush(self):
        pass
sys.stdout = First.buffer = First()"""

_HELPS: Final[dict[Who, str]] = {
    "ours": _COMMAND.replace("{arguments}", "'--help'").replace("{before}", ""),
    "floor": "import api_openai\nprint()",
}

_COMMANDS: Final[dict[Who, str]] = {
    "ours": _COMMAND.replace(
        "{arguments}",
        "'responses', 'create', '--base-url', {base_url!r}, '--model', 'gpt-5.2', "
        "'--input', 'Count.', '--stream'",
    ).replace("{before}", _ENDS_AT_FIRST_EVENT),
    "official": _STREAMS["official"],
    "floor": _STREAMS["floor"],
}


def _asynchronous(program: str, floor: str) -> dict[Who, str]:
    """`program` with the asynchronous clients, beside the blocking floor: no loop is quicker."""

    def of(who: Who) -> str:
        return _IMPORTS[who].replace("OpenAI", "AsyncOpenAI") + program

    return {"ours": of("ours"), "official": of("official"), "floor": floor}


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


_PROGRAMS: Final[dict[str, tuple[dict[Who, str], str, str]]] = {
    "import": (_IMPORTS, _CENSUS, "held"),
    "chat": (_CHATS, _CENSUS, "answer"),
    "chat-async": (_asynchronous(_CHAT_ASYNC, _FLOOR_CHAT), _CENSUS, "answer"),
    "stream": (_STREAMS, "", "held"),
    "stream-async": (_asynchronous(_STREAM_ASYNC, _FLOOR_STREAM), "", "held"),
    "command-help": (_HELPS, "", "held"),
    "command-stream": (_COMMANDS, "", "held"),
    "session": (_SESSIONS, "", "session-held"),
    "session-async": (_asynchronous(_SESSION_ASYNC, _FLOOR_SESSION), "", "session-held"),
}
"""Of each task the programs, what they do in the end, and the scenario that they ask for."""


def ends_with_first_line(task: str) -> bool:
    """Whether what is measured is over when the program has written a line."""
    return not _PROGRAMS[task][1]


def program(who: Who, task: str, port: int) -> str:
    """The text of `task`: `import` makes a client, `chat` has a question answered; both then take
    a census. `stream` and the sessions read an event. What the command is measured against is `import
    api_openai` for its help, and a program that does the same for a stream.
    """
    programs, end, scenario = _PROGRAMS[task]
    base_url = f"http://127.0.0.1:{port}/{scenario}/v1"
    return (programs[who] + end).format(port=port, base_url=base_url)
