"""Methods and resources that others stand for: on one client, and on the class."""

import gc
import importlib
import inspect
import weakref
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from api_openai import AsyncClient, Client
from api_openai.emulator import AsyncMemoryTransport, Emulator, MemoryTransport
from api_openai.resources import chat, videos

REPLACED = [
    "chat.completions.create",
    "chat.completions.parse",
    "responses.stream",
    "models.list",
    "videos.poll",
    "with_raw_response.responses.create",
    "webhooks.unwrap",
    "post",
    "chat",
    "beta.threads",
    "chat.completions",
    "chat.completions.with_raw_response",
    "with_raw_response.chat.completions",
]
completions: Any = importlib.import_module("api_openai.resources.chat.completions")
Completions, AsyncCompletions = completions.Completions, completions.AsyncCompletions
HELLO: Any = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def client() -> Client:
    return Client(api_key="k", transport=MemoryTransport(Emulator()))


def at(client: Any, path: str) -> tuple[Any, str]:
    *parts, name = path.split(".")
    for part in parts:
        client = getattr(client, part)
    return client, name


@pytest.mark.parametrize("path", REPLACED)
def test_it_stays_replaced_on_this_client(path: str, client: Client) -> None:
    held, name = at(client, path)
    before = getattr(held, name)
    other = Client(api_key="k")
    setattr(at(client, path)[0], name, print)
    assert getattr(at(client, path)[0], name) is print
    assert getattr(held, name) is print  # a resource that somebody has kept
    assert getattr(*at(other, path)) is not print
    assert getattr(*at(client.with_options(timeout=1), path)) is not print
    delattr(held, name)
    assert getattr(*at(client, path)) == before
    assert hash(getattr(*at(client, path))) == hash(before)
    with pytest.raises(AttributeError, match=name):
        delattr(held, name)


@pytest.mark.parametrize("path", REPLACED)
def test_a_mock_takes_its_place_for_a_while(path: str, client: Client) -> None:
    resource, name = at(client, path)
    with mock.patch.object(resource, name, return_value=5) as patched:
        assert getattr(*at(client, path)) is patched
    assert getattr(*at(client, path)) is not patched
    assert client.replaced is None


