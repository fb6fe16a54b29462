"""The official SDK, where it is installed: what it sends, asked like this client."""

import importlib
from collections.abc import Sequence
from typing import Any

import pytest

from .methods import Keywords, at
from .recorder import ADMIN_KEY, KEY, Sent


class Official:
    """The official client and what it sends."""

    def __init__(self) -> None:
        # Imported by name: it is not there when the tree is type-checked elsewhere.
        openai: Any = pytest.importorskip("openai", reason="the official SDK is not installed")
        http: Any = importlib.import_module("httpx2")
        self._requests: list[Sent] = []
        self._refused: type[Exception] = openai.APIStatusError

        def answer(request: Any) -> Any:
            headers = {name.lower(): value for name, value in request.headers.items()}
            target = request.url.raw_path.decode()
            self._requests.append(Sent(request.method, target, headers, request.read()))
            return http.Response(418, json={})

        self.client: Any = openai.OpenAI(
            api_key=KEY,
            admin_api_key=ADMIN_KEY,
            base_url="http://api.test/v1",
            max_retries=0,
            http_client=http.Client(transport=http.MockTransport(answer)),
        )

    def sent(self, path: str, places: Sequence[object], given: Keywords) -> Sent:
        """Return the one request that a call of the method at `path` makes."""
        self._requests.clear()
        with pytest.raises(self._refused):
            at(self.client, path)(*places, **given)
        (request,) = self._requests
        return request
