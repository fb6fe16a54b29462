"""What the API refuses of sounds and pictures: voices, sizes, formats, files."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from ..http.errors import ApiError, out_of_range, unsupported_value
from ..http.forms import Blob
from ..http.json_documents import Object, is_integer, text

_SOUNDS: Final = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
_LONGEST_SOUND: Final = 26_214_400
_LONGEST_SPEECH: Final = 4096
_OLD_VOICES: Final = (
    *("nova", "shimmer", "echo", "onyx", "fable", "alloy", "ash", "sage", "coral"),
)
_VOICES: Final = (*_OLD_VOICES, "ballad", "verse", "marin", "cedar")
_TRANSCRIPTS: Final[Mapping[str, tuple[str, ...]]] = {
    "whisper": ("json", "text", "srt", "verbose_json", "vtt"),
    "gpt-4o-transcribe-diarize": ("json", "text", "diarized_json"),
    "gpt-4o": ("json", "text"),
}
"""Formats of transcripts, by the beginning of the model's name."""


def check_speech(body: Object, model: str) -> None:
    """Raise the API's refusal of a voice, or of a text that is empty or too long."""
    said, voice = text(body["input"]), body["voice"]
    if not said:
        fault = "String should have at least 1 character"
        raise _invalid("string_too_short", "input", fault, said, {"min_length": 1})
    if len(said) > _LONGEST_SPEECH:
        fault = f"String should have at most {_LONGEST_SPEECH} characters"
        context: Object = {"max_length": _LONGEST_SPEECH}
        raise _invalid("string_too_long", "input", fault, said[:80], context)
    voices = _OLD_VOICES if model.startswith("tts-1") else _VOICES
    if isinstance(voice, str) and voice not in voices:
        *others, last = (f"'{each}'" for each in voices)
        expected = f"{', '.join(others)} or {last}"
        fault = f"Input should be {expected}"
        raise _invalid("enum", "voice", fault, voice, {"expected": expected})
    speed = body.get("speed")
    if isinstance(speed, (int, float)) and not 0.25 <= speed <= 4:
        raise out_of_range("speed", float(speed), low=0.25, high=4)


def _invalid(kind: str, name: str, message: str, given: str, context: Object) -> ApiError:
    """Refuse as this part of the API does: with the findings of its checker for a message."""
    found = {"type": kind, "loc": ("body", name), "msg": message, "input": given, "ctx": context}
    return ApiError(400, repr([found]))


def check_sound(blob: Blob | None, body: Object, model: str) -> None:
    """Raise the API's refusal of a recording, or of a format that a model does not write."""
    if blob is not None:
        if blob.filename.rpartition(".")[2].lower() not in _SOUNDS:
            message = f"Invalid file format. Supported formats: {list(_SOUNDS)}"
            raise ApiError(400, message)
        if blob.size > _LONGEST_SOUND:
            message = f"Maximum content size limit ({_LONGEST_SOUND}) exceeded "
            message += f"({blob.size} bytes read)"
            raise ApiError(413, message, kind="server_error")
        if not blob.size:
            message = "Audio file is too short. Minimum audio length is 0.1 seconds."
            raise ApiError(400, message, param="file", code="audio_too_short")
    wanted = body.get("response_format")
    for beginning, formats in _TRANSCRIPTS.items():
        if model.startswith(beginning):
            if isinstance(wanted, str) and wanted not in formats:
                *others, last = (f"'{each}'" for each in formats)
                message = f"response_format '{wanted}' is not compatible with model '{model}'. "
                message += f"Use {', '.join(others)} or {last} instead."
                raise ApiError(400, message, param="response_format", code="unsupported_value")
            return


_GPT_SIZES: Final = ("1024x1024", "1024x1536", "1536x1024", "auto")
_SIZES: Final[Mapping[str, tuple[str, ...]]] = {
    "dall-e-2": ("256x256", "512x512", "1024x1024"),
    "dall-e-3": ("1024x1024", "1792x1024", "1024x1792"),
    "gpt-image-1": _GPT_SIZES,
    "chatgpt-image": _GPT_SIZES,
}
_QUALITIES: Final[Mapping[str, tuple[str, ...]]] = {
    "dall-e-2": ("standard", "auto"),
    "dall-e-3": ("standard", "hd", "auto"),
    "gpt-image-1": ("low", "medium", "high", "auto"),
    "chatgpt-image": ("low", "medium", "high", "auto"),
    "gpt-image-2": ("low", "medium", "high", "xhigh", "max", "auto"),
}
_ONLY_OLD: Final = ("response_format", "style")
_ONLY_NEW: Final = (
    *("background", "moderation", "output_compression", "output_format", "partial_images"),
    *("input_fidelity", "stream"),
)
_ANY_SIZE: Final = re.compile(r"([1-9]\d{1,3})x([1-9]\d{1,3})")
_PICTURES: Final = ("image/jpeg", "image/png", "image/webp")


def check_picture(body: Object, model: str) -> None:
    """Raise the API's refusal of parameters that a model of pictures does not have."""
    old = model.startswith("dall-e-")
    if old or model.startswith(("gpt-image-", "chatgpt-image")):
        for name in _ONLY_NEW if old else _ONLY_OLD:
            if body.get(name) not in (None, False):
                message = f"Unknown parameter: '{name}'."
                raise ApiError(400, message, param=name, code="unknown_parameter")
    if model == "dall-e-3" and is_integer(count := body.get("n")) and count != 1:
        message = "You must provide n=1 for this model."
        raise ApiError(400, message, param="n", code="invalid_value")
    _check_size(body.get("size"), model, old)
    quality = body.get("quality")
    for beginning, qualities in _QUALITIES.items():
        if model.startswith(beginning) and quality is not None and quality not in qualities:
            raise unsupported_value("quality", quality, qualities)


def _check_size(size: object, model: str, old: bool) -> None:
    if not isinstance(size, str):
        return
    if model.startswith("gpt-image-2"):
        if size != "auto" and not _may_be(size):
            message = f"Invalid size '{size}'. Width and height must be divisible by 16, and "
            message += "neither may be more than three times the other."
            raise ApiError(400, message, param="size", code="invalid_value")
        return
    for beginning, sizes in _SIZES.items():
        if not model.startswith(beginning) or size in sizes:
            continue
        if old:
            raise ApiError(400, "The size is not supported by this model.", code="invalid_size")
        raise unsupported_value("size", size, sizes)


def _may_be(size: str) -> bool:
    found = _ANY_SIZE.fullmatch(size)
    if found is None:
        return False
    short, long = sorted(map(int, found.groups()))
    return not short % 16 and not long % 16 and long <= 3 * short


def check_files(files: Mapping[str, Iterable[Blob]], model: str) -> None:
    """Raise the API's refusal of files that are no pictures."""
    kinds = ("image/png",) if model.startswith("dall-e-") else _PICTURES
    blobs = list(files.get("image", ()))
    for at, blob in enumerate(blobs):
        if blob.content_type in kinds:
            continue
        name = "image" if len(blobs) == 1 else f"image[{at}]"
        *others, last = (f"'{each}'" for each in kinds)
        names = f"{', '.join(others)}, and {last}" if others else last
        message = f"Invalid file '{name}': unsupported mimetype ('{blob.content_type}'). "
        message += f"Supported file formats are {names}."
        raise ApiError(400, message, param=name, code="unsupported_file_mimetype")
