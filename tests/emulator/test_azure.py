"""The paths that Azure has: a root of their own, deployments in front."""

from typing import Any

import pytest

from api_openai import AzureOpenAI
from api_openai.core.request.endpoint import DEPLOYED
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.http.json_documents import Object

from .peer import ask
from .test_files import FORM, form

QUESTION: Object = {"role": "user", "content": "Hi"}


def client(emulator: Emulator, **settings: Any) -> AzureOpenAI:
    where: dict[str, Any] = (
        {} if "base_url" in settings else {"azure_endpoint": "https://mine.example.com"}
    )
    transport = MemoryTransport(emulator)
    return AzureOpenAI(api_key="k", api_version="v", transport=transport, **where, **settings)


def test_a_deployment_is_the_model_whatever_it_is_called() -> None:
    emulator = Emulator()
    azure = client(emulator, azure_deployment="of mine/2")
    answer = azure.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Hi"}]
    )
    assert answer.model == "of mine/2"
    [seen] = emulator.requests
    assert (seen.path, seen.deployment) == ("/chat/completions", "of mine/2")
    assert seen.query == {"api-version": "v"}


@pytest.mark.parametrize(
    "settings", [{}, {"base_url": "https://mine.example.com/openai/v1"}], ids=["endpoint", "v1"]
)
def test_a_client_finds_what_has_no_deployment(settings: dict[str, str]) -> None:
    azure = client(Emulator(), **settings)
    assert azure.responses.create(model="gpt-5", input="Hi").status == "completed"
    assert azure.models.retrieve("gpt-4o").id == "gpt-4o"
    assert azure.files.create(file=("a.txt", b"a"), purpose="user_data").bytes == 1


@pytest.mark.parametrize("root", ["/openai", "/openai/v1", "/v1/openai", "/v1", ""])
def test_roots(root: str) -> None:
    assert ask(Emulator(), "GET", f"{root}/models?api-version=v").status == 200


def test_a_request_to_a_deployment_names_no_model() -> None:
    path = "/openai/deployments/mine"
    chat = ask(Emulator(), "POST", f"{path}/chat/completions", {"messages": [QUESTION]})
    assert (chat.status, chat.document["model"]) == (200, "mine")
    heard = ask(
        Emulator(),
        "POST",
        f"{path}/audio/transcriptions",
        body=form(b"sound", "a.mp3"),
        headers=FORM,
    )
    assert heard.status == 200


@pytest.mark.parametrize("path", sorted(DEPLOYED))
def test_every_path_of_deployments(path: str) -> None:
    # Refused or not, it is there.
    assert ask(Emulator(), "POST", f"/openai/deployments/d{path}", {}).status != 404


@pytest.mark.parametrize("path", ["/responses", "/models", "", "/chat"])
def test_deployments_have_no_other_path(path: str) -> None:
    answer = ask(Emulator(), "POST", f"/openai/deployments/d{path}", {})
    assert (answer.status, answer.error["code"]) == (404, "unknown_url")
