"""The one place that loads the two clients. They share names, so they share every call here."""

import importlib
from typing import Any, Final

from .plan import Plan, Who

# Two libraries with the same names and no type in common, one of which may not be installed.
Library = Any
Client = Any

API_KEY: Final = "sk-benchmark"
_MODULES: Final[dict[Who, str]] = {"ours": "api_openai", "official": "openai"}


def load(who: Who) -> Library:
    return importlib.import_module(_MODULES[who])


def _library(plan: Plan) -> Library:
    """What has the client's class: of ours, also the one that lies beneath the official SDK."""
    if plan.who == "ours" and plan.task.startswith("beneath-"):
        return importlib.import_module("api_openai.compat")
    if plan.who == "floor":  # of what stands on calls of ours
        return load("ours")
    return load(plan.who)


def blocking(plan: Plan) -> Client:
    return _library(plan).OpenAI(api_key=API_KEY, base_url=plan.base_url, **_http_client(plan))


def asynchronous(plan: Plan) -> Client:
    return _library(plan).AsyncOpenAI(api_key=API_KEY, base_url=plan.base_url, **_http_client(plan))


def _http_client(plan: Plan) -> dict[str, object]:
    """The transports that the official SDK can be given; its own default is the plain variant."""
    match plan.variant:
        case "aiohttp":
            return {"http_client": load(plan.who).DefaultAioHttpClient()}
        case "httpx":
            httpx: Library = importlib.import_module("httpx")
            kind = httpx.Client if plan.mode == "blocking" else httpx.AsyncClient
            return {"http_client": kind(timeout=600)}
        case _:
            return {}
