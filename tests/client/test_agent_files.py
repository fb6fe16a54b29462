"""Files for the environments of agents, and all of it against the emulator."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec
import pytest

from api_openai import (
    AgentFilePreparationError,
    AgentFileStagingError,
    AsyncClient,
    Client,
    InternalServerError,
)
from api_openai.emulator import AsyncMemoryTransport, Emulator, MemoryTransport
from api_openai.emulator.faults import Say

from .agent_peer import Peer, error, idle_peer, reply


class Word(msgspec.Struct):
    word: str


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def peer() -> Peer:
    return idle_peer()


@pytest.fixture
def client(peer: Peer) -> Iterator[Client]:
    with httpx.Client(transport=httpx.MockTransport(peer)) as http:
        yield Client(api_key="k", http_client=http)


def uploads(peer: Peer) -> list[tuple[str, bytes]]:
    """Name and beginning of each uploaded file."""
    found: list[tuple[str, bytes]] = []
    for each in peer.requests:
        if each.url.path == "/v1/files":
            assert b"user_data" in each.content
            name = each.content.partition(b'filename="')[2].partition(b'"')[0].decode()
            found.append((name, each.content.partition(b"\r\n\r\n")[2]))
    return found


@pytest.fixture
def folder(tmp_path: Path, peer: Peer) -> Path:
    (tmp_path / "sub").mkdir()
    for name in ("a.txt", "b.md", "sub/c.txt"):
        (tmp_path / name).write_text(f"content of {name}")
    numbers = iter(range(1, 99))
    peer.on("POST /v1/files", lambda request: httpx.Response(200, json={"id": f"f{next(numbers)}"}))
    return tmp_path


def test_files_are_uploaded_in_order(client: Client, peer: Peer, folder: Path) -> None:
    files: dict[str, Path | str] = {
        "/workspace/x/a": folder / "a.txt",
        "/workspace/b": str(folder / "b.md"),
    }
    prepared = client.beta.agents.environments.files.prepare(files)
    assert prepared.uploaded_file_ids == ["f1", "f2"]
    assert prepared.files == [
        {"type": "file_id", "file_id": "f1", "path": "/workspace/x/a"},
        {"type": "file_id", "file_id": "f2", "path": "/workspace/b"},
    ]
    assert [name for name, _ in uploads(peer)] == ["a.txt", "b.md"]
    assert all(b"content of" in each.content for each in peer.requests)


@pytest.mark.anyio
async def test_files_of_a_directory(peer: Peer, folder: Path) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(peer)) as http:
        files = AsyncClient(api_key="k", http_client=http).beta.agents.environments.files
        prepared = await files.prepare_directory(
            folder, destination="/workspace/in", include=["**/*.txt", "a.*"]
        )
        where = [each.get("path") for each in prepared.files]
        assert where == ["/workspace/in/a.txt", "/workspace/in/sub/c.txt"]
        staged: Any = {
            "environment_id": "e",
            "object": "x",
            "path": "/workspace/a",
            "size_bytes": 1,
        }
        peer.on("POST /v1/agents/environments/e/files", reply(staged))
        done = await files.upload("e", file=folder / "a.txt", path="/workspace/a")
        assert (done.uploaded_file_id, done.file.path) == ("f3", "/workspace/a")
        sent = json.loads(peer.requests[-1].content)
        assert sent == {"type": "file_id", "file_id": "f3", "path": "/workspace/a"}


@pytest.mark.parametrize(
    ("include", "names"),
    [
        (["**/*"], ["a.txt", "b.md", "sub/c.txt"]),
        (["*"], ["a.txt", "b.md"]),
        ([".env"], [".env"]),
        ([".e*", "*.md"], [".env", "b.md"]),
        ([".git/*"], [".git/config"]),
        (["**/.*"], [".env", ".git/.hidden", "sub/.x"]),
        ([".git/**/*"], [".git/config"]),
        (["sub/.x", "sub/*"], ["sub/.x", "sub/c.txt"]),
    ],
)
def test_hidden_files_are_taken_when_the_pattern_says_so(
    client: Client, peer: Peer, folder: Path, include: list[str], names: list[str]
) -> None:
    (folder / ".git").mkdir()
    for name in (".env", ".git/config", ".git/.hidden", "sub/.x"):
        (folder / name).write_text("secret")
    prepared = client.beta.agents.environments.files.prepare_directory(
        folder, destination="/workspace", include=include
    )
    assert sorted(each.get("path", "") for each in prepared.files) == [
        f"/workspace/{name}" for name in names
    ]


@pytest.mark.parametrize(
    ("include", "why"),
    [
        ([], "patterns"),
        ("*.txt", "patterns"),
        ([""], "stay below"),
        (["/etc/*"], "stay below"),
        (["../*"], "stay below"),
        (["sub/../../x"], "stay below"),
        (["*.nothing"], "matches"),
        (["links/*"], "symbolic link"),
    ],
)
def test_what_a_directory_does_not_give(
    client: Client, peer: Peer, folder: Path, include: Any, why: str
) -> None:
    (folder / "links").symlink_to(folder / "sub")
    with pytest.raises(ValueError, match=why):
        client.beta.agents.environments.files.prepare_directory(
            folder, destination="/workspace", include=include
        )
    assert not peer.requests


def test_what_is_no_file_is_not_sent(client: Client, peer: Peer, folder: Path) -> None:
    files = client.beta.agents.environments.files
    (folder / "link").symlink_to(folder / "a.txt")
    (folder / "all").symlink_to(folder)
    good: dict[str, Path | str] = {"/workspace/a": folder / "a.txt"}
    for wrong in ("link", "sub"):
        with pytest.raises(ValueError, match="no regular file"):
            files.prepare({**good, "/workspace/b": folder / wrong})
        with pytest.raises(ValueError, match="no regular file"):
            files.upload("e", file=folder / wrong, path="/workspace/a")
    with pytest.raises(FileNotFoundError):
        files.prepare({**good, "/workspace/b": folder / "missing"})
    if sys.platform == "linux":  # where names are bytes
        (folder / os.fsdecode(b"\xff.txt")).write_text("x")
        with pytest.raises(ValueError, match="not Unicode"):
            files.prepare_directory(folder, destination="/workspace", include=["*.txt"])
    with pytest.raises(ValueError, match="directory"):
        files.prepare({**good, "/workspace/a/b": folder / "b.md"})
    with pytest.raises(ValueError, match="no directory"):
        files.prepare_directory(folder / "all", destination="/workspace", include=["*"])
    with pytest.raises(ValueError, match="environment_id"):
        files.upload("", file=b"x", path="/workspace/a")
    with pytest.raises(ValueError, match="idempotency-key"):
        files.prepare(
            {**good, "/workspace/b": folder / "b.md"}, extra_headers={"Idempotency-Key": "k"}
        )
    assert not peer.requests


def test_a_file_that_was_exchanged_is_not_sent(
    client: Client, peer: Peer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = folder / "b.md"

    def first(request: httpx.Request) -> httpx.Response:
        os.replace(folder / "sub" / "c.txt", chosen)
        return httpx.Response(200, json={"id": "f1"})

    peer.on("POST /v1/files", first)
    with pytest.raises(AgentFilePreparationError, match="1 of 2") as caught:
        client.beta.agents.environments.files.prepare(
            {"/workspace/a": folder / "a.txt", "/workspace/b": chosen}
        )
    assert caught.value.prepared.uploaded_file_ids == ["f1"]
    assert "has changed" in str(caught.value.__cause__)
    assert len(peer.requests) == 1


def test_uploads_that_were_made_are_known_when_the_next_fails(
    client: Client, peer: Peer, folder: Path
) -> None:
    peer.on("POST /v1/files", reply({"id": "f1"}), error(500, "down"))
    paths = {f"/workspace/{name}": folder / name for name in ("a.txt", "b.md")}
    with pytest.raises(AgentFilePreparationError) as caught:
        client.beta.agents.environments.files.prepare(paths)
    assert caught.value.prepared.files == [
        {"type": "file_id", "file_id": "f1", "path": "/workspace/a.txt"}
    ]
    assert isinstance(caught.value.__cause__, InternalServerError)
    peer.on("POST /v1/files", reply({"id": "f7"}))
    peer.on("POST /v1/agents/environments/e/files", error(500, "down"))
    with pytest.raises(AgentFileStagingError) as staging:
        client.beta.agents.environments.files.upload("e", file=("n", b"x"), path="/workspace/n")
    assert staging.value.uploaded_file_id == "f7"


@pytest.mark.parametrize("kind", ["blocking", "asyncio", "trio"])
def test_against_the_emulator(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    emulator = Emulator()
    emulator.script(Say('{"word":"x"}'), path="/agents/sessions/*/events", method="POST")
    where = "/workspace/in"
    if kind == "blocking":
        with Client(api_key="k", transport=MemoryTransport(emulator)) as client:
            agents = client.beta.agents
            ready = agents.environments.files.prepare({f"{where}/b.txt": tmp_path / "a.txt"})
            more = agents.environments.files.prepare_directory(
                tmp_path, destination=where, include=["*"]
            )
            hosted: Any = {"type": "openai_hosted", "files": [*ready.files, *more.files]}
            made = agents.sessions.create(environment=hosted)
            with agents.sessions.stream(made.id, input="Hello", output_type=Word) as events:
                result = events.get_final_result()
            left = agents.sessions.artifacts.for_result(result)
            with pytest.raises(ValueError, match="no artifact"):
                left.content("/x")
    else:

        async def main() -> Any:
            async with AsyncClient(api_key="k", transport=AsyncMemoryTransport(emulator)) as client:
                agents = client.beta.agents
                files = agents.environments.files
                ready = await files.prepare({f"{where}/b.txt": tmp_path / "a.txt"})
                more = await files.prepare_directory(tmp_path, destination=where, include=["*"])
                hosted: Any = {"type": "openai_hosted", "files": [*ready.files, *more.files]}
                made = await agents.sessions.create(environment=hosted)
                async with agents.sessions.stream(
                    made.id, input="Hello", output_type=Word
                ) as events:
                    found = await events.get_final_result()
                left = agents.sessions.artifacts.for_result(found)
                with pytest.raises(ValueError, match="no artifact"):
                    await left.content("/x")
                return found

        result = anyio.run(main, backend=kind)
    assert result.output_parsed == Word("x")
    sent: Any = emulator.requests[2].json()
    assert [each["path"] for each in sent["environment"]["files"]] == [
        f"{where}/b.txt",
        f"{where}/a.txt",
    ]
