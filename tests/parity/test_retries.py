"""`max_retries` means what it means in the official SDK: the same statuses, header fields and waits."""

from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.call.policy import Again
from api_openai.core.policies.retry import Retry

from ..core.policies.outcomes import answered, asked

openai = pytest.importorskip(
    "openai", reason="the official SDK is not installed (make .venv/.bench)"
)
httpx2 = pytest.importorskip("httpx2", reason="what the official SDK answers with is not installed")

NUMBERS = st.one_of(
    st.integers(-5, 300).map(str),
    st.floats(-5, 300, allow_nan=False).map(lambda value: f"{value:.3f}"),
    st.sampled_from(["", "nan", "inf", "soon", "1e999", "0", "120", "120.001"]),
)

SOUND = st.sampled_from(["0", "1", "250", "99.5", "120000", "120001", "soon", "1e999"])
"""Others beside a `retry-after` we take for nothing, and look at that."""


@given(
    status=st.sampled_from([400, 401, 404, 408, 409, 422, 429, 500, 502, 503, 529]),
    seconds=st.none() | NUMBERS,
    milliseconds=st.none() | SOUND,
    says=st.sampled_from([None, "true", "false", "maybe"]),
    done=st.integers(0, 12),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_decisions_are_those_of_the_official_sdk(
    status: int,
    seconds: str | None,
    milliseconds: str | None,
    says: str | None,
    done: int,
    chance: float,
) -> None:
    fields = {"retry-after": seconds, "retry-after-ms": milliseconds, "x-should-retry": says}
    headers = {name: value for name, value in fields.items() if value is not None}
    theirs = _theirs(status, headers, done, chance)
    verdict = Retry.official(13).judge(
        answered(status, headers), asked(retries=done, chance=chance)
    )
    ours = verdict.seconds if isinstance(verdict, Again) else None
    assert ours == pytest.approx(theirs)


def _theirs(status: int, headers: dict[str, str], done: int, chance: float) -> float | None:
    """Seconds that the official SDK waits, `None` where it gives up."""
    client: Any = openai.OpenAI(api_key="sk-test", max_retries=13)
    response = httpx2.Response(status, headers=headers)
    if not client._should_retry(response):
        return None
    options = mock.Mock()
    options.get_max_retries.return_value = 13
    with mock.patch("openai._base_client.random", return_value=chance):
        waits: float = client._calculate_retry_timeout(13 - done, options, response.headers)
    return waits
