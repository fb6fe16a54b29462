"""Files for the environments of agents: their allowed paths, their uploads, their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from ..terms.errors import OpenAIError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..api.params.beta_agents import HostedEnvironmentFileParam
    from ..api.types.beta_agents import EnvironmentFile

ROOT: Final = "/workspace"
_RESERVED: Final = frozenset({".codex", ".managed-agents"})


class PreparedAgentFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Files that were uploaded for an environment that is yet to be created.

    `files` goes into its configuration. The uploads belong to the caller: `uploaded_file_ids` are
    those to delete from the Files API when they are needed no more.
    """

    files: list[HostedEnvironmentFileParam] = msgspec.field(
        default_factory=list["HostedEnvironmentFileParam"]
    )
    uploaded_file_ids: list[str] = msgspec.field(default_factory=list[str])


class StagedAgentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file in an environment, and the upload it was copied from, which belongs to the caller."""

    uploaded_file_id: str
    file: EnvironmentFile


class AgentFilePreparationError(OpenAIError):
    """Not all files could be uploaded; `prepared` are those that were, for the caller to delete."""

    def __init__(self, message: str, prepared: PreparedAgentFiles) -> None:
        super().__init__(message)
        self.prepared = prepared


class AgentFileStagingError(OpenAIError):
    """A file was uploaded as `uploaded_file_id`, and could not be copied into the environment."""

    def __init__(self, message: str, uploaded_file_id: str) -> None:
        super().__init__(message)
        self.uploaded_file_id = uploaded_file_id


def destination(path: str) -> str:
    """Return `path` if a file of an environment may be there; `ValueError` says why it may not."""
    first, *parts = path.split("/")[1:] if path.startswith("/") else [""]
    if f"/{first}" != ROOT or not parts:
        raise ValueError(f"path={path!r}: expected an absolute path below {ROOT}")
    if "\0" in path or "\\" in path:
        raise ValueError(f"path={path!r}: NUL and backslash cannot be in it")
    if not _is_unicode(path):  # a name on the disk that is not UTF-8
        raise ValueError(f"path={path!r}: it cannot be sent, for it is not Unicode")
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"path={path!r}: parts of it are empty, '.' or '..'")
    if parts[0] in _RESERVED or parts[0].startswith(".managed-agents-") or parts == ["outputs"]:
        raise ValueError(f"path={path!r}: the environment has that place for itself")
    return path


def _is_unicode(path: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in path)


def check_destinations(paths: Iterable[str]) -> None:
    """Raise `ValueError` unless all paths can be files side by side."""
    found = {destination(path) for path in paths}
    for path in found:
        above = path.rpartition("/")[0]
        while above:
            if above in found:
                raise ValueError(f"{above!r} would be a file, and the directory of {path!r}")
            above = above.rpartition("/")[0]
