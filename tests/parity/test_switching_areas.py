"""Programs for the official SDK, one for each part of the API: with the import changed, the same."""

import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai.emulator.faults import CallFunction

from ..support.switching import HELLO, Package, Program, check

LINE: Final = (
    b'{"custom_id":"1","method":"POST","url":"/v1/chat/completions",'
    b'"body":{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}}\n'
)


def images(sdk: Package, client: Any) -> object:
    made = client.images.generate(model="gpt-image-1", prompt="A fair", n=2)
    pictures = [("a.png", b"one", "image/png"), ("b.png", b"two", "image/png")]
    edited = client.images.edit(model="gpt-image-1", image=pictures, prompt="Brighter")
    stream = client.images.generate(
        model="gpt-image-1", prompt="A fair", stream=True, partial_images=1
    )
    return (
        [image.b64_json for image in made.data],
        edited.data[0].b64_json,
        client.images.create_variation(image=("one.png", b"one")).data[0].url,
        [event.type for event in stream],
    )


def audio(sdk: Package, client: Any) -> object:
    asked: dict[str, Any] = {"model": "tts-1", "voice": "alloy", "input": "Hello"}
    speech = client.audio.speech.create(**asked)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech"
        with client.audio.speech.with_streaming_response.create(**asked) as response:
            response.stream_to_file(path)
        same = path.read_bytes() == speech.content == speech.read()
    file, create = ("a.wav", b"sound"), client.audio.transcriptions.create
    texts = [
        create(model="whisper-1", file=file, response_format=form)
        for form in ("json", "text", "verbose_json", "srt", "vtt")
    ]
    return (
        same,
        [text if isinstance(text, str) else text.text for text in texts],
        [event.type for event in create(model="gpt-4o-transcribe", file=file, stream=True)],
        client.audio.translations.create(model="whisper-1", file=file).text,
    )


def moderations(sdk: Package, client: Any) -> object:
    found = client.moderations.create(input=["a", "b"], model="omni-moderation-latest")
    return [
        (each.flagged, each.categories.self_harm, each.category_scores.hate_threatening)
        for each in found.results
    ]


def batches(sdk: Package, client: Any) -> object:
    rows = client.files.create(file=("rows.jsonl", LINE), purpose="batch")
    batch = client.batches.create(
        input_file_id=rows.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"a": "b"},
    )
    page = client.batches.list(limit=5)
    return (
        (batch.status, batch.metadata, batch.request_counts.total),
        client.batches.retrieve(batch.id).status,
        (page.has_next_page(), [each.endpoint for each in page.data]),
    )


def fine_tuning(sdk: Package, client: Any) -> object:
    rows = client.files.create(file=("rows.jsonl", b"{}\n"), purpose="fine-tune")
    jobs = client.fine_tuning.jobs
    job = jobs.create(model="gpt-4o-mini", training_file=rows.id)
    return (
        job.status,
        [event.level for event in jobs.list_events(job.id)],
        jobs.cancel(job.id).status,
        [each.object for each in jobs.list()],
    )


def vector_stores(sdk: Package, client: Any) -> object:
    stores = client.vector_stores
    store = stores.create(name="s", expires_after={"anchor": "last_active_at", "days": 3})
    file = client.files.create(file=("a.txt", b"hello world"), purpose="assistants")
    added = stores.files.create_and_poll(file.id, vector_store_id=store.id, poll_interval_ms=1)
    batch = stores.file_batches.upload_and_poll(
        store.id, files=[("b.txt", b"b"), ("c.txt", b"c")], poll_interval_ms=1
    )
    return (
        added.status,
        sorted(each.filename for each in stores.search(store.id, query="hello")),
        (batch.status, batch.file_counts.completed),
        [part.type for part in stores.files.content(file.id, vector_store_id=store.id)],
        stores.update(store.id, name="t").name,
        stores.delete(store.id).deleted,
    )


def conversations(sdk: Package, client: Any) -> object:
    first: dict[str, Any] = {"type": "message", "role": "user", "content": "Hello"}
    made = client.conversations.create(items=[first], metadata={"a": "b"})
    more = client.conversations.items.create(made.id, items=[first, first])
    response = client.responses.create(model="gpt-4o", input="And?", conversation=made.id)
    return (
        len(more.data),
        [each.type for each in client.conversations.items.list(made.id)],
        response.conversation.id == made.id,
        client.conversations.delete(made.id).deleted,
    )


def evals(sdk: Package, client: Any) -> object:
    source: dict[str, Any] = {"type": "custom", "item_schema": {"type": "object"}}
    check_: dict[str, Any] = {"type": "string_check", "name": "s", "operation": "eq"}
    check_ |= {"input": "{{a}}", "reference": "x"}
    made = client.evals.create(name="e", data_source_config=source, testing_criteria=[check_])
    rows = {"type": "file_content", "content": [{"item": {"a": "x"}}]}
    run = client.evals.runs.create(made.id, name="r", data_source={"type": "jsonl", "source": rows})
    listed = [each.name for each in client.evals.list()]
    return made.name, made.data_source_config.schema_, run.status, listed


def containers(sdk: Package, client: Any) -> object:
    made = client.containers.create(name="c")
    file = client.containers.files.create(made.id, file=b"abc")
    return (
        made.name,
        file.path,
        [each.id == file.id for each in client.containers.files.list(made.id)],
        client.containers.files.content.retrieve(file.id, container_id=made.id).read(),
        client.containers.delete(made.id),
    )


