"""Workload identities: the tokens of machines, and what they are exchanged for."""

import pickle
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai import APIStatusError, OAuthError, OpenAIError, Secret, SubjectTokenProviderError
from api_openai.auth import (
    WorkloadIdentityAuth,
    azure_managed_identity_token_provider,
    gcp_id_token_provider,
    k8s_service_account_token_provider,
    x509_workload_identity,
)
from api_openai.core.auth.subject_tokens import AZURE, GOOGLE, TOKEN_FILE
from api_openai.core.auth.workload_identity import EXCHANGE_URL, MTLS_EXCHANGE_URL
from api_openai.core.call.run import run
from api_openai.core.http.body import JsonBody
from api_openai.core.request.answer_kinds import BytesAnswer
from api_openai.core.request.credentials import body_secrets
from api_openai.core.terms.http_message import Headers

from ...support.tokens import NO_FIELDS, Context, Question, granted, unsigned

NAMES: Final[dict[str, Any]] = {"identity_provider_id": "idp", "service_account_id": "sa"}
OWN: Final[dict[str, Any]] = {"token_type": "jwt", "get_token": lambda: "subject"}


def identity(provider: Any = OWN, **more: Any) -> Any:
    return {**NAMES, "provider": provider, **more}


def token(auth: WorkloadIdentityAuth, context: Context) -> str:
    value = run(auth.sign(unsigned(), context))["authorization"]
    assert isinstance(value, Secret)
    return value.reveal()


def exchange(subject: str, kind: str) -> Question:
    """What the server of tokens is asked."""
    document = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": subject,
        "subject_token_type": f"urn:ietf:params:oauth:token-type:{kind}",
        **NAMES,
    }
    return Question("POST", EXCHANGE_URL, {}, {}, document, False)


def test_a_token_of_the_callers_own() -> None:
    context = Context(granted())
    auth = WorkloadIdentityAuth(workload_identity=identity())
    assert token(auth, context) == token(auth, context) == "Bearer t-granted"
    assert context.asked == [exchange("subject", "jwt")]


def test_the_token_of_kubernetes_is_read_anew() -> None:
    context = Context(granted(), granted("t2"))
    auth = WorkloadIdentityAuth(workload_identity=identity(k8s_service_account_token_provider()))
    context.files[TOKEN_FILE] = b" first\n"
    token(auth, context)
    context.files[TOKEN_FILE] = b"second"
    context.time += 3600
    token(auth, context)
    assert context.asked == [exchange("first", "jwt"), exchange("second", "jwt")]


def test_the_token_of_azure() -> None:
    context = Context({"access_token": "of-azure"}, granted())
    provider = azure_managed_identity_token_provider("https://r/", client_id="c", msi_res_id="m")
    token(WorkloadIdentityAuth(workload_identity=identity(provider)), context)
    query: dict[str, object] = {
        "api-version": "2018-02-01",
        "resource": "https://r/",
        "client_id": "c",
        "msi_res_id": "m",
    }
    asked = Question("GET", AZURE, {"Metadata": "true"}, query, None, True)
    assert context.asked == [asked, exchange("of-azure", "jwt")]


def test_the_token_of_google() -> None:
    context = Context(b"of-google\n", granted())
    token(WorkloadIdentityAuth(workload_identity=identity(gcp_id_token_provider())), context)
    query: dict[str, object] = {"audience": "https://api.openai.com/v1"}
    asked = Question("GET", GOOGLE, {"Metadata-Flavor": "Google"}, query, None, True)
    assert context.asked == [asked, exchange("of-google", "id_token")]


def test_a_certificate_needs_no_token() -> None:
    context = Context(granted())
    known: Any = x509_workload_identity(
        identity_provider_id="idp", service_account_id="sa", refresh_buffer_seconds=5
    )
    auth = WorkloadIdentityAuth(workload_identity=known)
    assert auth.renew_before == 5
    token(auth, context)
    document = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:openai:params:oauth:token-type:x509",
        **NAMES,
    }
    assert context.asked == [Question("POST", MTLS_EXCHANGE_URL, {}, {}, document, False)]


def failure(status: int) -> APIStatusError:
    return APIStatusError("no", status_code=status, headers=NO_FIELDS)


