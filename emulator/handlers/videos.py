"""`/videos`: what is made of other videos, and downloads."""

from typing import Final

from ..fake_data.media import MP4, PNG
from ..http.errors import ApiError
from ..http.json_documents import Object, is_object, text
from ..http.response import HttpResponse
from .generic import create as made_and_kept
from .work import Work

_VIDEO: Final = "videos:Video"
_KEPT: Final = ("model", "size", "seconds")
"""What a video has from the one that it is made of, unless asked otherwise."""


def create(work: Work) -> HttpResponse:
    """`POST /videos`."""
    return work.polled(_made(work, None), _VIDEO)


def remix(work: Work) -> HttpResponse:
    """`POST /videos/{video_id}/remix`: a new video."""
    return work.polled(_made(work, work.values["video_id"]), _VIDEO)


def derive(work: Work) -> HttpResponse:
    """`POST /videos/edits` and `POST /videos/extensions`: a new video of another one."""
    given = work.body.get("video")
    return work.polled(_made(work, text(given.get("id")) if is_object(given) else None), _VIDEO)


def _made(work: Work, source: str | None) -> Object:
    before = work.objects.get("/videos", source or "") or {}
    kept: Object = {name: before[name] for name in _KEPT if name in before}
    given: Object = {name: work.body[name] for name in _KEPT if name in work.body}
    defaults: Object = {"model": "sora-2", "size": "720x1280", "seconds": "4"}
    facts: Object = {"remixed_from_video_id": source or None, "expires_at": None}
    return made_and_kept(work, "/videos", "/videos", defaults, kept, given, facts)


def content(work: Work) -> HttpResponse:
    """`GET /videos/{video_id}/content`: the video, or pictures of it."""
    name = work.values["video_id"]
    video = work.stored("/videos", name, "video_id", _VIDEO)
    if video["status"] != "completed":
        message = f"The video '{name}' is {video['status']}: there is nothing to download yet."
        raise ApiError(400, message, code="video_not_ready")
    if work.query.get("variant", "video") == "video":
        return HttpResponse(headers=(("content-type", "video/mp4"),), body=MP4)
    return HttpResponse(headers=(("content-type", "image/png"),), body=PNG)
