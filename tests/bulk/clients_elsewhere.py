"""A module that workers can import, with functions that make clients."""

from api_openai import AsyncClient, Client


def make() -> AsyncClient:
    """Make one."""
    return AsyncClient(api_key="of-the-function", base_url="http://elsewhere/v1")


def make_blocking() -> Client:
    """Make one of the wrong kind."""
    return Client(api_key="of-the-function")
