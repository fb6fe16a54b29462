"""This client as a transport of httpx2: beneath the official SDK, or whatever else takes a client of httpx2.

    import httpx2
    import openai
    from api_openai.httpx2 import HTTPTransport

    client = openai.OpenAI(http_client=httpx2.Client(transport=HTTPTransport()))

Its calls then have this client's connections, deadlines, errors of streams that were cut, and, where
they are asked for, its policies and its trace. Needs httpx2, and is loaded by nothing else.
"""

from .client.beneath.of_httpx2 import AsyncHTTPTransport, HTTPTransport

__all__ = ["AsyncHTTPTransport", "HTTPTransport"]
