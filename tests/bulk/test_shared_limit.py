"""Runs under a limit on Redis whose server is gone: they end, and say why."""

from pathlib import Path

import pytest

from api_openai import RateLimit
from api_openai.policies import RedisLimits

from .runs import KINDS, Run

pytest.importorskip("redis", reason="the package redis is not installed")
each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
@pytest.mark.parametrize("lease", [1, 20])
def test_rows_end_where_the_server_of_the_limit_is_gone(
    kind: str, tmp_path: Path, lease: int
) -> None:
    with RedisLimits.from_url(
        f"unix://{tmp_path}/gone", "n", when_lost="refuse", timeout=1, lease=lease
    ) as state:
        limit = RateLimit(requests=600, state=state)
        done = Run(
            kind, tmp_path / "out.jsonl", 5, client={"rate_limit": limit}, concurrency=2, sync=None
        )
    assert done.requests == 0
    assert done.summary.errors == {"PolicyRefusedError": 5}
    assert len(done.errors) == 5
    for error in done.errors.values():
        assert "the server of the shared limit gave no answer (ConnectionError: " in str(error)
    assert done.summary.seconds < 60
