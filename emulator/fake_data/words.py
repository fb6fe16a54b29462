"""Texts for fields of made-up objects, chosen by the names of the fields."""

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

_PREFIXES: Final[Mapping[str, str]] = {
    "assistant": "asst_",
    "batch": "batch_",
    "call": "call_",
    "certificate": "cert_",
    "chat_session": "cksess_",
    "chat_kit_thread": "cthr_",
    "completion": "cmpl-",
    "container": "cntr_",
    "container_resource": "cntr_",
    "conversation": "conv_",
    "eval": "eval_",
    "file": "file-",
    "container_file_resource": "cfile_",
    "file_object": "file-",
    "fine_tuning_job": "ftjob-",
    "fine_tuning_job_event": "ftevent-",
    "fine_tuning_job_checkpoint": "ftckpt_",
    "input_file": "file-",
    "message": "msg_",
    "organization": "org-",
    "output_file": "file-",
    "project": "proj_",
    "project_service_account": "svc_acct_",
    "response": "resp_",
    "eval_run": "evalrun_",
    "run_step": "step_",
    "thread": "thread_",
    "training_file": "file-",
    "upload": "upload_",
    "upload_part": "part_",
    "user": "user-",
    "vector_store": "vs_",
    "vector_store_file": "file-",
    "vector_store_file_batch": "vsfb_",
    "validation_file": "file-",
    "video": "video_",
    "voice_consent": "cons_",
}
_TEXTS: Final[Mapping[str, str]] = {
    "b64_json": "AAAA",
    "content_type": "application/octet-stream",
    "email": "someone@example.com",
    "email_address": "someone@example.com",
    "endpoint": "/v1/responses",
    "filename": "example.txt",
    "language": "en",
    "mime_type": "application/octet-stream",
    "path": "/mnt/data/example.txt",
    "size": "1024x1024",
    "seconds": "4",
    "source": "user",
    "status": "completed",
    "voice": "alloy",
}
_MODELS: Final[Mapping[str, str]] = {
    "FineTuningJob": "gpt-4o-mini",
    "SvgUsage": "gpt-image-2",
    "Video": "sora-2",
}
_OBJECTS: Final[Mapping[str, str]] = {
    "ContainerResource": "container",
    "ContainerFileResource": "container.file",
    "Owner": "organization.user",
}
_HEX: Final = 24


def snake(name: str) -> str:
    """Write the name of a class as a field is written: `VectorStoreFile`, `vector_store_file`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def prefix(what: str) -> str:
    """Return how ids of a kind of object begin."""
    return _PREFIXES.get(what) or what.rpartition("_")[2] + "_"


def id_prefix(ref: object, param: str) -> str:
    """Return how ids of a type begin; where that is not known, as its path calls them."""
    what = snake(str(ref).rpartition(":")[2])
    return _PREFIXES.get(what) or prefix(param.removesuffix("_id"))


def word(name: str, owner: str, chance: int) -> str:
    """Return the text for a field of an object of the class `owner`."""
    if name == "id" or name.endswith("_id"):
        what = snake(owner) if name == "id" else name[:-3]
        return prefix(what) + blake2b(b"%d" % chance, digest_size=_HEX // 2).hexdigest()
    if name == "object":
        return _OBJECTS.get(owner) or snake(owner)
    if name == "model":
        return _MODELS.get(owner, "gpt-5")
    if (known := _TEXTS.get(name)) is not None:
        return known
    if name.endswith(("url", "uri")):
        return f"https://example.com/{chance % 1000}"
    if name.endswith(("_at", "_time")):
        return "2026-01-01T00:00:00Z"
    return f"{name.replace('_', ' ') or 'text'} {chance % 1000}"
