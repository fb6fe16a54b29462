"""Forms: the bytes of RFC 7578, streamed, with a boundary that content cannot forge."""

import io
import pickle
import tracemalloc
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.http.body import BytesBody, as_body
from api_openai.core.http.body_readers import PIECE
from api_openai.core.http.multipart import MultipartBody, Part, guess_type
from api_openai.core.terms.errors import LocalProtocolError
from api_openai.core.terms.omit import omit

from ...support.forms import Got, parse
from .body_files import Direct, Threaded, drain, rest, run

BOUNDARY = "form-boundary-0123456789"
NO_HEADERS: dict[str, str] = {}


def sent(fields: Mapping[str, object], files: Mapping[str, object]) -> list[Got]:
    files_side = Direct()
    reader = run(MultipartBody.of(fields, files).open(files_side))
    data = run(rest(reader, files_side))
    assert reader.length in (None, len(data))
    return parse(data, reader.content_type)


def test_bytes_on_the_wire() -> None:
    body = MultipartBody.of(
        {"purpose": "batch", "expires_after": {"seconds": 3600}},
        {"file": ("ü.json", b"{}", None, {"X-Id": "7"})},
        boundary=BOUNDARY,
    )
    assert run(drain(body, Direct())).decode() == (
        f"--{BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        f"--{BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="expires_after[seconds]"\r\n\r\n3600\r\n'
        f"--{BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="file"; filename="ü.json"\r\n'
        "x-id: 7\r\n"
        "Content-Type: application/json\r\n\r\n{}\r\n"
        f"--{BOUNDARY}--\r\n"
    )
    assert body.content_type == f"multipart/form-data; boundary={BOUNDARY}"


def test_fields() -> None:
    fields = {
        "model": "m",
        "stream": False,
        "temperature": 0.5,
        "language": None,
        "prompt": "",
        "include": ["a", "b"],
        "empty": [],
        "omitted": omit,
        "chunking_strategy": {"type": "server_vad", "threshold": 0.5},
    }
    assert [(got.name, got.content) for got in sent(fields, {})] == [
        ("model", b"m"),
        ("stream", b"false"),
        ("temperature", b"0.5"),
        ("prompt", b""),
        ("include[]", b"a"),
        ("include[]", b"b"),
        ("chunking_strategy[type]", b"server_vad"),
        ("chunking_strategy[threshold]", b"0.5"),
    ]


def named(name: str) -> io.BytesIO:
    file = io.BytesIO(b"x")
    file.name = name  # as callers do, to name what is in memory
    return file


class Uploaded:
    """As web frameworks give uploads."""

    def __init__(self) -> None:
        self.filename = "talk.mp3"

    async def read(self, size: int = -1) -> bytes:
        raise AssertionError(size)


@pytest.mark.parametrize(
    ("file", "filename", "content_type"),
    [
        (b"x", "upload", "application/octet-stream"),
        (io.BytesIO(b"x"), "upload", "application/octet-stream"),
        (named("dir/a b.PNG"), "a b.PNG", "image/png"),
        (named("C:\\talk.mp3"), "talk.mp3", "audio/mpeg"),
        (("a.wav", b"x"), "a.wav", "audio/wav"),
        (("dir/SKILL.md", b"x"), "dir/SKILL.md", "text/markdown"),
        (("a.wav", b"x", None), "a.wav", "audio/wav"),
        (("a.wav", b"x", "x/y"), "a.wav", "x/y"),
        (("a.wav", b"x", "x/y", NO_HEADERS), "a.wav", "x/y"),
        (("a.wav", b"x", None, {"content-type": "x/z"}), "a.wav", "x/z"),
        (("", b"x"), "", "application/octet-stream"),
        ((None, b"x"), None, None),
        ((None, b"x", "x/y"), None, "x/y"),
        (BytesBody(b"x", "x/y"), "upload", "x/y"),
        (("a.wav", BytesBody(b"x", "x/y")), "a.wav", "x/y"),
        (("a.wav", [b"x", b""]), "a.wav", "audio/wav"),
        (("a.wav", iter([b"x"])), "a.wav", "audio/wav"),
        (iter([b"x"]), "upload", "application/octet-stream"),
    ],
)
def test_files(file: object, filename: str | None, content_type: str | None) -> None:
    assert sent({}, {"file": file}) == [Got("file", b"x", filename, content_type)]


def test_uploads_of_web_frameworks_keep_their_names() -> None:
    (part,) = MultipartBody.of({}, {"file": Uploaded()}).parts
    assert (part.filename, part.content_type) == ("talk.mp3", "audio/mpeg")


def test_paths_and_open_files(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"1,2")
    with path.open("rb") as file:
        for value in (path, file):
            assert sent({}, {"file": value}) == [Got("file", b"1,2", "data.csv", "text/csv")]


def test_several_files_mappings_and_nothing() -> None:
    files = {
        "image": [b"1", ("b.png", b"2")],
        "mask": None,
        "more": omit,
        "input_reference": {"file_id": "f", "data": b"3", "n": 4, "none": None},
    }
    octets = "application/octet-stream"
    assert sent({}, files) == [
        Got("image[]", b"1", "upload", octets),
        Got("image[]", b"2", "b.png", "image/png"),
        Got("input_reference[file_id]", b"f"),
        Got("input_reference[data]", b"3", "upload", octets),
        Got("input_reference[n]", b"4"),
    ]


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("text", r"^file: .* got str; use pathlib.Path"),
        (["text"], r"^file\[\]: .* got str"),
        (3, "^file: .* got int"),
        ({"sub": object()}, r"^file\[sub\]: .* got object"),
        (("name", "text"), "^file: .* got str"),
        (("name",), r"^file: a tuple is \(file name, content\)"),
        ((b"1", b"2"), r"^file: a tuple is \(file name, content\)"),
        (("a", b"", "b/c", NO_HEADERS, 1), r"^file: a tuple is \(file name, content\)"),
        (("a", b"", 3), "^file: expected its content type as a str, got 3"),
        (("a", b"", None, [1]), r"^file: expected header fields as a mapping, got \[1\]"),
        (("a", b"", None, {"a": 1}), "^file: expected header fields of str, got 'a': 1"),
    ],
)
def test_what_is_no_file(value: object, complaint: str) -> None:
    with pytest.raises(TypeError, match=complaint):
        MultipartBody.of({}, {"file": value})


