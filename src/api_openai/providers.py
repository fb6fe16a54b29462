"""Endpoints of other houses, for `Client(provider=...)` and for policies that choose among several.

    from api_openai import Client
    from api_openai.providers import bedrock

    client = Client(provider=bedrock(region="us-west-2"))

Each function returns an `Endpoint`.
"""

from .client.providers.azure import azure
from .client.providers.bedrock import BedrockEndpoint, bedrock
from .client.providers.vertex import GoogleAuth, vertex

__all__ = ["BedrockEndpoint", "GoogleAuth", "azure", "bedrock", "vertex"]
