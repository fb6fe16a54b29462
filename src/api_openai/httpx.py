"""This client as a transport of httpx: beneath the official SDK, or whatever else takes a client of httpx.

    import httpx
    import openai
    from api_openai.httpx import HTTPTransport

    client = openai.OpenAI(http_client=httpx.Client(transport=HTTPTransport()))

Its calls then have this client's connections, deadlines, errors of streams that were cut, and, where
they are asked for, its policies and its trace. Needs httpx, and is loaded by nothing else.
"""

from .client.beneath.of_httpx import AsyncHTTPTransport, HTTPTransport

__all__ = ["AsyncHTTPTransport", "HTTPTransport"]
