"""The decoder of server-sent events against the standard's rules, however the bytes are split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.http.sse import ServerSentEvent, SSEDecoder
from api_openai.core.terms.errors import LocalProtocolError, RemoteProtocolError
from api_openai.core.terms.sentinels import END, NEED_DATA

Event = ServerSentEvent


def decode(*pieces: bytes, one_by_one: bool = False) -> tuple[list[Event], str, int | None]:
    """All events of a stream that comes in these pieces, the last id, the reconnection time."""
    decoder = SSEDecoder()
    found: list[Event] = []
    for piece in pieces:
        decoder.receive_data(piece)
        if one_by_one:
            while isinstance(event := decoder.next_event(), Event):
                found.append(event)
        else:
            found += decoder.events()
    return found, decoder.last_event_id, decoder.retry


def reference(raw: bytes) -> tuple[list[Event], str, int | None]:
    """The standard's algorithm, line by line over the whole stream."""
    text = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found: list[Event] = []
    last_id, last_retry = "", None
    data: list[bytes] = []
    name, own_id, retry = "", None, None
    for line in text.split(b"\n")[:-1]:
        if not line:
            if data:
                found.append(Event(b"\n".join(data), name, own_id, retry))
            last_id = last_id if own_id is None else own_id
            last_retry = last_retry if retry is None else retry
            data, name, own_id, retry = [], "", None, None
            continue
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")
        elif field == b"id" and b"\0" not in value:
            own_id = value.decode("utf-8", "replace")
        elif field == b"retry" and value and all(48 <= digit <= 57 for digit in value):
            retry = int(value)
    return found, last_id, last_retry


