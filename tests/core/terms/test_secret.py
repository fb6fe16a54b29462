"""A secret shows itself where it is revealed and nowhere else."""

import copy
import pickle

import pytest

from api_openai.core.terms.secret import Secret
from api_openai.core.terms.secret_errors import SecretError

TEXT = "sk-very-secret"


def test_every_way_of_showing_it_is_masked() -> None:
    secret = Secret(TEXT)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>40}",
        format(secret, ">10"),
        "%s %r" % (secret, secret),  # noqa: UP031
        repr([secret]),
        repr({"key": secret}),
        repr(pickle.dumps(secret)),
        repr(vars(secret)) if hasattr(secret, "__dict__") else "",
    ]
    assert not any(TEXT in text for text in shown)
    assert "***" in str(secret)


def test_it_reveals_itself_when_asked() -> None:
    assert Secret(TEXT).reveal() == TEXT


def test_what_a_pickle_brings_back_without_its_text_refuses_to_be_used() -> None:
    found = pickle.loads(pickle.dumps(Secret(TEXT)))
    assert found.is_mask()
    for masked in (found, Secret(str(Secret(TEXT))), pickle.loads(pickle.dumps(found))):
        with pytest.raises(SecretError, match=r"did not come along in a pickle.*load_from_env"):
            masked.reveal()


def test_an_empty_one_comes_along() -> None:
    assert pickle.loads(pickle.dumps(Secret(""))) == Secret("")


def test_copies_within_the_process_keep_the_text() -> None:
    secret = Secret(TEXT)
    assert copy.copy(secret).reveal() == copy.deepcopy(secret).reveal() == TEXT


def test_equality_and_truth() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert not Secret("")
    assert len({Secret("a"), Secret("a")}) == 1


class Kept:
    """A secret of another library, as pydantic's `SecretStr`."""

    def __init__(self, text: str | bytes) -> None:
        self.text = text

    def get_secret_value(self) -> str | bytes:
        return self.text


@pytest.mark.parametrize(
    "value", [TEXT, TEXT.encode(), Secret(TEXT), Kept(TEXT), Kept(TEXT.encode()), f"{TEXT}\r\n"]
)
def test_it_is_made_of_what_callers_have(value: object) -> None:
    assert Secret.of(value, "api_key").reveal() == TEXT


@pytest.mark.parametrize("value", [None, 5, ["k"], Kept("x").get_secret_value])
def test_what_is_no_secret_is_named_and_not_shown(value: object) -> None:
    with pytest.raises(TypeError, match=r"^api_key: expected text, bytes or a Secret, got \w+$"):
        Secret.of(value, "api_key")
