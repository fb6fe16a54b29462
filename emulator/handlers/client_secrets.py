"""`/realtime/client_secrets`: keys for one session, which begins as its secret says."""

from typing import Final

from ..http.json_documents import is_integer, is_object, member
from ..http.response import HttpResponse
from .generic import create as made_and_kept
from .work import Work

_SECONDS: Final = 600


def create(work: Work) -> HttpResponse:
    """`POST /realtime/client_secrets`, and that of translations."""
    value = work.state.new_id("ek_", 32)
    seconds = member(work.body, "expires_after", "seconds")
    expires = work.state.now() + (seconds if is_integer(seconds) else _SECONDS)
    about = {"value": value, "expires_at": expires}
    document = made_and_kept(work, work.path, work.path, about)
    session = work.body.get("session")
    work.state.put(work.state.secrets, value, session if is_object(session) else {})
    return HttpResponse.json(document)
