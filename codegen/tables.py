"""Facts that the description lacks, and choices that cannot be derived: each table says why."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Final

from .description import Schema, Side

NAMES_FILE: Final = Path(__file__).with_name("names.json")


@cache
def sdk_names() -> dict[Side, dict[str, list[str]]]:
    """The SDK's classes by place, as `module.Class`; see `codegen.align`."""
    found: dict[Side, dict[str, list[str]]] = json.loads(NAMES_FILE.read_text())
    return found


def is_main(path: str) -> bool:
    """Whether a class is the one that its file is named after."""
    *_, file, name = path.split(".")
    return file.replace("_", "").lower() == name.lower()


OWN_NAMES: Final[dict[str, str]] = {"ModelIdsShared": "ChatModel"}
"""Names that the SDK has for schemas, and that `codegen.align` cannot find."""

WITHOUT_DRIFT: Final = frozenset({"InputContent"})
"""Schemas that the SDK widens for one area only (graders take `output_text` and audio there)."""

RESERVED: Final = frozenset({"Any", "ClassVar", "Literal", "Open", "Required", "TypeAlias"})
"""Names that generated modules import."""

MIXINS: Final = {"Embedding": "Vector", "Response": "OutputText"}
"""Classes in `core/mixins.py` that are the bases of generated ones, by schema."""

ACCEPTS: Final[dict[str, tuple[str, ...]]] = {
    "ChatCompletionRequestAssistantMessage": ("ChatCompletionResponseMessage",),
    "InputItem": ("OutputItem", "ItemResource", "ItemField"),
}
"""Schemas whose objects may be sent where another is asked for: answers given back as input."""

_BILLING: Final = {"type": "object", "properties": {"payer": {"type": "string"}}}
_SEEN: Final[dict[str, dict[str, Schema]]] = {
    "Response": {
        "billing": _BILLING,
        "frequency_penalty": {"type": "number"},
        "presence_penalty": {"type": "number"},
        "store": {"type": "boolean"},
    },
}
_DELTAS: Final = re.compile(r"(Beta)?Response\w+Delta(Streaming)?Event").fullmatch


def seen(place: str) -> dict[str, Schema]:
    """Fields that api.openai.com answers and no file describes. They are optional.

    Without them every such answer would take the slow way of the codec. `obfuscation` is in all
    deltas by default (see `include_obfuscation`), and described in chunks of a chat only.
    """
    return {"obfuscation": {"type": "string"}} if _DELTAS(place) else _SEEN.get(place, {})


WIDER: Final[dict[str, dict[str, str]]] = {"Embedding.embedding": {"type": "string"}}
"""What places may hold besides what the description says: vectors asked for in base64."""

_ENDS: Final = ("response.completed", "response.failed", "response.incomplete", "error")
TERMINAL: Final[dict[str, tuple[str, ...]]] = {
    "ResponseStreamEvent": _ENDS,
    "BetaResponseStreamEvent": _ENDS,
}
"""The events after which a stream has no other, by union; chunks of a chat end with `[DONE]`."""

HELPERS: Final[dict[str, str]] = {}
"""Methods written by hand, by resource: a class `X(Resource[M])` in `client/helpers/<module>.py`,
which becomes the base of the generated one."""
