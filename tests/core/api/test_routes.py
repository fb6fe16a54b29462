"""Endpoints of the API by the paths of requests, whatever the base URL."""

import pytest

from api_openai.core.api.routes import blueprint_for


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/v1/chat/completions", "chat.completions.create"),
        ("POST", "/chat/completions", "chat.completions.create"),
        ("POST", "/openai/deployments/m/chat/completions", "chat.completions.create"),
        ("POST", "/v1/completions", "completions.create"),
        ("GET", "/v1/responses/resp_1", "responses.retrieve"),
        ("POST", "/v1/responses", "responses.create"),
        ("GET", "/v1/responses/resp_1/input_items", "responses.input_items.list"),
        ("POST", "/v1/threads/t_1/runs", "beta.threads.runs.create"),
        ("GET", "/v1/files/file-1/content", "files.content"),
        ("POST", "/v1/vector_stores/vs_1/file_batches", "vector_stores.file_batches.create"),
    ],
)
def test_an_endpoint_is_found_by_the_end_of_its_path(method: str, path: str, name: str) -> None:
    found = blueprint_for(method, path)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/nothing"), ("PATCH", "/v1/chat/completions"), ("GET", "/"), ("POST", "/v1/chat")],
)
def test_what_is_none_of_the_api(method: str, path: str) -> None:
    assert blueprint_for(method, path) is None
