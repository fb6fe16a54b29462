"""`Seen` against a set."""

import hypothesis.strategies as st
from hypothesis import given

from api_openai.bulk.seen import Seen

texts = st.text(max_size=3) | st.sampled_from(("", "a", "\0", "\ud800"))


@given(st.lists(texts), st.lists(texts))
def test_it_is_a_set(added: list[str], others: list[str]) -> None:
    seen, known = Seen(), set[str]()
    for text in added:
        assert seen.add(text) == (text not in known)
        known.add(text)
        assert len(seen) == len(known)
    for text in (*added, *others):
        assert (text in seen) == (text in known)


def test_many() -> None:
    seen = Seen()
    assert all(seen.add(f"k{number}") for number in range(50_000))
    assert not any(seen.add(f"k{number}") for number in range(0, 50_000, 7))
    assert len(seen) == 50_000
