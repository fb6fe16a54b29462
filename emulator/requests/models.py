"""What models there are, and what each kind of them is for."""

from typing import Final, Literal

from ..http.errors import ApiError, no_model, unsupported_value
from .call import Call

Kind = Literal[
    "chat",
    "responses",
    "completion",
    "embedding",
    "speech",
    "transcription",
    "image",
    "video",
    "moderation",
    "realtime",
]

_FAMILIES: Final = (
    *("gpt-", "chatgpt-", "o1", "o3", "o4", "codex-", "computer-use-", "text-embedding-"),
    *("whisper-", "tts-", "dall-e-", "sora-", "omni-moderation-", "text-moderation-", "babbage-"),
    *("davinci-", "ft:"),
)
_BEGINNINGS: Final[tuple[tuple[Kind, tuple[str, ...]], ...]] = (
    ("embedding", ("text-embedding-",)),
    ("transcription", ("whisper-",)),
    ("speech", ("tts-",)),
    ("image", ("dall-e-", "gpt-image-", "chatgpt-image-")),
    ("video", ("sora-",)),
    ("moderation", ("omni-moderation-", "text-moderation-")),
    ("completion", ("babbage-", "davinci-", "gpt-3.5-turbo-instruct")),
    ("realtime", ("gpt-realtime", "gpt-live")),
    ("responses", ("codex-", "computer-use-", "o1-pro", "o3-pro")),
)
_PARTS: Final[tuple[tuple[Kind, str], ...]] = (
    ("transcription", "-transcribe"),
    ("speech", "-tts"),
    ("realtime", "-realtime"),
    ("responses", "-codex"),
    ("responses", "-deep-research"),
)
"""What is in the names of kinds that share their beginning with others."""
_SPEECH: Final = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts")
_TRANSCRIPTION: Final = (
    *("whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-transcribe-diarize"),
)
_IMAGE: Final = (
    *("gpt-image-2", "gpt-image-1.5", "gpt-image-1", "gpt-image-1-mini", "dall-e-2", "dall-e-3"),
)
_NAMED: Final[dict[Kind, tuple[str, ...]]] = {
    "speech": _SPEECH,
    "transcription": _TRANSCRIPTION,
    "image": _IMAGE,
    "video": ("sora-2", "sora-2-pro"),
    "moderation": ("omni-moderation-latest", "text-moderation-latest"),
}
"""What the refusal of a model of another kind lists."""


def base_of(name: str) -> str:
    """Return the name of a model without what fine-tuning put around it."""
    return name.removeprefix("ft:").partition(":")[0]


def kind_of(name: str) -> Kind:
    """Return what a model is for."""
    name = base_of(name)
    for kind, beginnings in _BEGINNINGS:
        if name.startswith(beginnings):
            return kind
    for kind, part in _PARTS:
        if part in name:
            return kind
    return "responses" if name.startswith("gpt-5") and "-pro" in name else "chat"


def is_reasoning(name: str) -> bool:
    """Whether a model reasons before it answers."""
    name = base_of(name)
    if name.startswith("gpt-5"):
        return "-chat" not in name
    return name.startswith(("o1", "o3", "o4", "codex-"))


def reasons(name: str, effort: object) -> bool:
    """Whether a model reasons before it answers, where it is asked for that effort."""
    return is_reasoning(name) and effort != "none"


def thinking(effort: object) -> int:
    """Return how many tokens of reasoning an effort takes."""
    return _EFFORTS.get(effort if isinstance(effort, str) else "medium", 64)


_EFFORTS: Final = {"none": 0, "minimal": 0, "low": 16, "medium": 64, "high": 256}


def exists(call: Call, name: object) -> str:
    """Return `name` if it is a model's: any name of a family of the API's models is.

    Whatever Azure's deployments are called, there is a model behind them.
    """
    if not isinstance(name, str) or name in call.state.deleted_models:
        raise no_model(str(name))
    if not (_anything_goes(call) or name.startswith(_FAMILIES)):
        raise no_model(name)
    return name


def model_for(call: Call, name: object, *kinds: Kind) -> str:
    """Return `name` if it is a model's of one of these kinds."""
    try:
        model = exists(call, name)
    except ApiError:
        if "responses" not in kinds:
            raise
        message = f"The requested model '{name}' does not exist."
        raise ApiError(400, message, param="model", code="model_not_found") from None
    if _anything_goes(call) or (kind := kind_of(model)) in kinds:
        return model
    raise _unfit(model, kind, kinds[0])


def _anything_goes(call: Call) -> bool:
    return call.state.any_model or call.head.deployment is not None


def _unfit(model: str, kind: Kind, wanted: Kind) -> ApiError:
    """Refuse a model of another kind, as each part of the API does."""
    match wanted, kind:
        case "chat", "responses":
            message = "This model is only supported in v1/responses and not in v1/chat/completions."
        case "chat", _:
            message = (
                "This is not a chat model and thus not supported in the v1/chat/completions "
                "endpoint. Did you mean to use v1/completions?"
            )
        case "completion", _:
            message = (
                "This is a chat model and not supported in the v1/completions endpoint. "
                "Did you mean to use v1/chat/completions?"
            )
        case "embedding", _:
            return ApiError(403, "You are not allowed to generate embeddings from this model")
        case "responses", _:
            message = f"The requested model '{model}' cannot be used with the Responses API."
            return ApiError(400, message, param="model", code="unsupported_model")
        case _:
            return unsupported_value("model", model, _NAMED[wanted])
    return ApiError(404, message, param="model")
