"""What the emulator remembers of routes that have no handler of their own."""

from collections.abc import Iterator
from typing import Literal

import pytest

from api_openai import APIStatusError, BadRequestError, Client, NotFoundError
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.http.json_documents import objects
from api_openai.emulator.store.stored_objects import Objects

from .peer import ask

ASSISTANTS = {"openai-beta": "assistants=v2"}


@pytest.fixture
def client() -> Iterator[Client]:
    with make() as client:
        yield client


def make(emulator: Emulator | None = None) -> Client:
    transport = MemoryTransport(emulator or Emulator())
    return Client(api_key="k", admin_api_key="a", transport=transport, strict=True)


def test_an_object_from_its_creation_to_its_end(client: Client) -> None:
    assistants = client.beta.assistants
    made = assistants.create(model="gpt-4o", name="Ada", metadata={"a": "b"})
    assert (made.name, made.model, made.metadata, made.instructions) == (
        *("Ada", "gpt-4o", {"a": "b"}, None),
    )
    assert made.id.startswith("asst_")
    assert assistants.retrieve(made.id) == made
    changed = assistants.update(made.id, instructions="Be kind", metadata={})
    assert (changed.name, changed.instructions, changed.metadata) == ("Ada", "Be kind", {})
    assert assistants.retrieve(made.id) == changed
    assert [each.id for each in assistants.list()] == [made.id]
    deleted = assistants.delete(made.id)
    assert (deleted.id, deleted.deleted, deleted.object) == (made.id, True, "assistant.deleted")
    assert list(assistants.list()) == []
    for again in (assistants.retrieve, assistants.delete):
        with pytest.raises(NotFoundError):
            again(made.id)


def test_what_nobody_made_is_made_up(client: Client) -> None:
    [example] = client.beta.assistants.list()
    assert client.beta.assistants.retrieve(example.id) == example
    other = client.beta.assistants.retrieve("asst_of_somebody")
    assert other.id == "asst_of_somebody"
    assert client.beta.assistants.retrieve("asst_of_somebody").name == other.name
    changed = client.beta.assistants.update("asst_of_somebody", name="Bob")
    assert client.beta.assistants.retrieve("asst_of_somebody").name == changed.name == "Bob"
    assert client.beta.assistants.delete("asst_of_somebody").id == "asst_of_somebody"
    assert client.beta.assistants.retrieve("asst_of_somebody").name == other.name


def test_what_is_made_up_does_not_age() -> None:
    hours = iter(range(0, 100_000, 3600))
    client = make(Emulator(clock=lambda: next(hours)))
    first = client.beta.assistants.retrieve("asst_1")
    assert client.beta.assistants.retrieve("asst_1") == first
    made = [client.beta.assistants.create(model="gpt-4o").created_at for _ in range(2)]
    assert first.created_at < made[0] < made[1]


def test_nothing_is_made_up_where_that_is_not_wanted() -> None:
    client = make(Emulator(examples=False))
    assert list(client.beta.assistants.list()) == []
    assert list(client.vector_stores.list()) == []
    with pytest.raises(NotFoundError, match="asst_1"):
        client.beta.assistants.retrieve("asst_1")
    with pytest.raises(NotFoundError):
        client.beta.assistants.delete("asst_1")
    with pytest.raises(NotFoundError):
        client.uploads.cancel("upload_1")
    made = client.beta.assistants.create(model="gpt-4o")
    assert [each.id for each in client.beta.assistants.list()] == [made.id]