def stored_responses(sdk: Package, client: Any) -> object:
    tool: dict[str, Any] = {"type": "function", "name": "f", "strict": False}
    tool |= {"parameters": {"type": "object", "properties": {}}}
    question = [{"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}]
    ask = client.responses
    made = ask.create(model="gpt-4o", input=question, metadata={"k": "v"}, tools=[tool])
    output = {"type": "function_call_output", "call_id": made.output[0].call_id, "output": "4"}
    following = ask.create(model="gpt-4o", previous_response_id=made.id, input=[output])
    return (
        (made.output_text, made.metadata, made.tools[0].type, made.usage.total_tokens),
        ask.retrieve(made.id).output_text,
        [each.type for each in ask.input_items.list(made.id)],
        following.previous_response_id == made.id,
        ask.input_tokens.count(model="gpt-4o", input="Hello there").input_tokens,
        ask.delete(made.id),
    )


def stored_chats(sdk: Package, client: Any) -> object:
    chats = client.chat.completions
    made = chats.create(
        model="gpt-4o", messages=HELLO, n=2, logprobs=True, top_logprobs=2, store=True
    )
    return (
        [choice.logprobs.content[0].token for choice in made.choices],
        [each.id == made.id for each in chats.list()],
        [message.content for message in chats.messages.list(made.id)],
        chats.update(made.id, metadata={"k": "v"}).metadata,
        chats.delete(made.id).deleted,
    )


def completions(sdk: Package, client: Any) -> object:
    asked: dict[str, Any] = {"model": "gpt-3.5-turbo-instruct", "prompt": "Hello"}
    made = client.completions.create(**asked, max_tokens=5)
    stream = client.completions.create(**asked, stream=True)
    text = "".join(each.choices[0].text for each in stream)
    return made.choices[0].text, made.usage.total_tokens, text


def by_hand(sdk: Package, client: Any) -> object:
    body: dict[str, Any] = {"model": "gpt-4o", "messages": HELLO}
    posted = client.post(
        "/chat/completions", body=body, cast_to=sdk.types.chat.ChatCompletion
    ).choices[0]
    more = client.chat.completions.create(
        **body, extra_body={"top_k": 3}, extra_headers={"X-A": "1"}, extra_query={"q": "1"}
    )
    return client.get("/models", cast_to=object)["object"], posted.message.content, more.object


def many_files(sdk: Package, client: Any) -> object:
    for number in range(5):
        client.files.create(file=(f"{number}.txt", b"x"), purpose="user_data")
    page = client.files.list(limit=2)
    sizes = [len(page.data)]
    while page.has_next_page():
        page = page.get_next_page()
        sizes.append(len(page.data))
    names = [file.filename for file in client.files.list(limit=2, order="asc")]
    return sizes, names, [len(each.data) for each in client.files.list(limit=3).iter_pages()]


def uploads_and_videos(sdk: Package, client: Any) -> object:
    upload = client.uploads.create(
        bytes=3, filename="a.txt", mime_type="text/plain", purpose="user_data"
    )
    part = client.uploads.parts.create(upload.id, data=b"abc")
    whole = client.uploads.complete(upload.id, part_ids=[part.id])
    video = client.videos.create_and_poll(prompt="A fair", poll_interval_ms=1)
    bytes_ = client.videos.download_content(video.id).read()
    return upload.status, whole.status, whole.file.bytes, video.status, bytes_


def secrets_and_users(sdk: Package, client: Any) -> object:
    secret = client.realtime.client_secrets.create(
        session={"type": "realtime", "model": "gpt-realtime"}
    )
    users = client.admin.organization.users.list(limit=2)
    return secret.session.type, bool(secret.value), [user.object for user in users.data]


def runs_with_callbacks(sdk: Package, client: Any) -> object:
    told: list[object] = []

    def note(name: str) -> Any:
        def callback(self: object, *things: Any) -> None:
            told.append((name, *(getattr(each, "type", type(each).__name__) for each in things)))

        return callback

    names = [
        *("on_event", "on_end", "on_text_created", "on_text_delta", "on_text_done"),
        *(f"on_message_{when}" for when in ("created", "delta", "done")),
        *(f"on_run_step_{when}" for when in ("created", "delta", "done")),
        *(f"on_tool_call_{when}" for when in ("created", "delta", "done")),
    ]
    kind: Any = type("Notes", (sdk.AssistantEventHandler,), {each: note(each) for each in names})
    about: dict[str, Any] = {
        "thread_id": client.beta.threads.create(messages=HELLO).id,
        "assistant_id": client.beta.assistants.create(model="gpt-4o").id,
    }
    with client.beta.threads.runs.stream(**about, event_handler=kind()) as stream:
        stream.until_done()
        run = stream.get_final_run()
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    with client.beta.threads.runs.submit_tool_outputs_stream(
        thread_id=about["thread_id"],
        run_id=run.id,
        tool_outputs=[{"tool_call_id": call.id, "output": "3"}],
        event_handler=kind(),
    ) as stream:
        text = "".join(stream.text_deltas)
        messages = stream.get_final_messages()
    return told, call.function.arguments, text, messages[0].content[0].text.value


SCRIPTS: Final[dict[Program, Any]] = {
    runs_with_callbacks: (None, None, CallFunction("add", '{"a":1}'))
}
PROGRAMS: Final[tuple[Program, ...]] = (
    images,
    audio,
    moderations,
    batches,
    fine_tuning,
    vector_stores,
    conversations,
    evals,
    containers,
    stored_responses,
    stored_chats,
    completions,
    by_hand,
    many_files,
    uploads_and_videos,
    secrets_and_users,
    runs_with_callbacks,
)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # assistants are deprecated in the SDK
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_it_does_the_same(program: Program) -> None:
    check(program, *SCRIPTS.get(program, ()))
