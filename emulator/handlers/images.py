"""`/images`: one pixel, as often as asked for, whole or in parts."""

from collections.abc import Iterator
from typing import Final

from ..fake_data.media import PNG_TEXT
from ..fake_data.texts import token_count
from ..http.errors import out_of_range
from ..http.json_documents import Object, is_integer, text
from ..http.response import HttpResponse
from ..requests.media_checks import check_files, check_picture
from ..requests.models import model_for
from .event_streams import told
from .work import Work

_MOST: Final = 10


def generate(work: Work) -> HttpResponse:
    """`POST /images/generations`."""
    return _pictures(work, "image_generation")


def edit(work: Work) -> HttpResponse:
    """`POST /images/edits`."""
    return _pictures(work, "image_edit")


def vary(work: Work) -> HttpResponse:
    """`POST /images/variations`."""
    return _pictures(work, "image_variation")


def _pictures(work: Work, task: str) -> HttpResponse:
    body = work.body
    model = text(body.get("model"))
    if model:
        model_for(work.call, model, "image")
    elif task == "image_variation":
        model = "dall-e-2"
    check_picture(body, model)
    check_files(work.call.files, model)
    given = body.get("n")
    count = given if is_integer(given) else 1
    if not 1 <= count <= _MOST:
        raise out_of_range("n", count, low=1, high=_MOST)
    if work.wants_stream:
        return told(_events(work, task), work.state.pace)
    old = not model.startswith(("gpt-image", "chatgpt-image")) and (
        model.startswith("dall-e") or task == "image_variation"
    )
    created = work.state.now()
    images: list[Object] = []
    for at in range(count):
        if body.get("response_format") == "url" or (old and not body.get("response_format")):
            images.append({"url": f"https://example.com/images/{created}-{at}.png"})
        else:
            images.append({"b64_json": PNG_TEXT})
        if model == "dall-e-3":
            images[-1]["revised_prompt"] = body.get("prompt")
    document: Object = {"created": created, "data": images}
    if not old:
        document |= _looks(body) | {"usage": _usage(body, count)}
    return HttpResponse.json(document)


def _looks(body: Object) -> Object:
    """Return what an image looks like; where the request leaves it open, what the API would do."""

    def given(name: str, default: str) -> str:
        value = text(body.get(name), default)
        return default if value in ("auto", "standard", "hd") else value

    return {
        "background": given("background", "opaque"),
        "output_format": given("output_format", "png"),
        "quality": given("quality", "high"),
        "size": given("size", "1024x1024"),
    }


def _usage(body: Object, count: int) -> Object:
    read, made = token_count(text(body.get("prompt"))), 1000 * count
    return {
        "input_tokens": read,
        "input_tokens_details": {"text_tokens": read, "image_tokens": 0},
        "output_tokens": made,
        "total_tokens": read + made,
    }


def _events(work: Work, task: str) -> Iterator[Object]:
    given = work.body.get("partial_images")
    common: Object = {
        "b64_json": PNG_TEXT,
        "created_at": work.state.now(),
        **_looks(work.body),
    }
    for at in range(given if is_integer(given) else 0):
        yield {"type": f"{task}.partial_image", **common, "partial_image_index": at}
    yield {"type": f"{task}.completed", **common, "usage": _usage(work.body, 1)}