def test_collections_are_apart(client: Client) -> None:
    evals = [
        client.evals.create(data_source_config={"type": "logs"}, testing_criteria=[], name=name)
        for name in "ab"
    ]
    run = client.evals.runs.create(
        evals[0].id,
        data_source={"type": "jsonl", "source": {"type": "file_id", "id": "file-1"}},
        name="r",
    )
    assert run.eval_id == evals[0].id
    assert [each.id for each in client.evals.runs.list(evals[0].id)] == [run.id]
    assert run.id not in [each.id for each in client.evals.runs.list(evals[1].id)]
    client.evals.delete(evals[0].id)
    client.evals.create(data_source_config={"type": "logs"}, testing_criteria=[])
    assert run.id not in [each.id for each in client.evals.runs.list(evals[0].id)]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_by_the_id_of_the_last_item(order: Literal["asc", "desc"], client: Client) -> None:
    made = [client.vector_stores.create(name=f"s{number}").id for number in range(7)]
    expected = made if order == "asc" else made[::-1]
    page = client.vector_stores.list(limit=3, order=order)
    assert ([each.id for each in page.data], page.has_more) == (expected[:3], True)
    assert [each.id for each in page] == expected
    before = client.vector_stores.list(limit=2, order=order, before=expected[4])
    assert [each.id for each in before.data] == expected[2:4]
    with pytest.raises(NotFoundError):
        client.vector_stores.list(after="vs_unknown")


def test_pages_by_the_cursor_that_the_server_gives(client: Client) -> None:
    groups = client.admin.organization.groups
    made = [groups.create(name=f"g{number}").id for number in range(5)]
    page = groups.list(limit=2, order="asc")
    assert (page.next, page.has_more, page.last_id) == (made[1], True, None)
    assert [each.id for each in page] == made
    users = client.admin.organization.projects
    projects = [users.create(name=f"p{number}").id for number in range(3)]
    conversation = users.list(limit=2)
    assert conversation.last_id == projects[1]
    assert [each.id for each in users.list(limit=2)] == projects[::-1]


def test_pages_by_token() -> None:
    emulator = Emulator()
    beta = {"openai-beta": "agents=v1"}
    for number in range(3):
        body = {"type": "inline", "data": "eA==", "path": f"/{number}"}
        ask(emulator, "POST", "/agents/environments/env_1/files", body, headers=beta)
    path = "/agents/environments/env_1/files?limit=2&order=asc"
    first = ask(emulator, "GET", path, headers=beta).document
    assert first["has_more"] is True
    rest = ask(emulator, "GET", f"{path}&page={first['next']}", headers=beta).document
    assert (len(objects(rest["data"])), rest["has_more"], rest["next"]) == (1, False, None)


def test_members_are_named_by_whom_they_are(client: Client) -> None:
    organization = client.admin.organization
    group = organization.groups.create(name="g")
    organization.groups.users.create(group.id, user_id="user-1")
    assert [each.id for each in organization.groups.users.list(group.id)] == ["user-1"]
    given = organization.groups.roles.create(group.id, role_id="role_1")
    assert (given.role.id, given.group.id) == ("role_1", group.id)
    assert [each.id for each in organization.groups.roles.list(group.id)] == ["role_1"]
    organization.groups.roles.delete("role_1", group_id=group.id)
    assert list(organization.groups.roles.list(group.id)) == []


def test_there_is_one_of_some_things(client: Client) -> None:
    limit = client.admin.organization.spend_limit
    made = limit.update(threshold_amount=500, currency="USD", interval="month")
    assert limit.retrieve().threshold_amount == made.threshold_amount == 500
    assert limit.delete().deleted is True
    retention = client.admin.organization.data_retention
    kept = retention.update(retention_type="zero_data_retention")
    assert retention.retrieve().type == kept.type


def test_actions_change_what_they_are_done_to(client: Client) -> None:
    project = client.admin.organization.projects.create(name="p")
    archived = client.admin.organization.projects.archive(project.id)
    assert (archived.id, archived.status, archived.name) == (project.id, "archived", "p")
    assert client.admin.organization.projects.retrieve(project.id).archived_at is not None
    session = client.beta.chatkit.sessions.create(user="u", workflow={"id": "wf_1"})
    assert client.beta.chatkit.sessions.cancel(session.id).status == "cancelled"
    certificates = client.admin.organization.certificates.activate(certificate_ids=["c1", "c2"])
    assert [each.id for each in certificates] == ["c1", "c2"]
    permissions = client.fine_tuning.checkpoints.permissions
    made = permissions.create("ft:x", project_ids=["proj_1", "proj_2"])
    assert [each.project_id for each in made] == ["proj_1", "proj_2"]
    assert {each.id for each in permissions.list("ft:x")} == {each.id for each in made}


