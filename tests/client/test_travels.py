"""What crosses the border of a process: keys by name, methods, operations; nothing masked is sent."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import api_openai
from api_openai import (
    AsyncClient,
    Client,
    LocalProtocolError,
    Network,
    Secret,
    SecretError,
)
from api_openai.auth import HeaderAuth
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.operations import responses

KEY = "sk-canary-0123456789abcdef"
LOST = "did not come along in a pickle"


def again(value: Any) -> Any:
    data = pickle.dumps(value)
    assert b"canary" not in data
    return pickle.loads(data)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def url(emulator: Emulator) -> Any:
    with serve_in_thread(emulator) as base_url:
        yield base_url


def fields_of(emulator: Emulator) -> dict[str, str]:
    return dict(emulator.requests[-1].headers)


@pytest.mark.parametrize("name", ["api_key", "admin_api_key"])
def test_a_key_that_was_given_as_text_is_refused(name: str) -> None:
    given: Any = {"api_key": "", name: KEY}
    client = Client(**given)
    with pytest.raises(TypeError, match=f"its {name} was given as text.*Secret.load_from_env"):
        pickle.dumps(client)
    with Secret.in_pickles():
        data = pickle.dumps(client)
    assert getattr(pickle.loads(data), name) == KEY


def test_one_of_a_failover_is_refused_too() -> None:
    route = api_openai.Endpoint("http://a.test/v1", api_key=Secret(KEY))
    with pytest.raises(TypeError, match="its api_key was given as text"):
        pickle.dumps(Client(failover=api_openai.Failover([route])))


def test_a_file_is_read_again_where_the_pickle_is(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text(KEY)
    data = pickle.dumps(Client(api_key=Secret.load_from_file(file)))
    file.write_text("sk-second-0123456789abcdef")
    assert pickle.loads(data).api_key == "sk-second-0123456789abcdef"
    file.write_text(KEY)
    (tmp_path / ".env").touch(mode=0o600)
    (tmp_path / ".env").write_text(f"A_KEY={KEY}\n")
    assert again(Secret.load_with_fallbacks("A_KEY", folder=tmp_path)).reveal() == KEY
    assert again(Secret.load_from_file(tmp_path / ".env", "A_KEY")).reveal() == KEY


def key_of_here() -> Secret:
    """A function that a pickle names."""
    return Secret(KEY)


def test_a_function_is_named_and_the_key_that_it_gave_stays(url: str) -> None:
    client = Client(api_key=key_of_here, base_url=url)
    client.models.list()
    found = again(client)
    assert found.api_key == ""
    assert found.models.list().data
    assert found.api_key == KEY


def test_what_is_not_there_is_told_at_the_call(
    url: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    client = Client(api_key=Secret.load_from_env("SOME_KEY"), base_url=url)
    monkeypatch.delenv("SOME_KEY")
    found = again(again(client))
    with pytest.raises(SecretError, match="api_key: environment variable SOME_KEY: it is not set"):
        found.models.list()
    assert not emulator.requests
    monkeypatch.setenv("SOME_KEY", KEY)
    assert again(found).api_key == KEY
    found.api_key = "sk-given-here"
    assert found.models.list().data


def test_another_process_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    data = pickle.dumps(Client(api_key=Secret.load_from_env("SOME_KEY")).models.list)
    program = "import pickle, sys; print(pickle.load(sys.stdin.buffer).owner.sender.api_key)"
    run = subprocess.run(
        [sys.executable, "-c", program],
        input=data,
        env={**os.environ, "SOME_KEY": "sk-there-0123456789abcdef"},
        capture_output=True,
        check=True,
    )
    assert run.stdout.decode().strip() == "sk-there-0123456789abcdef"


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_resources_and_methods_travel(kind: Any) -> None:
    client = kind(api_key="")
    methods = [
        client.with_options,
        client.get,
        client.chat.completions.create,
        client.chat.completions.parse,
        client.responses.with_raw_response.create,
        client.files.with_streaming_response.content,
        client.videos.create_and_poll,
        client.beta.assistants.create,
        client.webhooks.unwrap,
    ]
    for method in methods:
        found = again(method)
        assert type(found) is type(method)
        assert found.__name__ == method.__name__
        assert repr(getattr(found, "owner", 0)) == repr(getattr(method, "owner", 0))
    assert repr(again(client.beta.threads.runs)) == repr(client.beta.threads.runs)


def test_a_closure_over_a_client_travels(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cloudpickle: Any = pytest.importorskip("cloudpickle")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    client = Client(base_url=url)

    def asked(model: str) -> str:
        return client.models.retrieve(model).id

    data = cloudpickle.dumps(asked)
    assert b"canary" not in data
    assert pickle.loads(data)("gpt-5") == "gpt-5"


def test_secrets_among_header_fields_go_out_and_stay_secret(url: str, emulator: Emulator) -> None:
    operation = responses.create(
        model="gpt-5", input="Hi", extra_headers={"X-Gate": Secret(KEY), "User-Agent": "me"}
    )
    assert "canary" not in repr(operation) + operation.to_curl()
    client = Client(api_key="k", base_url=url, default_headers={"X-Other": Secret(KEY)})
    client.send(operation)
    fields = fields_of(emulator)
    assert (fields["x-gate"], fields["x-other"], fields["user-agent"]) == (KEY, KEY, "me")


def test_header_fields_that_were_loaded_by_name_come_along(
    url: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("GATE", KEY)
    gate = Secret.load_from_env("GATE")
    client = again(Client(base_url=url, default_headers={"X-Other": gate}))
    client.send(again(responses.create(model="gpt-5", input="Hi", extra_headers={"X-Gate": gate})))
    fields = fields_of(emulator)
    assert (fields["x-gate"], fields["x-other"]) == (KEY, KEY)


CREDENTIALS: list[Any] = [
    {"extra_headers": {"Authorization": f"Bearer {KEY}"}},
    {"extra_headers": {"api-key": KEY, "Authorization": "Bearer k"}},
    {"extra_headers": {"Cookie": f"session={KEY}"}},
    {"extra_headers": {"Accept-Language": "de", "X-Whatever": Secret(KEY)}},
    {"extra_query": {"sig": KEY}},
    {"extra_body": {"tools": [{"type": "mcp", "server_label": "l", "authorization": KEY}]}},
]


@pytest.mark.parametrize("given", CREDENTIALS, ids=str)
def test_credentials_of_an_operation_stay_behind_unless_asked(
    url: str, emulator: Emulator, given: Any
) -> None:
    operation = responses.create(model="gpt-5", input="Hi", **given)
    client = Client(api_key="k", base_url=url)
    with pytest.raises((SecretError, LocalProtocolError), match=LOST.replace("a pickle", "")):
        client.send(again(operation))
    assert not emulator.requests
    with Secret.in_pickles():
        whole = pickle.loads(pickle.dumps(operation))
    client.send(whole)
    assert whole == operation


def test_the_client_over_there_may_have_them(url: str, emulator: Emulator) -> None:
    operation = again(
        responses.create(
            model="gpt-5", input="Hi", extra_headers={"X-Gate": KEY}, extra_query={"sig": KEY}
        )
    )
    client = Client(
        api_key="k", base_url=url, default_headers={"x-gate": "own"}, default_query={"sig": "own"}
    )
    client.send(operation)
    assert fields_of(emulator)["x-gate"] == "own"


@pytest.mark.parametrize(
    "settings",
    [
        {"default_headers": {"x-gate": KEY}},
        {"default_query": {"sig": KEY}},
        {"base_url": f"http://127.0.0.1:1/v1?sig={KEY}"},
        {"auth": HeaderAuth("x-gate", KEY)},
        {"network": Network(proxy=f"http://user:{KEY}@127.0.0.1:1")},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_what_a_client_has_as_text_refuses_to_be_sent_masked(
    url: str, emulator: Emulator, settings: Any
) -> None:
    key: Any = {} if "auth" in settings else {"api_key": ""}
    given: Any = {"base_url": url, **key, **settings}
    client = again(Client(**given))
    with pytest.raises(SecretError, match=LOST):
        client.models.list()
    assert not emulator.requests


def test_a_mask_from_a_log_is_not_sent(url: str) -> None:
    with pytest.raises(SecretError, match=r"^api_key: \*\*\* stands for a text that is not there"):
        Client(api_key=f"{Secret(KEY)}", base_url=url).models.list()
    client = Client(api_key="k", base_url=url)
    with pytest.raises(SecretError, match="header 'authorization'"):
        client.models.list(extra_headers={"Authorization": f"Bearer {Secret(KEY)}"})
    client.models.list(extra_headers={"X-Title": "***"})  # no credential


def test_a_webhook_secret_refuses_as_well() -> None:
    client = again(Client(api_key="", webhook_secret="whsec_canary"))
    with pytest.raises(SecretError, match=LOST):
        client.webhooks.verify_signature(
            b"{}",
            {"webhook-signature": "v1,x", "webhook-timestamp": "1", "webhook-id": "1"},
        )