def test_bytes_are_no_field() -> None:
    with pytest.raises(TypeError, match=r"^purpose: .* got bytes"):
        MultipartBody.of({"purpose": b"x"}, {})


@pytest.mark.parametrize(
    "file",
    [
        ("a", b"", "x/y\r\nx-evil: 1"),
        ("a", b"", None, {"x": "1\r\nx-evil: 1"}),
        ("a", b"", None, {"x\r\nx-evil": "1"}),
        ("a", b"", None, {"Content-Disposition": 'form-data; name="purpose"'}),
    ],
)
def test_part_headers_cannot_be_injected(file: object) -> None:
    with pytest.raises(LocalProtocolError):
        MultipartBody.of({}, {"file": file})


def test_part_heads_that_were_not_made_by_us_are_checked() -> None:
    body = MultipartBody((Part("file", BytesBody(b""), "a", "x/y\r\nx-evil: 1"),))
    with pytest.raises(LocalProtocolError):
        run(drain(body, Direct()))


def test_names_cannot_break_out() -> None:
    got = sent({'a"; x="': "1"}, {'b"\r\n\0': ('c"\r\n; é😀\\.png', b"")})
    assert [(part.name, part.filename) for part in got] == [
        ("a%22; x=%22", None),
        ("b%22%0D%0A%00", "c%22%0D%0A; é😀\\.png"),
    ]


def test_file_names_that_are_not_utf_8() -> None:
    assert sent({}, {"file": ("\udcff.png", b"")})[0].filename == "?.png"


