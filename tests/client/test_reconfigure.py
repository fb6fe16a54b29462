"""Settings of a client that are replaced while calls are under way."""

import threading
from typing import Any

import pytest

from api_openai import Client, ConfigurationChanged, Endpoint, Failover, Retry, Secret, Timeout
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import Say, Status
from api_openai.policies import CircuitBreaker, Health, Hedge, RateLimit


def client_of(emulator: Emulator, **settings: Any) -> Client:
    return Client(api_key="sk-first-key", transport=MemoryTransport(emulator), **settings)


def projects_of(emulator: Emulator) -> list[str | None]:
    return [request.headers.get("openai-project") for request in emulator.requests]


def test_the_next_call_has_the_new_settings() -> None:
    emulator = Emulator()
    client = client_of(emulator)
    client.models.retrieve("gpt-5")
    version = client.reconfigure(api_key="sk-second-key", timeout=3, project="p")
    client.models.retrieve("gpt-5")
    assert (version, client.version) == (2, 2)
    assert client.timeout == Timeout.of(3)
    assert client.endpoint.api_key == Secret("sk-second-key")
    assert projects_of(emulator) == [None, "p"]


def test_a_resource_that_was_kept_follows() -> None:
    emulator = Emulator(faults=[Status(503), Say("hello")])
    client = client_of(emulator)
    responses = client.responses
    client.reconfigure(retry=Retry(1, initial=0))
    assert responses.create(model="gpt-5", input="Hi").output_text == "hello"


def test_a_call_keeps_what_it_began_with() -> None:
    """Its retries too: they are decided by the policy that was there when it began."""
    emulator = Emulator(faults=[Status(503), Status(503)])

    class Meanwhile:
        def judge(self, outcome: Any, asked: Any) -> Any:
            if client.version == 1:
                client.reconfigure(retry=None, project="p", strict=True)
            return Retry(5, initial=0).judge(outcome, asked)

        def record(self, outcome: Any, now: float) -> None:
            pass

    client = client_of(emulator, retry=Meanwhile())
    assert client.models.retrieve("gpt-5").id == "gpt-5"
    client.models.retrieve("gpt-5")
    assert projects_of(emulator) == [None, None, None, "p"]


def test_listeners_are_told_names_and_no_values() -> None:
    client = client_of(Emulator())
    told: list[ConfigurationChanged] = []
    end = client.on_change(told.append)
    client.reconfigure(strict=True, api_key="sk-second-key")
    end()
    client.reconfigure(strict=False)
    assert told == [ConfigurationChanged(2, ("api_key", "strict"))]
    assert client.version == 3


def test_what_is_refused_changes_nothing() -> None:
    client = client_of(Emulator())
    before = client.endpoint
    with pytest.raises(ValueError, match="timeout"):
        client.reconfigure(timeout=-1, api_key="sk-second-key")
    with pytest.raises(
        TypeError, match=r"^reconfigure\(\) has no keyword 'max_retris'; the nearest known one is"
    ):
        client.reconfigure(max_retris=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    assert client.endpoint is before
    assert client.version == 1


def test_a_copy_is_one_of_its_own() -> None:
    client = client_of(Emulator())
    told: list[ConfigurationChanged] = []
    client.on_change(told.append)
    copy = client.with_options(strict=True)
    copy.reconfigure(timeout=1)
    client.reconfigure(timeout=2)
    assert (copy.timeout, client.timeout) == (Timeout.of(1), Timeout.of(2))
    assert (copy.strict, client.strict, len(told)) == (True, False, 1)


def test_threads_lose_no_change() -> None:
    client = client_of(Emulator(), default_headers={})
    versions: list[int] = []

    def work(number: int) -> None:
        for each in range(50):
            versions.append(client.reconfigure(default_headers={f"x-{number}-{each}": "1"}))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(versions) == [*range(2, 402)]
    assert len(client.endpoint.headers) == 400


@pytest.mark.parametrize(
    "name", ["retry", "circuit_breaker", "rate_limit", "failover", "health", "hedge"]
)
def test_what_is_no_policy_is_named(name: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name}=3: expected an object with the methods "):
        client_of(Emulator(), **{name: 3})
    with pytest.raises(TypeError, match=rf"^{name}=3: "):
        client_of(Emulator()).with_options(**{name: 3})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("retry", Retry),
        ("circuit_breaker", CircuitBreaker),
        ("rate_limit", RateLimit),
        ("failover", Failover),
        ("health", Health),
        ("hedge", Hedge),
    ],
)
def test_the_class_of_a_policy_is_none(name: str, kind: type) -> None:
    with pytest.raises(
        TypeError, match=rf"^{name}=<class .*: expected an object with the methods "
    ):
        client_of(Emulator(), **{name: kind})


