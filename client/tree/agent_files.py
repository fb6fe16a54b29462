"""Files from this disk into the environments of agents: checked, uploaded one by one, and staged.

Only regular files are taken, and no symbolic links. What is looked at when files are chosen is
looked at again when they are opened: a file that was exchanged in between is not sent.
"""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ...core.agents.environment_files import (
    AgentFilePreparationError,
    AgentFileStagingError,
    PreparedAgentFiles,
    StagedAgentFile,
    check_destinations,
    destination,
)
from ...core.api.operations import beta_agents, files
from ...core.programs.ids import id_of

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Unpack

    from ...core.api.params.beta_agents import HostedEnvironmentFileParam
    from ...core.api.types.files import FileObject
    from ...core.http.multipart import FileTypes
    from ...core.programs.caller import Caller
    from ...core.request.options import Options

    Path = str | os.PathLike[str]


class Chosen(NamedTuple):
    """A file on the disk, as it was when it was chosen."""

    path: str
    identity: tuple[int, int, int]
    """Device, inode and size."""


async def prepare(
    caller: Caller, files: Mapping[str, Path], **options: Unpack[Options]
) -> PreparedAgentFiles:
    """Upload files for an environment that is to be created: `POST /files` for each, in order.

    `files` are paths on this disk by path in the environment, below `/workspace`. All are looked
    at before the first is sent: `ValueError` for a destination that cannot be, or a path that is
    no regular file; `OSError` for one that cannot be read. `AgentFilePreparationError` where an
    upload fails; it has those before it.
    """
    check_destinations(files)
    if len(files) > 1 and _has_key(options):
        raise ValueError("extra_headers: one idempotency-key cannot be that of several uploads")
    chosen = await caller.disk.in_worker(partial(_all_chosen, dict(files)))
    return await _prepared(caller, chosen, options)


async def prepare_directory(
    caller: Caller,
    root: Path,
    *,
    destination: str,
    include: Sequence[str],
    **options: Unpack[Options],
) -> PreparedAgentFiles:
    """Upload the files below `root` that match, as `prepare` does.

    `include` are patterns relative to `root`, `**/*.py` for one; there has to be a match. As in a
    shell, a name with a dot in front is matched only by a part of a pattern that has one too:
    `**/*` leaves out `.env` and `.git`. Files go below `destination` under the names that they have
    below `root`. A symbolic link among the matches is a `ValueError`.
    """
    if isinstance(include, str) or not include:
        raise ValueError("include: expected patterns of the files to take")
    chosen = await caller.disk.in_worker(partial(_below, os.fspath(root), destination, include))
    check_destinations(chosen)
    if len(chosen) > 1 and _has_key(options):
        raise ValueError("extra_headers: one idempotency-key cannot be that of several uploads")
    return await _prepared(caller, chosen, options)


async def upload(
    caller: Caller,
    environment_id: str,
    *,
    file: FileTypes,
    path: str,
    **options: Unpack[Options],
) -> StagedAgentFile:
    """Upload a file and copy it into an environment that is there: two requests.

    `POST /files`, then `POST /agents/environments/{environment_id}/files`. `path` is the one in
    the environment, below `/workspace`. Raises `AgentFileStagingError` where the second fails: the
    upload is there then, and belongs to the caller, as it does otherwise.
    """
    destination(path)
    create: Any = beta_agents.environments_files_create  # its types know one of two kinds
    stage = partial(create, environment_id, type="file_id", path=path, **options)
    stage(file_id="")  # raises what an empty environment_id does, before anything is sent
    content: Any = file[1] if isinstance(file, tuple) else file
    if isinstance(content, os.PathLike):
        local = os.fspath(cast("os.PathLike[str]", content))  # which kind, isinstance cannot say
        chosen = await caller.disk.in_worker(partial(_chosen, local))
        uploaded = await _uploaded(caller, chosen, options, file if isinstance(file, tuple) else ())
    else:
        uploaded = await caller.perform(_create(file, options))
    try:
        staged = await caller.perform(stage(file_id=id_of(uploaded)))
    except Exception as error:
        message = f"{uploaded.id} was uploaded, and could not be staged: {error}"
        raise AgentFileStagingError(message, uploaded.id) from error
    except BaseException as error:  # the task is cancelled: this is all that is left to say
        error.add_note(f"uploaded before that: {uploaded.id}")
        raise
    return StagedAgentFile(uploaded_file_id=uploaded.id, file=staged)


