"""What type checkers say of each kind of method, in all areas. Checked, not run."""

from pathlib import Path
from typing import assert_type

from api_openai import (
    AsyncClient,
    AsyncPage,
    AsyncPager,
    AsyncStream,
    BinaryContent,
    Client,
    Page,
    Stream,
)
from api_openai.types import (
    ContainerListResponse,
    Image,
    ImageGenStreamEvent,
    ImagesResponse,
    Upload,
    VectorStore,
    Video,
)
from api_openai.types.admin.organization import AdminAPIKey, Invite
from api_openai.types.admin.organization.projects import ProjectServiceAccount
from api_openai.types.audio import (
    SpeechStreamEvent,
    Transcription,
    TranscriptionDiarized,
    TranscriptionStreamEvent,
    TranscriptionVerbose,
)
from api_openai.types.beta import Assistant, AssistantStreamEvent, Thread
from api_openai.types.beta.agents import AgentSessionEvent
from api_openai.types.beta.threads import Message, Run
from api_openai.types.beta.threads.runs import RunStep
from api_openai.types.conversations import ConversationItem
from api_openai.types.fine_tuning import FineTuningJob
from api_openai.types.responses import CompactedResponse
from api_openai.types.vector_stores import VectorStoreFile


def pages(client: Client) -> None:
    assert_type(client.vector_stores.list(limit=3), Page[VectorStore])
    assert_type(client.containers.list(), Page[ContainerListResponse])
    assert_type(client.conversations.items.list("c", order="asc"), Page[ConversationItem])
    for job in client.fine_tuning.jobs.list():
        assert_type(job, FineTuningJob)


async def pages_of_async_callers(client: AsyncClient) -> None:
    assert_type(client.beta.assistants.list(), AsyncPager[Assistant])
    assert_type(await client.videos.list(), AsyncPage[Video])
    async for key in client.admin.organization.admin_api_keys.list():
        assert_type(key, AdminAPIKey)


def streams(client: Client, flag: bool) -> None:
    generate = client.images.generate
    assert_type(generate(prompt="x"), ImagesResponse)
    assert_type(generate(prompt="x", stream=True), Stream[ImageGenStreamEvent])
    assert_type(generate(prompt="x", stream=flag), ImagesResponse | Stream[ImageGenStreamEvent])
    assert_type([each.b64_json for each in generate(prompt="x").data or ()], list[str | None])
    run = client.beta.threads.runs.create
    assert_type(run("t", assistant_id="a"), Run)
    assert_type(run("t", assistant_id="a", stream=True), Stream[AssistantStreamEvent])
    assert_type(client.beta.agents.sessions.events.stream("s"), Stream[AgentSessionEvent])


async def streams_of_async_callers(client: AsyncClient) -> None:
    stream = await client.images.generate(prompt="x", stream=True)
    assert_type(stream, AsyncStream[ImageGenStreamEvent])
    async with await client.beta.agents.sessions.events.stream("s") as events:
        async for event in events:
            assert_type(event, AgentSessionEvent)


def answers_that_are_chosen(client: Client) -> None:
    create = client.audio.transcriptions.create
    assert_type(create(file=b"", model="m"), Transcription)
    assert_type(create(file=b"", model="m", response_format="verbose_json"), TranscriptionVerbose)
    assert_type(create(file=b"", model="m", response_format="diarized_json"), TranscriptionDiarized)
    assert_type(create(file=b"", model="m", response_format="srt"), str)
    assert_type(create(file=b"", model="m", stream=True), Stream[TranscriptionStreamEvent])
    speak = client.audio.speech.create
    assert_type(speak(input="x", model="m", voice="v"), BinaryContent)
    sse = speak(input="x", model="m", voice="v", stream_format="sse")
    assert_type(sse, Stream[SpeechStreamEvent])


def bytes_and_nothing(client: Client) -> None:
    assert_type(client.videos.download_content("v", variant="thumbnail"), BinaryContent)
    assert_type(client.containers.files.content.retrieve("f", container_id="c"), BinaryContent)
    assert_type(client.skills.versions.content.retrieve("1", skill_id="s").read(), bytes)
    client.containers.delete("c")
    client.realtime.calls.hangup("c")


def forms(client: Client) -> None:
    assert_type(client.images.edit(image=Path("a.png"), prompt="x"), ImagesResponse)
    client.images.edit(image=[("a.png", b"1"), ("b.png", b"2")], prompt="x")
    client.uploads.parts.create("u", data=b"")
    assert_type(client.uploads.complete("u", part_ids=["p"]), Upload)
    client.skills.create(files=[("a/SKILL.md", b"")])
    client.videos.create(prompt="x", input_reference=Path("a.png"))
    images: list[Image] | None = client.images.create_variation(image=b"").data
    del images


def admin(client: Client) -> None:
    organization = client.admin.organization
    assert_type(organization.invites.create(email="a@example.com", role="reader"), Invite)
    accounts = organization.projects.service_accounts
    assert_type(accounts.retrieve("a", project_id="p"), ProjectServiceAccount)
    assert_type(accounts.list("p"), Page[ProjectServiceAccount])


def names_in_the_path(client: Client) -> None:
    """The last of several is positional, and those before it are named."""
    threads = client.beta.threads
    assert_type(threads.retrieve("t"), Thread)
    assert_type(threads.messages.retrieve("m", thread_id="t"), Message)
    assert_type(threads.messages.retrieve(message_id="m", thread_id="t"), Message)
    assert_type(threads.runs.steps.retrieve("s", thread_id="t", run_id="r"), RunStep)
    assert_type(threads.runs.steps.list("r", thread_id="t"), Page[RunStep])
    assert_type(client.vector_stores.files.create("v", file_id="f"), VectorStoreFile)
    assert_type(client.vector_stores.files.retrieve("f", vector_store_id="v"), VectorStoreFile)
    assert_type(client.responses.compact(model="m"), CompactedResponse)


def aliases(client: Client) -> None:
    assert_type(client.beta.chat.completions.list().data[0].id, str)
    assert_type(client.files.retrieve_content("f"), str)


def mistakes(client: Client) -> None:
    threads = client.beta.threads
    threads.messages.retrieve("m", "t")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    threads.messages.retrieve("m")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    threads.messages.retrieve("m", thread="t")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.vector_stores.list(limit="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.containers.delete("c").id  # type: ignore[attr-defined]  # pyright: ignore[reportOptionalMemberAccess]  # noqa: B018
    client.images.edit(image=3, prompt="x")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    client.images.generate(promt="x")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.admin.organization.invites.create(email="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.audio.speech.create(input="x", model="m", voice="v", stream=True)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