def parts(raw: bytes, cuts: list[int]) -> list[bytes]:
    """`raw` cut at these places."""
    ends = sorted(cut for cut in set(cuts) if 0 < cut < len(raw))
    return [part for a, b in zip([0, *ends], [*ends, len(raw)], strict=True) if (part := raw[a:b])]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"data: a\n\n", [Event(b"a")]),
        (b"data:a\r\n\r\n", [Event(b"a")]),
        (b"data:  a\r\r", [Event(b" a")]),
        (b"data: a\r\n\n", [Event(b"a")]),
        (b"data: a\r\ndata: b\r\n\r\n", [Event(b"a\nb")]),
        (b"data: a\n\r\n", [Event(b"a")]),
        (b"data\n\n", [Event(b"")]),
        (b"data:\n\n", [Event(b"")]),
        (b"data: \n\n", [Event(b"")]),
        (b"data: a\ndata\ndata: b\n\n", [Event(b"a\n\nb")]),
        (b"data: a: b\n\n", [Event(b"a: b")]),
        (b" data: a\n\ndata : a\n\nDATA: a\n\n", []),
        (b"event: x\ndata: {}\n\n", [Event(b"{}", "x")]),
        (b"event:x\ndata: {}\n\n", [Event(b"{}", "x")]),
        (b"event: x\nevent: y\ndata: {}\n\n", [Event(b"{}", "y")]),
        (b"event: x\nevent\ndata: {}\n\n", [Event(b"{}")]),
        (b"event: x\n: data: a\ndata: {}\n\n", [Event(b"{}", "x")]),
        (b"data: {}\nevent: x\n\n", [Event(b"{}", "x")]),
        (b"event: \xff\ndata: {}\n\n", [Event(b"{}", "\N{REPLACEMENT CHARACTER}")]),
        (b": keepalive 1/2\n\ndata: a\n\n", [Event(b"a")]),
        (b": OPENROUTER PROCESSING\n: two\ndata: a\n\n", [Event(b"a")]),
        (b"event: ping\n\ndata: a\n\n", [Event(b"a")]),
        (b"\n\n\ndata: a\n\n\n\n", [Event(b"a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [Event(b"a")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
        (b"data: \xef\xbb\xbf\n\n", [Event(b"\xef\xbb\xbf")]),
        (b"id: 7\ndata: a\n\ndata: b\n\n", [Event(b"a", "", "7"), Event(b"b")]),
        (b"id: 7\nid: 8\0\ndata: b\n\n", [Event(b"b", "", "7")]),
        (b"id\ndata: b\n\n", [Event(b"b", "", "")]),
        (b"retry: 1500\ndata: a\n\n", [Event(b"a", "", None, 1500)]),
        (b"nonsense\nfoo: bar\ndata: a\n\n", [Event(b"a")]),
        (b"data: a\xe2\x80\xa8b\xc2\x85c\x0bd\n\n", [Event(b"a\xe2\x80\xa8b\xc2\x85c\x0bd")]),
        (b"data: \xff\xfe\0\n\n", [Event(b"\xff\xfe\0")]),
        (b"data: unfinished", []),
        (b"data: unfinished\n", []),
        (b"event: x\ndata: a\n\ndata: b\n\n", [Event(b"a", "x"), Event(b"b")]),
    ],
)
def test_the_rules(raw: bytes, expected: list[Event]) -> None:
    assert decode(raw)[0] == expected == reference(raw)[0]
    assert decode(*(raw[n : n + 1] for n in range(len(raw))))[0] == expected


LINES = st.sampled_from(
    [
        b"data: {}",
        b"data:x",
        b"data",
        b"data:  y",
        b"event: a",
        b"event:b",
        b"event",
        b"id: 1",
        b"id",
        b"id: \0",
        b": c",
        b"retry: 30",
        b"retry: 3x",
        b"retry",
        b"\xef\xbb\xbf",
        b"other: 1",
        b"",
    ]
)
ENDS = st.sampled_from([b"\n", b"\n", b"\r\n", b"\r", b""])
STREAMS = st.lists(st.tuples(LINES, ENDS), max_size=25).map(
    lambda lines: b"".join(line + end for line, end in lines)
)
CUTS = st.lists(st.integers(1, 200), max_size=12)


@given(st.one_of(STREAMS, st.binary(max_size=60)), CUTS, st.booleans())
def test_any_split_gives_what_the_standard_says(
    raw: bytes, cuts: list[int], one_by_one: bool
) -> None:
    assert decode(*parts(raw, cuts), one_by_one=one_by_one) == reference(raw)


BLOCKS = st.sampled_from(
    [
        b"event: a\ndata: {}\n\n",
        b"data: {}\n\n",
        b"data: \n\n",
        b"data: x\ndata: y\n\n",
        b"event: a\ndata:x\n\n",
        b"event: a\nid: 1\n\n",
        b"event: b\ndata: {}\nid: 2\n\n",
        b"event:c\ndata: {}\n\n",
        b"event: d\ndata: x\r\n\r\n",
        b"data: x\n: c\n\n",
        b": c\n\n",
        b"data: x\n: c\n",
        b"event: a\ndata: x\nid: 1\n",
        b"\n",
        b"data: [DONE]\n\n",
    ]
)
MANY_ALIKE = st.lists(st.tuples(BLOCKS, st.sampled_from([1, 2, 200])), max_size=5).map(
    lambda runs: b"".join(block * times for block, times in runs)
)


@given(MANY_ALIKE, st.lists(st.integers(1, 9000), max_size=3))
def test_events_that_are_alike_are_what_each_of_them_is(raw: bytes, cuts: list[int]) -> None:
    assert decode(*parts(raw, cuts)) == reference(raw)


def bounded(pieces: list[bytes], limit: int) -> tuple[list[Event], bool]:
    decoder = SSEDecoder(max_event=limit)
    found: list[Event] = []
    for piece in pieces:
        decoder.receive_data(piece)
        try:
            while isinstance(event := decoder.next_event(), Event):
                found.append(event)
        except RemoteProtocolError:
            return found, True
    return found, False


@given(STREAMS, CUTS, st.integers(1, 30))
def test_any_split_meets_the_limit_at_the_same_event(
    raw: bytes, cuts: list[int], limit: int
) -> None:
    raw = b"data\n\n" + raw  # the first bytes may be a byte order mark, which does not count
    assert bounded(parts(raw, cuts), limit) == bounded([raw], limit)


def test_machine_conventions() -> None:
    decoder = SSEDecoder()
    assert decoder.next_event() is NEED_DATA
    decoder.receive_data(b"data: a\n\ndata: b\n\ndata: c\n\ndata: d")
    assert decoder.next_event() == Event(b"a")
    assert decoder.events() == [Event(b"b"), Event(b"c")]
    assert decoder.events() == []
    assert decoder.next_event() is NEED_DATA
    decoder.receive_data(b"\n\n")
    decoder.receive_data(b"")
    assert decoder.next_event() == Event(b"d")
    assert decoder.next_event() is END
    with pytest.raises(LocalProtocolError):
        decoder.receive_data(b"x")


def test_the_end_of_one_line_may_come_in_two_reads() -> None:
    decoder = SSEDecoder()
    decoder.receive_data(b"data: a\r\n\r")
    assert decoder.events() == [Event(b"a")]  # without waiting for the rest of the line end
    decoder.receive_data(b"\ndata: b\r\n\r\n")
    assert decoder.events() == [Event(b"b")]


@pytest.mark.parametrize("raw", [b"data: [DONE]", b"data:[DONE]\r", b": x\ndata: [DONE]\n"])
def test_an_event_whose_empty_line_never_came_can_be_seen(raw: bytes) -> None:
    decoder = SSEDecoder()
    decoder.receive_data(b"id: 1\ndata: a\n\n" + raw)
    decoder.receive_data(b"")
    assert decoder.events() == [Event(b"a", "", "1")]
    assert decoder.tail == raw.replace(b"\r", b"\n")
    assert decoder.unfinished == [Event(b"[DONE]")]


@pytest.mark.parametrize("raw", [b"", b"event: x", b": comment", b"id: 2\nretry: 3\n"])
def test_what_has_no_data_is_no_unfinished_event(raw: bytes) -> None:
    decoder = SSEDecoder()
    decoder.receive_data(b"id: 1\nretry: 1\n\n" + raw)
    assert decoder.unfinished == []
    assert (decoder.last_event_id, decoder.retry) == ("1", 1)


def test_id_and_retry_count_without_data_and_last() -> None:
    decoder = SSEDecoder()
    assert (decoder.last_event_id, decoder.retry) == ("", None)
    decoder.receive_data(b"id: 7\nretry: 1500\n\nretry: 9s\n\nretry: -1\n\nretry: \n\nid: 8")
    assert (decoder.last_event_id, decoder.retry) == ("7", 1500)
    decoder.receive_data(b"\n\nid\n\nretry: " + b"9" * 5000 + b"\n\n")
    assert (decoder.last_event_id, decoder.retry) == ("", 1500)


def test_an_event_without_end_is_bounded() -> None:
    decoder = SSEDecoder(max_event=100)
    decoder.receive_data(b"data: a\n\ndata: " + b"x" * 95)
    assert decoder.next_event() == Event(b"a")
    for _ in range(2):
        with pytest.raises(RemoteProtocolError, match="more than 100 bytes"):
            decoder.next_event()
        decoder.receive_data(b"\n\ndata: b\n\n")
    assert decoder.tail == b""


@pytest.mark.parametrize("pieces", [1, 40, 1200])
def test_the_limit_is_that_of_an_event_and_not_of_a_read(pieces: int) -> None:
    raw = b"data: 6789\n\n" * 100
    size = len(raw) // pieces
    decoder = SSEDecoder(max_event=10)
    for n in range(0, len(raw), size):
        decoder.receive_data(raw[n : n + size])
    assert len(decoder.events()) == 100


def test_many_small_pieces_of_a_large_event_are_not_copied_again_and_again() -> None:
    decoder = SSEDecoder()
    decoder.receive_data(b"data: ")
    for _ in range(20_000):
        decoder.receive_data(b"x" * 1000)
    decoder.receive_data(b"\n\n")
    (event,) = decoder.events()
    assert len(event.data) == 20_000_000


def test_text_survives_what_is_not_utf8() -> None:
    assert Event(b"a\xff").text == "a\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'error: {"code":400}\n\n', [Event(b'{"code":400}', "error")]),
        (b'error:{"code":400}\nid: 1\n\n', [Event(b'{"code":400}', "error", "1")]),
        (
            b'{"error":{\n  "message": "x"\n}}\n\n',
            [Event(b'{"error":{\n  "message": "x"\n}}', bare=True)],
        ),
        (b'event: error\n{"message":"x"}\n\n', [Event(b'{"message":"x"}', "error", bare=True)]),
        (b'data: 1\n{"error":"x"}\n\n', [Event(b"1"), Event(b'{"error":"x"}', bare=True)]),
        (b"[DONE]\n\n", [Event(b"[DONE]", bare=True)]),
        (b'other: {"a":1}\n\n', []),
    ],
)
def test_errors_beside_the_standard_are_events(raw: bytes, expected: list[Event]) -> None:
    for size in (1, 3, len(raw)):
        decoder = SSEDecoder()
        for at in range(0, len(raw), size):
            decoder.receive_data(raw[at : at + size])
        assert decoder.events() == expected
