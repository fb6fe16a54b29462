"""`/moderations`: a text is in a category when it has the category's name in it."""

from typing import Final

from ..http.errors import too_long
from ..http.json_documents import Object, is_array, member, text
from ..http.response import HttpResponse
from ..requests.models import model_for
from .work import Work

_CATEGORIES: Final = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit"),
    *("illicit/violent", "self-harm", "self-harm/instructions", "self-harm/intent", "sexual"),
    *("sexual/minors", "violence", "violence/graphic"),
)
_MOST_INPUTS: Final = 2048


def create(work: Work) -> HttpResponse:
    """`POST /moderations`."""
    given = work.body["input"]
    inputs = given if is_array(given) else [given]
    if len(inputs) > _MOST_INPUTS:
        raise too_long("input", "array", _MOST_INPUTS, len(inputs))
    # Parts of one message are judged together, texts each on its own.
    if any(not isinstance(item, str) for item in inputs):
        inputs = [" ".join(text(member(item, "text")) for item in inputs)]
    model = model_for(work.call, work.body.get("model") or "omni-moderation-latest", "moderation")
    results = [_result(text(item)) for item in inputs]
    return HttpResponse.json(
        {"id": work.state.new_id("modr-", 24), "model": model, "results": results}
    )


def _result(said: str) -> Object:
    found = {name: name in said.lower() for name in _CATEGORIES}
    return {
        "flagged": any(found.values()),
        "categories": found,
        "category_scores": {name: 0.95 if hit else 0.001 for name, hit in found.items()},
        "category_applied_input_types": {name: ["text"] for name in _CATEGORIES},
    }
