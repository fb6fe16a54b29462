"""`/completions`, the API before chat: a prompt in, its continuation out."""

from collections.abc import Iterator
from itertools import accumulate

from ..fake_data.texts import echo, number, short, token_count, tokens, truncated
from ..http.errors import out_of_range, too_long
from ..http.json_documents import Object, encode, is_array, is_integer, member, objects, text
from ..http.response import HttpResponse, TimedPart
from ..requests.models import model_for
from .work import Work

_MOST_TOKENS = 16
"""The default of `max_tokens`."""
_MOST_CHOICES = 2048


def create(work: Work) -> HttpResponse:
    """`POST /completions`, whole or as events."""
    body, state = work.body, work.state
    count = each if is_integer(each := body.get("n")) else 1
    if not 1 <= count <= 128:
        raise out_of_range("n", count, low=1, high=128)
    prompts = _prompts(body.get("prompt"))
    if len(prompts) * count > _MOST_CHOICES:
        raise too_long("prompt", "array", _MOST_CHOICES // count, len(prompts))
    choices: list[Object] = []
    for prompt in prompts:
        for _ in range(count):
            choices.append(_choice(work, prompt, len(choices)))
    read = sum(token_count(prompt) for prompt in prompts)
    made = sum(token_count(text(choice["text"])) for choice in choices)
    usage: Object = {"prompt_tokens": read, "completion_tokens": made, "total_tokens": read + made}
    document: Object = {
        "id": state.new_id("cmpl-", 24),
        "object": "text_completion",
        "created": state.now(),
        "model": model_for(work.call, body["model"], "completion"),
        "system_fingerprint": "fp_emulator",
        "choices": choices,
    }
    if work.wants_stream:
        with_usage = member(body, "stream_options", "include_usage") is True
        return HttpResponse.events(_parts(document, usage if with_usage else None, state.pace))
    return HttpResponse.json({**document, "usage": usage}, tokens=read + made)


def _prompts(given: object) -> list[str]:
    """Read `prompt`: a text, texts, tokens, or lists of tokens."""
    if isinstance(given, str) or given is None:
        return [given or ""]
    items = given if is_array(given) else []
    if items and all(is_integer(item) for item in items):
        return [_of_tokens(items)]
    return [item if isinstance(item, str) else _of_tokens(item) for item in items]


def _of_tokens(items: object) -> str:
    return " ".join(f"<{item}>" for item in items) if is_array(items) else ""


def _choice(work: Work, prompt: str, index: int) -> Object:
    body = work.body
    limit = each if is_integer(each := body.get("max_tokens")) else _MOST_TOKENS
    stop = body.get("stop")
    stops = [stop] if isinstance(stop, str) else stop if is_array(stop) else []
    said = work.call.scripted.text or echo(prompt)
    parts, cut = truncated(tokens(said), limit, [text(each) for each in stops])
    made = "".join(parts)
    if body.get("echo") is True:
        prompt = short(prompt)
        made, parts = prompt + made, tokens(prompt) + parts
    logprobs = _logprobs(parts) if is_integer(body.get("logprobs")) else None
    reason = "length" if cut else "stop"
    return {"index": index, "text": made, "logprobs": logprobs, "finish_reason": reason}


def _logprobs(parts: list[str]) -> Object:
    chances = [-(number(at, part) % 1000) / 1000 for at, part in enumerate(parts)]
    ends = list(accumulate(map(len, parts), initial=0))
    return {
        "tokens": parts,
        "token_logprobs": chances,
        "text_offset": ends[:-1],
        "top_logprobs": [{part: chance} for part, chance in zip(parts, chances, strict=True)],
    }


def _parts(document: Object, usage: Object | None, pace: float) -> Iterator[TimedPart]:
    delay = 0.0
    for choice in objects(document["choices"]):
        pieces = tokens(text(choice["text"])) or [""]
        for at, piece in enumerate(pieces):
            reason = choice["finish_reason"] if at == len(pieces) - 1 else None
            said: Object = {**choice, "text": piece, "logprobs": None, "finish_reason": reason}
            yield TimedPart(delay, b"data: %b\n\n" % encode({**document, "choices": [said]}))
            delay = pace
    if usage is not None:
        yield TimedPart(
            delay, b"data: %b\n\n" % encode({**document, "choices": [], "usage": usage})
        )
    yield TimedPart(0.0, b"data: [DONE]\n\n")
