"""Signature Version 4: AWS's published examples, and botocore's own signer."""

import datetime
import inspect
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_openai import OpenAIError, Secret
from api_openai.auth import AwsCredentials, SigV4Auth
from api_openai.core.auth.sigv4 import sigv4_fields
from api_openai.core.call.run import run
from api_openai.core.request.auth import Fields

from ...support.tokens import Context, unsigned

EXAMPLE: Final = AwsCredentials(
    "AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
)
SESSION: Final = AwsCredentials("AKIDEXAMPLE", Secret("secret/key"), Secret("session-token"))
MAY_2013: Final = datetime.datetime(2013, 5, 24, tzinfo=datetime.UTC).timestamp()


def plain(fields: Fields) -> dict[str, str]:
    return {k: v.reveal() if isinstance(v, Secret) else v for k, v in fields.items()}


@pytest.mark.parametrize(
    ("target", "signature"),
    [
        ("/?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (
            "/?max-keys=2&prefix=J",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
    ids=["lifecycle", "list"],
)
def test_the_examples_of_aws(target: str, signature: str) -> None:
    """Those of its pages on S3, whose signed fields are the ones that are signed here."""
    fields = plain(
        sigv4_fields(
            EXAMPLE,
            method="GET",
            url=f"https://examplebucket.s3.amazonaws.com{target}",
            headers=[("host", "examplebucket.s3.amazonaws.com"), ("accept", "*/*")],
            body=b"",
            service="s3",
            region="us-east-1",
            seconds=MAY_2013,
        )
    )
    assert fields["x-amz-date"] == "20130524T000000Z"
    assert fields["authorization"] == (
        "AWS4-HMAC-SHA256 "
        "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        f"Signature={signature}"
    )


SEGMENTS: Final = st.lists(st.text("abcXYZ019 -_.~:+%é", min_size=1, max_size=6), max_size=3)
PAIRS: Final = st.lists(st.tuples(st.text("ab-~ é", min_size=1), st.text("xy /+=")), max_size=3)


@settings(max_examples=150, deadline=None)
@given(
    segments=SEGMENTS.filter(lambda found: not any(set(each) <= {"."} for each in found)),
    pairs=PAIRS,
    body=st.binary(max_size=200),
    content_type=st.sampled_from([None, "application/json", "  a/b;   c=d "]),
    token=st.sampled_from([None, "session"]),
    seconds=st.integers(0, 4_000_000_000),
)
def test_botocore_signs_the_same(
    segments: list[str],
    pairs: list[tuple[str, str]],
    body: bytes,
    content_type: str | None,
    token: str | None,
    seconds: int,
) -> None:
    auth: Any = pytest.importorskip("botocore.auth")
    awsrequest: Any = pytest.importorskip("botocore.awsrequest")
    credentials: Any = pytest.importorskip("botocore.credentials")
    path = "".join(f"/{quote(each, safe='')}" for each in segments) or "/"
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    url = f"https://bedrock.test{path}{'?' + query if query else ''}"
    headers = [
        ("host", "bedrock.test"),
        *([("content-type", content_type)] if content_type else ()),
    ]
    ours = sigv4_fields(
        AwsCredentials("AKID", Secret("secret"), Secret(token) if token else None),
        method="POST",
        url=url,
        headers=headers,
        body=body,
        service="bedrock",
        region="eu-west-1",
        seconds=seconds,
    )
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    given_fields = dict(headers) | {"X-Amz-Content-SHA256": plain(ours)["x-amz-content-sha256"]}
    request = awsrequest.AWSRequest(method="POST", url=url, data=body, headers=given_fields)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "get_current_datetime", lambda: at)
        keys = credentials.Credentials("AKID", "secret", token)
        auth.SigV4Auth(keys, "bedrock", "eu-west-1").add_auth(request)
    theirs = {name.lower(): value for name, value in request.headers.items()}
    for name, value in plain(ours).items():
        assert theirs[name] == value


async def signed(auth: SigV4Auth, context: Context, **request: Any) -> dict[str, str]:
    fields: Any = auth.sign(unsigned(**request), context)
    return plain(await fields if inspect.isawaitable(fields) else fields)


def test_a_session_has_its_token_signed() -> None:
    fields = run(signed(SigV4Auth(SESSION, region="us-east-1", service="bedrock"), Context()))
    assert fields["x-amz-security-token"] == "session-token"
    assert fields["x-amz-date"] == "20150830T123600Z"
    assert "host;x-amz-content-sha256;x-amz-date;x-amz-security-token" in fields["authorization"]


def test_keys_that_are_found_are_asked_for_each_time() -> None:
    """What botocore has says by `get_frozen_credentials` what they are now."""
    found = iter([("AKID1", "s1", None), ("AKID2", "s2", "t2")])

    class Renewed:
        def get_frozen_credentials(self) -> object:
            key, secret, token = next(found)
            return SimpleNamespace(access_key=key, secret_key=secret, token=token)

    auth = SigV4Auth(Renewed, region="us-east-1", service="bedrock")
    first, second = run(signed(auth, Context())), run(signed(auth, Context()))
    assert "Credential=AKID1/" in first["authorization"]
    assert "Credential=AKID2/" in second["authorization"]
    assert "x-amz-security-token" not in first
    assert second["x-amz-security-token"] == "t2"


@pytest.mark.parametrize(
    ("found", "says"),
    [(None, "no credentials were found"), ("AKID", "got str"), (SimpleNamespace(), "got Simple")],
)
def test_keys_that_are_none(found: object, says: str) -> None:
    auth = SigV4Auth(lambda: found, region="us-east-1", service="bedrock")
    with pytest.raises(OpenAIError, match=says):
        run(signed(auth, Context()))


def test_a_body_that_streams_is_refused() -> None:
    auth = SigV4Auth(SESSION, region="us-east-1", service="bedrock")
    with pytest.raises(OpenAIError, match="sign the body, and this one is not in memory"):
        run(signed(auth, Context(), body=None))


def test_neither_shows_a_key() -> None:
    auth = SigV4Auth(SESSION, region="us-east-1", service="bedrock")
    assert repr(auth) == "SigV4Auth('bedrock', 'us-east-1')"
    assert "secret" not in repr(SESSION)
    wrong: Any = "AKID"
    with pytest.raises(TypeError, match="expected AwsCredentials or a function, got str"):
        SigV4Auth(wrong, region="us-east-1", service="bedrock")
