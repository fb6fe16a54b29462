"""The audit of secrets is told of each text that is handed out, and holds none itself."""

import asyncio
import copy
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any, Final

import pytest

from api_openai import APIStatusError, AsyncClient, Client, Network, Secret, SecretExposure
from api_openai.client.secrets.process import COUNTED

from ..support.http import answer
from ..support.server import ASK, Server

KEY: Final = "sk-canary-0123456789_abc"
OTHER: Final = "sk-canary-9876543210_xyz"


@pytest.fixture
def told() -> Iterator[list[SecretExposure]]:
    """What an audit is told during a test."""
    exposures: list[SecretExposure] = []
    before = Secret.audit(exposures.append)
    yield exposures
    Secret.audit(before)


def line() -> int:
    """The line of who calls."""
    return sys._getframe(1).f_lineno  # pyright: ignore[reportPrivateUsage]


def test_each_reveal_is_told(told: list[SecretExposure]) -> None:
    secret, other = Secret(KEY), Secret(OTHER)
    _, here = secret.reveal(), line()
    other.reveal()
    Secret(KEY).reveal()
    assert [each.count for each in told] == [1, 1, 2]
    assert [each.fingerprint for each in told] == [
        secret.fingerprint(),
        other.fingerprint(),
        secret.fingerprint(),
    ]
    assert told[0].caller == f"{__file__}:{here} test_each_reveal_is_told"


def test_nothing_of_the_text_is_told(told: list[SecretExposure]) -> None:
    secret = Secret(KEY)
    secret.reveal()
    (exposure,) = told
    for each in (exposure, copy.copy(exposure), pickle.loads(pickle.dumps(exposure))):
        assert "canary" not in f"{each} {each!r} {pickle.dumps(each)!r}"
    assert len(exposure.fingerprint) == 16
    int(exposure.fingerprint, 16)


def test_what_shows_nothing_is_not_told(told: list[SecretExposure]) -> None:
    secret = Secret.new(KEY)
    assert f"{secret} {secret!r}"
    assert secret == Secret(KEY)
    assert hash(secret) == hash(Secret(KEY))
    assert bool(copy.deepcopy(secret))
    assert pickle.loads(pickle.dumps(secret))
    with Secret.in_pickles():
        assert pickle.loads(pickle.dumps(secret)) == secret
    assert told == []


def test_it_ends_and_gives_back_the_one_before(told: list[SecretExposure]) -> None:
    later: list[SecretExposure] = []
    before = Secret.audit(later.append)
    Secret(KEY).reveal()
    assert Secret.audit(None) == later.append
    Secret(KEY).reveal()
    assert Secret.audit(before) is None
    Secret(KEY).reveal()
    assert [len(told), len(later), told[0].count] == [1, 1, 1]


def test_an_audit_may_refuse() -> None:
    def never(exposure: SecretExposure) -> None:
        raise PermissionError(exposure.caller)

    before = Secret.audit(never)
    try:
        with pytest.raises(PermissionError, match="test_an_audit_may_refuse") as refused:
            Secret(KEY).reveal()
    finally:
        Secret.audit(before)
    trace: Any = refused.tb.tb_next  # the frames behind this one
    while trace is not None:
        assert "canary" not in repr(trace.tb_frame.f_locals)
        trace = trace.tb_next


def test_what_an_audit_does_itself_is_not_told() -> None:
    counts: list[int] = []

    def told(exposure: SecretExposure) -> None:
        counts.append(exposure.count)
        assert Secret(KEY).reveal() == KEY

    before = Secret.audit(told)
    try:
        Secret(KEY).reveal()
        Secret(KEY).reveal()
    finally:
        Secret.audit(before)
    assert counts == [1, 2]


def test_threads_are_counted_together(told: list[SecretExposure]) -> None:
    def ask() -> None:
        for _ in range(200):
            Secret(KEY).reveal()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each.count for each in told) == list(range(1, 1601))


def test_counts_are_bounded(told: list[SecretExposure]) -> None:
    Secret(KEY).reveal()
    for number in range(COUNTED - 1):
        Secret(f"{number}").reveal()
    Secret(KEY).reveal()
    Secret("one more").reveal()
    Secret("0").reveal()
    assert [told[-3].count, told[-1].count] == [2, 1]


# Calls


def test_a_call_is_the_callers(server: Server, told: list[SecretExposure]) -> None:
    client = Client(api_key=KEY, base_url=f"http://127.0.0.1:{server.port}/v1")
    assert told == []
    client.models.list()
    here = line() - 1
    client.with_options(timeout=5).models.list()
    assert [each.count for each in told] == [1, 2]
    assert told[0].caller == f"{__file__}:{here} test_a_call_is_the_callers"
    assert told[0].fingerprint == Secret(KEY).fingerprint()


@pytest.mark.parametrize("together", [False, True])
def test_an_async_call_is_the_callers(
    server: Server, told: list[SecretExposure], together: bool
) -> None:
    async def main() -> None:
        async with AsyncClient(
            api_key=KEY, base_url=f"http://127.0.0.1:{server.port}/v1"
        ) as client:
            if together:
                await asyncio.gather(client.models.retrieve("a"), client.models.retrieve("b"))
            else:
                await client.models.list()

    asyncio.run(main())
    here = "test_an_async_call_is_the_callers"
    name = here if together else f"{here}.<locals>.main"
    assert {each.caller.partition(" ")[2] for each in told} == {name}
    assert all(each.caller.startswith(f"{__file__}:") for each in told)


def test_masking_an_answer_exposes_nothing(told: list[SecretExposure]) -> None:
    refused = answer({"error": {"message": f"bad {KEY}"}}, status="401 Unauthorized")
    with Server() as server:
        server.on(ASK, refused)
        client = Client(api_key=KEY, base_url=f"http://127.0.0.1:{server.port}/v1")
        with pytest.raises(APIStatusError, match=r"bad \*\*\*"):
            client.models.list()
        client.close()
    assert [each.count for each in told] == [1]


def test_a_proxys_password_is_a_secret_too(told: list[SecretExposure]) -> None:
    proxy = Network(proxy="http://user:canary-password@127.0.0.1:1").proxy
    assert proxy is not None
    assert told == []
    proxy.authorization()  # type: ignore[union-attr]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    assert [each.fingerprint for each in told] == [Secret("canary-password").fingerprint()]


# Fingerprints


def test_fingerprints_tell_texts_apart() -> None:
    assert Secret(KEY).fingerprint() == Secret(KEY).fingerprint()
    prints = {Secret(each).fingerprint() for each in ("", "a", "b", KEY, OTHER, "\udc80", "€")}
    assert len(prints) == 7


def test_another_process_has_other_fingerprints() -> None:
    code = f"from api_openai import Secret; print(Secret({KEY!r}).fingerprint())"
    prints = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)
    }
    assert len(prints | {Secret(KEY).fingerprint()}) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_fork_has_other_fingerprints() -> None:
    code = f"""
import os
from api_openai import Secret
before = Secret({KEY!r}).fingerprint()
ours, theirs = os.pipe()
if os.fork() == 0:
    os.write(theirs, Secret({KEY!r}).fingerprint().encode())
    os._exit(0)
assert os.read(ours, 16).decode() != before == Secret({KEY!r}).fingerprint()
os.wait()
"""
    subprocess.run([sys.executable, "-c", code], check=True)