async def _prepared(
    caller: Caller, chosen: Mapping[str, Chosen], options: Options
) -> PreparedAgentFiles:
    prepared = PreparedAgentFiles()
    try:
        for where, each in chosen.items():
            uploaded = await _uploaded(caller, each, options)
            prepared.uploaded_file_ids.append(uploaded.id)
            entry: HostedEnvironmentFileParam = {
                "type": "file_id",
                "file_id": id_of(uploaded),
                "path": where,
            }
            prepared.files.append(entry)
    except Exception as error:
        done = len(prepared.files)
        message = f"{done} of {len(chosen)} files were uploaded, and then: {error}"
        raise AgentFilePreparationError(message, prepared) from error
    except BaseException as error:  # the task is cancelled: this is all that is left to say
        error.add_note(
            f"uploaded before that: {', '.join(prepared.uploaded_file_ids) or 'nothing'}"
        )
        raise
    return prepared


async def _uploaded(
    caller: Caller, chosen: Chosen, options: Options, named: tuple[Any, ...] = ()
) -> FileObject:
    file, _ = await caller.disk.open_file(chosen.path)
    try:
        if _identity(os.fstat(file.fileno())) != chosen.identity:
            raise ValueError(f"{chosen.path!r} has changed since it was chosen")
        name, _, *rest = named or (os.path.basename(chosen.path), None)
        return await caller.perform(_create((name, file, *rest), options))
    finally:
        file.close()


def _create(file: Any, options: Options) -> Any:
    return files.create(file=file, purpose="user_data", **options)


def _all_chosen(paths: Mapping[str, Path]) -> dict[str, Chosen]:
    return {where: _chosen(os.fspath(path)) for where, path in paths.items()}


def _chosen(path: str) -> Chosen:
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{path!r} is no regular file")
    return Chosen(os.path.abspath(path), _identity(status))


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_dev, status.st_ino, status.st_size


def _below(root: str, destination: str, include: Sequence[str]) -> dict[str, Chosen]:
    import pathlib

    top = pathlib.Path(root)
    if top.is_symlink() or not top.is_dir():
        raise ValueError(f"{root!r} is no directory")
    found: dict[str, Chosen] = {}
    for pattern in include:
        for relative in _matching(top, pattern):
            path = top / relative
            if any((top / part).is_symlink() for part in (relative, *relative.parents)):
                raise ValueError(f"{str(path)!r} is, or is below, a symbolic link")
            if not path.is_dir():
                found[f"{destination}/{relative.as_posix()}"] = _chosen(str(path))
    if not found:
        raise ValueError(f"include: nothing below {root!r} matches")
    return found


def _matching(top: pathlib.Path, pattern: str) -> Iterator[pathlib.Path]:
    """What a pattern matches, relative to `top`; hidden only where the pattern says so."""
    from fnmatch import fnmatchcase

    parts = pattern.split("/")
    if not pattern or pattern.startswith("/") or ".." in parts:
        raise ValueError(f"include: {pattern!r} does not stay below the directory")
    dotted = [part for part in parts if part.startswith(".")]
    for path in sorted(top.glob(pattern)):
        relative = path.relative_to(top)
        hidden = [name for name in relative.parts if name.startswith(".")]
        if all(any(fnmatchcase(name, part) for part in dotted) for name in hidden):
            yield relative


def _has_key(options: Options) -> bool:
    headers = options.get("extra_headers") or {}
    return any(name.lower() == "idempotency-key" and value for name, value in headers.items())
