"""`stream_end` as clients take it: their own setting, that of a copy, of a call."""

from typing import Any, Final

import pytest

from api_openai import AzureOpenAI, Client, StreamTruncatedError
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import Truncate

ASK: Final[Any] = [{"role": "user", "content": "Where is it?"}]


def client(emulator: Emulator, **settings: Any) -> Client:
    return Client(api_key="k", transport=MemoryTransport(emulator), **settings)


def count(client: Client, **options: Any) -> int:
    ask = client.with_options(timeout=None).chat.completions.create
    return sum(1 for _ in ask(model="gpt-4o", messages=ASK, stream=True, **options))


def test_a_setting_of_the_client_a_copy_and_a_call() -> None:
    emulator = Emulator()
    strict, loose = client(emulator), client(emulator, stream_end="body")
    assert count(strict) == count(loose)
    emulator.script(Truncate(after=2, proper=True))
    with pytest.raises(StreamTruncatedError):
        count(strict)
    for each, options in (
        (loose, {}),
        (loose.copy(strict=True), {}),
        (strict.with_options(stream_end="body"), {}),
        (strict, {"stream_end": "body"}),
    ):
        emulator.script(Truncate(after=2, proper=True))
        assert count(each, **options) == 2


def test_an_azure_client_has_it_too() -> None:
    emulator = Emulator()
    azure = AzureOpenAI(
        azure_endpoint="https://x.openai.azure.com",
        api_version="v",
        api_key="k",
        transport=MemoryTransport(emulator),
        stream_end="body",
    )
    emulator.script(Truncate(after=2, proper=True))
    assert count(azure) == 2


def test_another_word_is_refused() -> None:
    wrong: Any = "never"
    with pytest.raises(ValueError, match="stream_end='never': expected"):
        Client(api_key="k", stream_end=wrong)
    with pytest.raises(ValueError, match="stream_end='never': expected"):
        Client(api_key="k").with_options(stream_end=wrong)