def test_what_is_no_listener_is_refused_at_once() -> None:
    wrong: Any = 3
    with pytest.raises(TypeError, match=r"^listener=3: expected a function"):
        client_of(Emulator()).on_change(wrong)
    with pytest.raises(TypeError, match=r"^told: expected a function or None, got int"):
        Secret.audit(wrong)


@pytest.mark.parametrize("wrong", [None, Endpoint("https://a.test/v1")])
def test_endpoints_that_are_no_list_are_named(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"^Failover endpoints: expected "):
        Failover(wrong)


def test_retries_are_counted_in_one_place() -> None:
    with pytest.raises(TypeError, match=r"^max_retries: retry says already how often"):
        client_of(Emulator(), retry=Retry(), max_retries=2)
    client = client_of(Emulator(), max_retries=2).with_options(max_retries=0)
    emulator = Emulator(faults=[Status(503)])
    with pytest.raises(Exception, match="503"):
        client_of(emulator, max_retries=2).with_options(max_retries=0).models.list()
    assert client.version == 1
    assert len(emulator.requests) == 1


def test_a_failover_needs_no_other_endpoint_and_takes_none() -> None:
    failover = Failover([Endpoint("http://a.test/v1", api_key=Secret("sk-a"))])
    client = Client(transport=MemoryTransport(Emulator()), failover=failover)
    assert client.base_url == "http://a.test/v1"
    assert client.models.retrieve("gpt-5").id == "gpt-5"
    with pytest.raises(TypeError, match=r"^api_key: failover has its own endpoints"):
        Client(api_key="sk-b", failover=failover)
    with pytest.raises(TypeError, match=r"^base_url, project: failover has its own endpoints"):
        client.with_options(base_url="http://b.test/v1", project="p")
    with pytest.raises(TypeError, match=r"^endpoint: failover has its own endpoints"):
        Client(endpoint=Endpoint("http://b.test/v1"), failover=failover)


def test_health_is_asked_for() -> None:
    emulator = Emulator(faults=[Status(500), Status(500)])
    health = Health(unhealthy_after=2)
    client = client_of(emulator, health=health, retry=Retry(5), circuit_breaker=CircuitBreaker())
    conditions = [client.check_health().condition for _ in range(3)]
    assert conditions == ["degraded", "unhealthy", "healthy"]
    assert [request.path for request in emulator.requests] == ["/models"] * 3
    assert client.with_options(health=None).check_health().condition == "healthy"


def test_a_listener_that_raises_keeps_the_change_from_nobody() -> None:
    client = Client(api_key="k")
    heard: list[int] = []

    def faulty(event: object) -> None:
        raise ZeroDivisionError("my own")

    client.on_change(faulty)
    client.on_change(lambda event: heard.append(event.version))
    with pytest.raises(ZeroDivisionError, match="my own"):
        client.reconfigure(strict=True)
    assert (client.version, heard) == (2, [2])


def test_what_ends_a_listener_ends_that_registration_alone() -> None:
    client = Client(api_key="k")
    heard: list[object] = []
    listener = heard.append
    end = client.on_change(listener)
    client.on_change(listener)
    end()
    end()
    client.reconfigure(strict=True)
    assert len(heard) == 1