def test_a_wrapper_calls_the_method_that_was_there(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    create: Any = client.chat.completions.create

    def wrapper(**params: Any) -> Any:
        seen.append(params["model"])
        answer: Any = create(**params)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(client.chat.completions, "create", wrapper)
        answer = client.chat.completions.create(model="gpt-5", messages=HELLO)
        assert answer.object == "chat.completion"
    assert seen == ["gpt-5"]
    assert client.replaced is None  # the method was put back, and is none that replaces
    client.chat.completions.create(model="gpt-5", messages=HELLO)
    assert seen == ["gpt-5"]


@pytest.mark.anyio
async def test_of_an_async_client_the_mock_is_awaited() -> None:
    client = AsyncClient(api_key="k", transport=AsyncMemoryTransport(Emulator()))
    with mock.patch.object(client.responses, "create", return_value=5) as patched:
        assert isinstance(patched, mock.AsyncMock)
        call: Any = client.responses.create(model="gpt-5")
        assert await call == 5


def test_a_mock_with_a_specification(client: Client) -> None:
    with mock.patch.object(client.chat.completions, "create", autospec=True) as patched:
        client.chat.completions.create(model="gpt-5", messages=HELLO)
    assert patched.call_args.kwargs["model"] == "gpt-5"


def test_methods_of_the_client_itself(client: Client) -> None:
    with mock.patch.object(client, "with_options", return_value=client):
        assert client.with_options(timeout=1) is client
    assert client.with_options(timeout=1) is not client


def test_other_names_of_a_resource_are_refused(client: Client) -> None:
    with pytest.raises(AttributeError, match="creat"):
        client.chat.completions.creat = print  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def test_a_resource_and_all_below_it(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = client.chat
    with monkeypatch.context() as patch:
        patch.setattr(client, "chat", mock.Mock())
        client.chat.completions.create.return_value = "mocked"
        assert client.chat.completions.create(model="m") == "mocked"
        assert chat.completions.create(model="gpt-5", messages=HELLO).object  # as it was taken
        assert client.responses.create(model="gpt-5", input="Hi").object
    assert client.chat == chat
    assert client.replaced is None  # the resource was put back, and is none that replaces
    assert client.chat.completions.create(model="gpt-5", messages=HELLO).object


def test_a_class_of_ones_own_may_have_resources_of_its_own() -> None:
    class Mine(Client):
        def __init__(self) -> None:
            super().__init__(api_key="k")
            self.models: Any = mock.Mock()

        @property
        def chat(self) -> Any:
            return "mine"

    mine = Mine()
    mine.models.list.return_value = 5
    assert (mine.models.list(), mine.chat) == (5, "mine")
    with pytest.raises(AttributeError, match="chat cannot be set"):
        mine.chat = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_a_client_that_is_dropped_is_gone_at_once(client: Client) -> None:
    mine = Client(api_key="k", transport=MemoryTransport(Emulator()))
    create = mine.chat.completions.create
    mine.chat.completions.create = print
    mine.chat.completions.create = create
    mine.models.list = print
    inspect.signature(create)
    gone = weakref.ref(mine)
    del mine, create
    assert gone() is None


# On the class, for all clients


def test_a_method_of_the_class(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """As observers do it: the method is taken from the class, and called with a resource."""
    seen: list[object] = []
    create: Any = chat.Completions.create

    def wrapper(self: Any, *args: Any, **params: Any) -> Any:
        seen.append(self)
        return create(self, *args, **params)

    monkeypatch.setattr(chat.Completions, "create", wrapper)
    assert client.chat.completions.create(model="gpt-5", messages=HELLO).object
    raw = client.chat.completions.with_raw_response.create(model="gpt-5", messages=HELLO)
    assert raw.status_code == 200
    assert len(seen) == 2
    assert create(model="gpt-5", messages=HELLO).path == "/chat/completions"


def test_a_wrapper_of_wrapt(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    wrapt: Any = pytest.importorskip("wrapt", reason="observers use wrapt")
    seen: list[str] = []

    def wrapper(wrapped: Any, instance: object, args: Any, kwargs: Any) -> Any:
        seen.append(f"{type(instance).__name__} {kwargs['model']}")
        return wrapped(*args, **kwargs)

    monkeypatch.setattr(chat.Completions, "create", vars(chat.Completions)["create"])
    wrapt.wrap_function_wrapper(chat, "Completions.create", wrapper)
    assert client.chat.completions.create(model="gpt-5", messages=HELLO).object
    assert seen == ["Completions gpt-5"]


@pytest.mark.parametrize("name", ["create", "parse"])
def test_a_method_of_the_class_may_be_put_back_by_hand(name: str, client: Client) -> None:
    kind: Any = chat.Completions
    before, own = getattr(kind, name), name in kind.__dict__
    found: Any = kind.__dict__.get(name)
    try:
        setattr(kind, name, before)
        answer = getattr(client.chat.completions, name)(model="gpt-5", messages=HELLO)
        assert answer.object == "chat.completion"
        with mock.patch.object(client.chat.completions, name, return_value="mocked"):
            assert getattr(client.chat.completions, name)() == "mocked"
    finally:
        setattr(kind, name, found) if own else delattr(kind, name)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_method_of_several_calls_is_wrapped_too(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll: Any = videos.Videos.create_and_poll

    def wrapper(self: object, **params: object) -> object:
        answer: object = poll(self, **params)
        return answer

    monkeypatch.setattr(videos.Videos, "create_and_poll", wrapper)
    assert client.videos.create_and_poll(model="sora-2", prompt="A cat").status == "completed"


# By the paths of the official SDK, where async clients have classes of their own


def test_what_is_set_on_the_async_class_is_for_async_clients(client: Client) -> None:
    other: Any = AsyncClient(api_key="k")
    with mock.patch("api_openai.resources.chat.completions.AsyncCompletions.create") as create:
        assert isinstance(create, mock.AsyncMock)
        assert AsyncCompletions.create is create
        assert client.chat.completions.create(model="gpt-5", messages=HELLO).object
        assert other.chat.completions.create is create
        with mock.patch.object(AsyncCompletions, "create", print):
            assert other.chat.completions.create is print
        assert other.chat.completions.create is create
    assert not isinstance(other.chat.completions.create, mock.Mock)
    with pytest.raises(AttributeError, match="create was not replaced"):
        del AsyncCompletions.create


@pytest.mark.anyio
async def test_both_classes_are_wrapped(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    blocking, awaited = Completions.create, AsyncCompletions.create
    seen: list[str] = []

    def wrapper(self: Any, **params: Any) -> Any:
        seen.append("blocking")
        return blocking(self, **params)

    async def async_wrapper(self: Any, **params: Any) -> Any:
        seen.append("async")
        return await awaited(self, **params)

    monkeypatch.setattr(Completions, "create", wrapper)
    monkeypatch.setattr(AsyncCompletions, "create", async_wrapper)
    other: Any = AsyncClient(api_key="k", transport=AsyncMemoryTransport(Emulator()))
    assert client.chat.completions.create(model="gpt-5", messages=HELLO).object
    assert (await other.chat.completions.create(model="gpt-5", messages=HELLO)).object
    assert seen == ["blocking", "async"]
    with mock.patch.object(other.chat.completions, "create", return_value=5):
        assert await other.chat.completions.create() == 5


def test_a_helper_of_the_async_class() -> None:
    other: Any = AsyncClient(api_key="k")
    with mock.patch.object(AsyncCompletions, "stream", return_value=5) as patched:
        assert not isinstance(patched, mock.AsyncMock)
        assert other.chat.completions.stream() == 5
    assert "stream" not in vars(Completions)


def test_the_async_class_tells_the_resources_of_async_clients(client: Client) -> None:
    other = AsyncClient(api_key="k")
    assert isinstance(other.chat.completions, AsyncCompletions)
    assert not isinstance(client.chat.completions, AsyncCompletions)
    assert not isinstance(other.chat, AsyncCompletions)
    assert AsyncCompletions(other) == other.chat.completions
    assert "create" in dir(AsyncCompletions)
