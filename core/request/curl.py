"""An operation as a curl command for a POSIX shell, without credentials.

The command can be pasted and run: the shell reads the key from its environment, and files on disk
are named. Comments in front say what a command cannot hold: redacted values, bytes that are only in
memory, iterators.
"""

import re
from shlex import quote
from typing import Final, Protocol

from ..http.body import Body, BytesBody, FileBody, PathBody
from ..http.multipart import MultipartBody, Part
from ..http.query import render_query
from ..terms.http_message import header_name, header_value
from ..terms.secret import MASK, Secret
from .answer_kinds import Answer, EventsAnswer
from .credentials import is_harmless_param, masked_body, may_show_field
from .url import shown_url

ARGUMENT: Final = 96 * 1024
"""Bytes of a body up to which it is an argument: Linux takes 128 KiB in one."""


class Shown(Protocol):
    """What is shown: an `Operation`."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def headers(self) -> tuple[tuple[str, str | Secret | None], ...]: ...
    @property
    def body(self) -> Body | None: ...
    @property
    def answer(self) -> Answer: ...
    @property
    def admin(self) -> bool: ...


def to_curl(operation: Shown, base_url: str) -> str:
    """Return the command that sends `operation` to the server at `base_url`.

    It reads the key from `OPENAI_API_KEY`, or `OPENAI_ADMIN_KEY` for an admin operation. Header
    fields and query parameters that look like credentials, and a password in `base_url`, are shown
    as `***`. Raises `LocalProtocolError` for a header field that cannot be sent.
    """
    command = _Command(operation, _url(operation, base_url))
    command.add_headers()
    match operation.body:
        case None:
            pass
        case MultipartBody(parts=parts):
            for number, part in enumerate(parts, 1):
                command.add_part(part, number)
        case body:
            command.add_body(body)
    return command.render()


class _Command:
    """A command as it grows: comments, then arguments, then what is given on standard input."""

    def __init__(self, operation: Shown, url: str) -> None:
        flags = ["-N"] if isinstance(operation.answer, EventsAnswer) else []
        if re.search(r"[\[\]{}]", url):
            flags.append("-g")
        if operation.method == "HEAD":
            flags.append("-I")
        elif operation.method != "GET" or operation.body is not None:
            flags.append(f"-X {quote(operation.method)}")
        self._operation = operation
        self._fields = {
            header_name(name).decode(): value and _shown(name, value)
            for name, value in operation.headers
        }
        self._comments: list[str] = []
        self._arguments = [" ".join(("curl", *flags, quote(url)))]
        self._input = ""

    def render(self) -> str:
        return "\n".join((*self._comments, " \\\n  ".join(self._arguments))) + self._input

    def add_headers(self) -> None:
        if "authorization" not in self._fields:
            variable = "OPENAI_ADMIN_KEY" if self._operation.admin else "OPENAI_API_KEY"
            self._arguments.append(f'-H "Authorization: Bearer ${variable}"')
        for name, value in self._fields.items():
            if value and (value == MASK or not may_show_field(name)):
                self._comments.append(f"# header {name} is redacted")
                value = MASK
            if value is not None:
                self._arguments.append("-H " + quote(f"{name}: {value}" if value else f"{name};"))

    def add_body(self, body: Body) -> None:
        """Add a body that is not a form."""
        if "content-type" not in self._fields:
            # Without a type, the empty field keeps curl from naming one of its own.
            self._arguments.append(
                "-H " + quote(f"Content-Type: {body.content_type or ''}".strip())
            )
        path = _path(body)
        text = _text(body)
        if text is not None and (masked := masked_body(text.encode())) is not None:
            self._comments.append("# credentials in the body are redacted")
            text = masked.decode()
        if path is not None:
            self._arguments.append("--data-binary " + quote(f"@{path}"))
        elif text is not None and len(text.encode()) <= ARGUMENT:
            self._arguments.append("--data-raw " + quote(text))
        elif text is not None and body.content_type == "application/json":
            # A here-document ends in a newline, which JSON does not mind.
            end = _unused("END", text)
            self._arguments.append(f"--data-binary @- <<'{end}'")
            self._input = f"\n{text}\n{end}"
        else:
            self._comments.append(f"# body: {_describe(body)}; give it on standard input")
            self._arguments.append("--data-binary @-")

    def add_part(self, part: Part, number: int) -> None:
        """Add a part of a form; `number` counts from 1."""
        text, path = _text(part.body), _path(part.body)
        plain = part.filename is None and part.content_type is None and not part.headers
        if "=" in part.name or "\0" in part.name:
            self._comments.append(
                f"# form field {part.name!r} is left out: curl takes no such name"
            )
        elif plain and text is not None and len(text.encode()) <= ARGUMENT:
            self._arguments.append("--form-string " + quote(f"{part.name}={text}"))
        else:
            if path is None:
                path = f"part{number}.bin"
                what = f"{part.name!r}: {_describe(part.body)}"
                self._comments.append(f"# form field {what}; save it as {path} first")
            self._arguments.append("-F " + quote(_form(part, path)))


def _shown(name: str, value: str | Secret) -> str:
    return MASK if isinstance(value, Secret) else header_value(name, value).decode("latin-1")


def _url(operation: Shown, base_url: str) -> str:
    base, _, own = shown_url(base_url.rstrip("/")).partition("?")
    pairs = [(name, text if is_harmless_param(name) else MASK) for name, text in operation.query]
    query = "&".join(filter(None, (own, render_query(pairs).decode().replace("%2A", "*"))))
    mark = "&" if "?" in operation.path else "?"
    return f"{base}{operation.path}{mark}{query}" if query else f"{base}{operation.path}"


def _form(part: Part, path: str) -> str:
    """Return the argument of `-F`, with curl's own quoting."""
    # `<` sends what is in the file without a file name, `@` with one.
    form = f"{part.name}={'<' if part.filename is None else '@'}{_word(path)}"
    if part.content_type is not None:
        form += f";type={part.content_type}"
    if part.filename is not None:
        form += f";filename={_word(part.filename)}"
    for name, value in part.headers:
        field = name + b": " + value
        form += f";headers={_word(field.decode('latin-1'))}"
    return form


def _word(text: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'


def _path(body: Body) -> str | None:
    """Return the path of a body that curl can read from disk by itself."""
    path: object = None
    if isinstance(body, PathBody):
        path = body.path
    elif isinstance(body, FileBody):
        path = getattr(body.file, "name", None)
    if not isinstance(path, str) or path.startswith("<"):
        return None
    return "./-" if path == "-" else path


def _text(body: Body) -> str | None:
    """Return a body in memory as text, if an argument can hold it."""
    if not isinstance(body, BytesBody) or b"\0" in body.data:
        return None
    try:
        return body.data.decode()
    except UnicodeDecodeError:
        return None


def _describe(body: Body) -> str:
    whole = body.whole()
    if whole is not None:
        return f"{len(whole)} bytes that are in memory"
    return f"what the {type(body).__name__} of the program gives"


def _unused(word: str, text: str) -> str:
    """Make a word that is no line of `text`."""
    while f"\n{word}\n" in f"\n{text}\n":
        word += "_"
    return word