def test_boundary_is_new_each_time() -> None:
    body, files = MultipartBody.of({"a": "b"}, {}), Direct()
    first, second = (run(body.open(files)).content_type for _ in range(2))
    assert body.content_type is None
    assert first == f"multipart/form-data; boundary=form-{'1':0>32}"
    assert second == f"multipart/form-data; boundary=form-{'2':0>32}"


@pytest.mark.parametrize(
    "bad", ["", "short", "x" * 71, "x" * 20 + "\r\n", "ü" * 20, "x" * 20 + " "]
)
def test_boundaries_that_are_none(bad: str) -> None:
    with pytest.raises(ValueError, match=r"boundary=.*: expected 16 to 70"):
        MultipartBody.of({}, {}, boundary=bad)


def test_boundary_with_specials_is_quoted() -> None:
    body = MultipartBody.of({"a": "b"}, {}, boundary="0123456789:/?=(,)")
    assert body.content_type == 'multipart/form-data; boundary="0123456789:/?=(,)"'
    assert parse(run(drain(body, Direct())), body.content_type) == [Got("a", b"b")]


def test_boundary_of_the_callers_may_not_be_in_the_content() -> None:
    with pytest.raises(ValueError, match=r"^file: the content has the boundary of the form"):
        MultipartBody.of({}, {"file": f"x\r\n--{BOUNDARY}".encode()}, boundary=BOUNDARY)


def length(body: MultipartBody) -> int | None:
    reader = run(body.open(Direct()))
    reader.close()
    return reader.length


def test_length_is_known_if_that_of_every_part_is(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 1000)
    known = MultipartBody.of({"a": "b"}, {"a": path, "b": io.BytesIO(b"y"), "c": b"z" * 100_000})
    assert length(known) == len(run(drain(known, Direct())))
    unknown = MultipartBody.of({"a": "b"}, {"a": path, "b": iter([b"y"])})
    assert length(unknown) is None
    assert (known.replayable, unknown.replayable) == (True, False)


def test_replay_gives_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * (PIECE + 1))
    file = io.BytesIO(b"12345")
    file.seek(2)
    files = {"path": path, "file": file, "same": file, "bytes": b"z" * 40_000}
    body, port = MultipartBody.of({"a": "b"}, files, boundary=BOUNDARY), Direct()
    half = run(body.open(port))
    for _ in range(3):
        run(half.read(port))
    half.close()
    data = [run(drain(body, port)) for _ in range(2)]
    assert data[0] == data[1]
    contents = [got.content for got in parse(data[0], body.content_type)]
    assert contents == [b"b", path.read_bytes(), b"12345", b"12345", b"z" * 40_000]
    assert all(opened.closed for opened in port.opened)


def test_what_is_open_is_closed_when_another_part_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    port = Direct()
    with pytest.raises(FileNotFoundError):
        run(MultipartBody.of({}, {"a": path, "b": tmp_path / "none"}).open(port))
    assert [file.closed for file in port.opened] == [True]


def test_close_closes_every_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 2 * PIECE)
    port = Direct()
    reader = run(MultipartBody.of({}, {"a": path, "b": [path, path]}).open(port))
    run(reader.read(port))
    run(reader.read(port))
    reader.close()
    reader.close()
    assert [file.closed for file in port.opened] == [True, True, True]
    assert run(reader.read(port)) == b""


def test_small_parts_go_out_together() -> None:
    port = Direct()
    body = MultipartBody.of({f"field{n}": "text" for n in range(20)}, {"file": b"small"})
    reader = run(body.open(port))
    assert len(run(reader.read(port))) == reader.length


def test_large_content_is_not_copied() -> None:
    port, content = Direct(), b"x" * 100_000
    reader = run(MultipartBody.of({"a": "b"}, {"file": content}).open(port))
    run(reader.read(port))
    assert run(reader.read(port)) is content


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    port = Direct()

    async def count() -> tuple[int, int | None]:
        reader = await MultipartBody.of({"a": "b"}, {"file": path}).open(port)
        total = 0
        while piece := await reader.read(port):
            total += len(piece)
        return total, reader.length

    tracemalloc.start()
    try:
        total, length = run(count())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == length
    assert total > 64 << 20
    assert peak < 4 * PIECE