def test_status_advances_with_each_look(client: Client) -> None:
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file="file-1")
    assert (job.status, job.fine_tuned_model, job.finished_at) == ("validating_files", None, None)
    seen = [client.fine_tuning.jobs.retrieve(job.id) for _ in range(4)]
    assert [each.status for each in seen] == ["queued", "running", "succeeded", "succeeded"]
    assert seen[-1].fine_tuned_model is not None
    assert seen[-1].fine_tuned_model.startswith("ft:gpt-4o-mini:")
    assert seen[-1].finished_at is not None
    assert seen[-1] == seen[-2]
    other = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file="file-1")
    assert client.fine_tuning.jobs.cancel(other.id).status == "cancelled"
    assert client.fine_tuning.jobs.retrieve(other.id).status == "cancelled"


def test_the_api_says_when_to_look_again() -> None:
    emulator = Emulator(poll_after_ms=250)
    made = ask(emulator, "POST", "/videos", {"prompt": "A cat"})
    assert made.headers["openai-poll-after-ms"] == "250"
    path = f"/videos/{made.document['id']}"
    answers = [ask(emulator, "GET", path) for _ in range(2)]
    assert [each.document["status"] for each in answers] == ["in_progress", "completed"]
    assert ["openai-poll-after-ms" in each.headers for each in answers] == [True, False]
    assert "openai-poll-after-ms" not in ask(Emulator(), "POST", "/videos", {"prompt": "x"}).headers


def test_files_of_forms_come_back(client: Client) -> None:
    container = client.containers.create(name="c")
    file = client.containers.files.create(container.id, file=("a.txt", b"abc"))
    assert (file.bytes, file.path, file.container_id) == (3, "/mnt/data/a.txt", container.id)
    content = client.containers.files.content.retrieve(file.id, container_id=container.id)
    assert content.read() == b"abc"
    uploaded = client.files.create(file=("b.txt", b"defg"), purpose="user_data")
    copy = client.containers.files.create(container.id, file_id=uploaded.id)
    assert (copy.bytes, copy.path) == (4, "/mnt/data/b.txt")
    content = client.containers.files.content.retrieve(copy.id, container_id=container.id)
    assert content.read() == b"defg"
    client.containers.files.delete(file.id, container_id=container.id)
    assert [each.id for each in client.containers.files.list(container.id)] == [copy.id]
    with pytest.raises(BadRequestError):
        client.containers.files.create(container.id)


def test_the_oldest_gives_way() -> None:
    kept = Objects(keep=2)
    for name in "abc":
        kept.put("/things", name, {"id": name}, created=True)
    assert list(kept.of("/things") or {}) == ["b", "c"]
    kept.put("/things", "b", {"id": "b", "new": 1})
    assert kept.is_real("/things", "b")
    assert list(kept.of("/things") or {}) == ["b", "c"]


def test_two_runs_are_the_same() -> None:
    def run(seed: int) -> list[str]:
        client = make(Emulator(seed=seed))
        made = client.beta.assistants.create(model="gpt-4o")
        example = client.beta.threads.retrieve("thread_1")
        return [made.to_json(), example.to_json(), client.videos.list().data[0].to_json()]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_a_list_ends_where_its_limit_is_wrong(client: Client) -> None:
    with pytest.raises(APIStatusError) as refused:
        client.vector_stores.list(limit=0)
    assert (refused.value.param, refused.value.code) == ("limit", "integer_below_min_value")