@pytest.mark.parametrize(
    ("provider", "answer", "says"),
    [
        (k8s_service_account_token_provider("/none"), None, "'/none': No such file"),
        (azure_managed_identity_token_provider(), failure(404), "Azure's metadata server: no"),
        (azure_managed_identity_token_provider(), {}, "has no access_token"),
        (azure_managed_identity_token_provider(), b"[]", "expected a JSON object"),
        (gcp_id_token_provider(), failure(500), "Google's metadata server: no"),
        (gcp_id_token_provider(), b" \n", "expected a token, got nothing"),
        ({"token_type": "jwt", "get_token": lambda: ""}, None, "got nothing"),
        ({"token_type": "jwt", "get_token": lambda: 5}, None, "expected text, got int"),
    ],
)
def test_a_machine_that_has_no_token(provider: Any, answer: Any, says: str) -> None:
    auth = WorkloadIdentityAuth(workload_identity=identity(provider))
    with pytest.raises(SubjectTokenProviderError, match=says):
        token(auth, Context(answer))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"<html>", "Expecting value"),
        ([], "expected a JSON object"),
        ({}, "no access_token"),
        (granted(""), "no access_token"),
        ({"access_token": 5, "expires_in": 1}, "no access_token"),
        ({"access_token": "canary"}, "expires_in: expected seconds, got NoneType"),
        (granted("canary", True), "expires_in: expected seconds, got bool"),
        (granted("canary", "60"), "expires_in: expected seconds, got str"),
        (granted("canary", 0), "expires_in=0: expected seconds above 0"),
        (granted("canary", -5.5), "expires_in=-5.5"),
        (b'{"access_token": "canary", "expires_in": 1e999}', "expires_in=inf"),
        (b'{"access_token": "canary", "expires_in": NaN}', "expires_in=nan"),
        ({**granted("canary"), "token_type": "mac"}, "token_type='mac': expected 'Bearer'"),
        (granted("canary\r\nx: y"), "expected visible ASCII"),
        (granted("can ary"), "expected visible ASCII"),
    ],
)
def test_answers_that_are_no_token(answer: Any, says: str) -> None:
    auth = WorkloadIdentityAuth(workload_identity=identity())
    with pytest.raises((OpenAIError, ValueError), match=says) as caught:
        token(auth, Context(answer))
    assert "canary" not in str(caught.value)


def test_a_token_for_longer_than_any_number() -> None:
    auth = WorkloadIdentityAuth(workload_identity=identity())
    content = b'{"access_token": "t", "expires_in": 1' + b"0" * 400 + b"}"
    with pytest.raises(OpenAIError, match="expected seconds above 0"):
        token(auth, Context(content))


def refusal(status: int, content: bytes) -> APIStatusError:
    return APIStatusError("said no", status_code=status, headers=Headers(), content=content)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_has_its_code(status: int) -> None:
    content = b'{"error": "invalid_grant", "error_description": "Not you"}'
    auth = WorkloadIdentityAuth(workload_identity=identity())
    with pytest.raises(OAuthError, match="Not you") as caught:
        token(auth, Context(refusal(status, content)))
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.error, error.status_code) == ("invalid_grant", status)
    assert error.response.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"error": 5}', b"\xff"])
def test_a_refusal_without_one(content: bytes) -> None:
    auth = WorkloadIdentityAuth(workload_identity=identity())
    with pytest.raises(OAuthError, match="said no") as caught:
        token(auth, Context(refusal(400, content)))
    assert caught.value.error in (None, "5")


def test_other_statuses_are_what_they_are() -> None:
    auth = WorkloadIdentityAuth(workload_identity=identity())
    with pytest.raises(APIStatusError) as caught:
        token(auth, Context(failure(500)))
    assert not isinstance(caught.value, OAuthError)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (5, "expected a mapping, got int"),
        ({}, "identity_provider_id"),
        ({"identity_provider_id": "a", "provider": OWN}, "service_account_id, got None"),
        (NAMES, "a token_type and a get_token"),
        (identity({"token_type": "saml", "get_token": str}), "token_type='saml': expected"),
        (identity({"token_type": "jwt", "get_token": "x"}), "has to be a function"),
        (identity(refresh_buffer_seconds=-1), "renew_before=-1"),
        ({**NAMES, "type": "x509", "provider": OWN}, "has no provider"),
    ],
)
def test_what_is_no_identity(given: Any, says: str) -> None:
    with pytest.raises((OpenAIError, TypeError, ValueError), match=says):
        WorkloadIdentityAuth(workload_identity=given)


def test_the_machines_token_is_a_credential_of_the_body() -> None:
    body = JsonBody.of(exchange("subject-canary", "jwt").document)
    assert body_secrets(body.data) == ["subject-canary"]
    assert BytesAnswer().accept == ((b"accept", b"*/*"),)


def test_an_identity_of_files_pickles(tmp_path: Path) -> None:
    provider = k8s_service_account_token_provider(tmp_path / "token")
    auth = WorkloadIdentityAuth(workload_identity=identity(provider))
    context = Context(granted())
    context.files[str(tmp_path / "token")] = b"mounted"
    again: WorkloadIdentityAuth = pickle.loads(pickle.dumps(auth))
    assert token(again, context) == "Bearer t-granted"
    assert repr(again) == "WorkloadIdentityAuth('sa')"