def test_forms_compare_and_pickle(tmp_path: Path) -> None:
    body = MultipartBody.of({"a": "b"}, {"f": tmp_path / "x", "g": ("n", b"1", None, {"h": "i"})})
    assert pickle.loads(pickle.dumps(body)) == body
    assert body != MultipartBody.of({"a": "c"}, {})


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_under_an_event_loop(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * (PIECE + 1))
    with path.open("rb") as file:
        body = MultipartBody.of({"a": "b"}, {"p": path, "f": file}, boundary=BOUNDARY)
        data = await drain(body, Threaded())
    assert [got.content for got in parse(data, body.content_type)[1:]] == [path.read_bytes()] * 2


def test_types_are_guessed_by_the_ending() -> None:
    assert guess_type("a.tar.JPEG") == "image/jpeg"
    assert guess_type("png") == guess_type(".weird") == "application/octet-stream"


# The email parser changes line ends and looks at the first characters of an empty-bodied part, so
# contents are kept in lines of their own; `test_bytes_survive` compares raw bytes.
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"'), min_size=1)
HOSTILE = st.lists(
    st.sampled_from(
        [b"--", b"\r\n", b"form-", b"0", b"1", b"Content-Disposition: ", b"\xff", b"\0"]
    )
).map(b"".join)
CONTENTS = st.binary(max_size=40) | HOSTILE


def split(data: bytes, boundary: bytes) -> list[bytes]:
    """Take a form apart by the rule of RFC 2046 alone."""
    delimiter = b"\r\n--" + boundary
    first, *parts, last = (b"\r\n" + data).split(delimiter)
    assert (first, last) == (b"", b"--\r\n")
    return [part.removeprefix(b"\r\n").partition(b"\r\n\r\n")[2] for part in parts]


@given(st.lists(st.tuples(NAMES, CONTENTS, st.booleans()), min_size=1, max_size=5))
def test_bytes_survive(files: list[tuple[str, bytes, bool]]) -> None:
    body = MultipartBody.of(
        {},
        {
            f"{number}": (name, io.BytesIO(content) if streamed else content)
            for number, (name, content, streamed) in enumerate(files)
        },
    )
    port = Direct()
    reader = run(body.open(port))
    assert reader.content_type is not None
    data = run(rest(reader, port))
    boundary = reader.content_type.partition("boundary=")[2].encode()
    assert split(data, boundary) == [content for _, content, _ in files]


@given(
    st.dictionaries(NAMES, st.text(st.characters(exclude_categories=["Cs", "Cc"])), max_size=3),
    st.lists(st.tuples(NAMES, NAMES, st.binary(max_size=40)), max_size=3),
)
def test_a_form_is_parsed_back(fields: dict[str, str], files: list[tuple[str, str, bytes]]) -> None:
    given_files = {name: (filename, content) for name, filename, content in files}
    port = Direct()
    reader = run(MultipartBody.of(fields, given_files).open(port))
    data = run(rest(reader, port))
    if not (fields or given_files):
        return
    got = {part.name: part for part in parse(data, reader.content_type) if part.filename is None}
    assert {name: part.content.decode() for name, part in got.items()} == fields
    files_got = [part for part in parse(data, reader.content_type) if part.filename is not None]
    assert [(part.name, part.filename) for part in files_got] == [
        (name, filename) for name, (filename, _) in given_files.items()
    ]


def pieces(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    for size in sizes:
        yield data[:size]
        data = data[size:]
    yield data


@given(st.binary(max_size=60), st.lists(st.integers(0, 30), max_size=5))
def test_the_same_bytes_however_pieces_are_cut(data: bytes, sizes: list[int]) -> None:
    forms = [
        MultipartBody.of({"a": "b"}, {"file": ("n", content)}, boundary=BOUNDARY)
        for content in (data, pieces(data, sizes), io.BytesIO(data), as_body(data, "file"))
    ]
    assert len({run(drain(form, Direct())) for form in forms}) == 1
