"""Texts of a server's that are longer than anybody sends: each is read in linear time.

Nothing here looks at a clock. The sizes are such that a reader that is not linear takes hours.
"""

import gzip

import msgspec
import pytest

from api_openai.core.http.content_coding import decoder_for
from api_openai.core.programs.polling import HINT, LONGEST_HINT, Poll
from api_openai.core.structured.output_format import OutputFormat
from api_openai.core.structured.type_reader import OutputMisfitError
from api_openai.core.terms.errors import RemoteProtocolError
from api_openai.core.terms.http_message import Headers
from api_openai.core.terms.omit import omit
from api_openai.core.terms.rate_limits import RateLimits

MANY = 1_000_000


@pytest.mark.parametrize("tail", ["", "x", "s", "ms1"])
@pytest.mark.parametrize("what", ["reset-requests", "remaining-tokens", "limit-requests"])
def test_rate_limits_of_countless_digits(what: str, tail: str) -> None:
    limits = RateLimits.of(Headers.of({f"x-ratelimit-{what}": "9" * MANY + tail}))
    assert limits == RateLimits()


def test_header_fields_as_a_dict() -> None:
    fields = [(f"x-{number}", str(number)) for number in range(50_000)]
    headers = Headers.of([*fields, ("x-7", "again")])
    assert dict(headers) == {**dict(fields), "x-7": "7, again"}
    assert headers["X-7"] == "7, again"
    with pytest.raises(KeyError):
        headers["x-none"]


@pytest.mark.parametrize("digits", [13, 20, 400, MANY])
def test_a_hint_of_any_size_is_a_bounded_pause(digits: int) -> None:
    assert Poll.of(omit, omit).after({HINT: "9" * digits}, 0) == LONGEST_HINT
    assert Poll.of(omit, omit).after({HINT: "0" * digits}, 0) == 0


def test_gzip_of_nothing_but_ends() -> None:
    coded = gzip.compress(gzip.compress(b"", mtime=0) * MANY)
    decoder = decoder_for("gzip, gzip")
    assert decoder is not None
    with pytest.raises(RemoteProtocolError):
        list(decoder.decode(coded))


class Place(msgspec.Struct, forbid_unknown_fields=True):
    name: str


@pytest.mark.parametrize("part", [" - at `$", " - at `key` in `$", "`", ", got ", "[0]"])
def test_misfits_that_quote_a_field_name(part: str) -> None:
    with pytest.raises(OutputMisfitError) as caught:
        OutputFormat.of(Place).read(msgspec.json.encode({"name": "x", part * MANY: 1}).decode())
    assert len(caught.value.issues) == 1
