"""Content codings: of a request's body, and of the answer that a client takes (RFC 9110)."""

from typing import Final, Literal

from ...core.http.content_coding import ContentDecoder, decoder_for
from ...core.terms.errors import RemoteProtocolError
from .errors import ApiError
from .request import RequestHead

Coding = Literal["gzip", "deflate"]

CODINGS: Final[tuple[Coding, ...]] = ("gzip", "deflate")


def request_decoder(head: RequestHead) -> ContentDecoder | None:
    """Return what undoes the codings of a body; `None` where it has none.

    Raises the refusal of a coding that is not known.
    """
    given = head.headers.get("content-encoding", "")
    names = [each.strip().lower().removeprefix("x-") for each in given.split(",")]
    if unknown := [each for each in names if each not in ("", "identity", *CODINGS)]:
        known = ", ".join(CODINGS)
        message = f"Unsupported content encoding: '{unknown[0][:80]}'. Supported values: {known}."
        fields = (("accept-encoding", known),)
        raise ApiError(415, message, code="unsupported_content_encoding", headers=fields)
    try:
        return decoder_for(given)
    except RemoteProtocolError as error:
        raise ApiError(415, f"Unsupported content encoding: {error}.") from None


def answer_coding(head: RequestHead, *, worth_it: bool) -> Coding | None:
    """Return the coding of an answer, `None` for none.

    One that needs no coding gets one where that is `worth_it`. Raises the refusal of a request
    that takes no answer which could be given.
    """
    given = head.headers.get("accept-encoding")
    if not given:
        return None
    wanted = dict(map(_weighed, given.lower().split(",")))
    others = wanted.get("*", 0.0)
    if wanted.get("identity", wanted.get("*", 1.0)) > 0:
        return "gzip" if worth_it and wanted.get("gzip", others) > 0 else None
    best = max(CODINGS, key=lambda each: wanted.get(each, others))
    if wanted.get(best, others) > 0:
        return best
    message = f"'accept-encoding: {given[:80]}' refuses gzip, deflate and identity."
    raise ApiError(406, message, code="unacceptable_content_encoding")


def _weighed(item: str) -> tuple[str, float]:
    name, _, quality = item.partition(";")
    try:
        return name.strip(), float(quality.replace(" ", "").removeprefix("q="))
    except ValueError:
        return name.strip(), 1.0
