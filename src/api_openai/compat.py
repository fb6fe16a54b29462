"""Clients that frameworks take for the official SDK's, because they are: this client carries their calls.

    from api_openai.compat import OpenAI

    client = OpenAI()    # isinstance(client, openai.OpenAI)

Answers, streams and pages are the SDK's objects. Errors are of both packages: `except
openai.RateLimitError` and `except api_openai.RateLimitError` catch the same one. Arguments are those of
the SDK's clients, and of `api_openai.Client`: `network`, `retry`, `rate_limit`, `trace`, ... Needs the
`openai` package, and is loaded by nothing else.
"""

from .client.compat.clients import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI

__all__ = ["AsyncAzureOpenAI", "AsyncOpenAI", "AzureOpenAI", "OpenAI"]
