"""Whose tokens count: of calls that generate, and not of those that fetch what was generated."""

from typing import Final

from ...core.call.trace import TraceEvent

__all__ = ["GENERATING", "counted_usage"]

GENERATING: Final = {
    "/chat/completions": "chat",
    "/responses": "chat",
    "/completions": "text_completion",
    "/embeddings": "embeddings",
    "/images/generations": "generate_content",
    "/images/edits": "generate_content",
    "/images/variations": "generate_content",
    "/audio/speech": "generate_content",
    "/audio/transcriptions": "generate_content",
    "/audio/translations": "generate_content",
}
"""The paths at which a model generates, and the name that the GenAI conventions have for that."""


def counted_usage(event: TraceEvent) -> dict[str, int]:
    """The tokens of a call that is over, by type; `cached` and `reasoning` are parts of the others."""
    traced = event.traced
    if traced is None or traced.method != "POST" or traced.path not in GENERATING:
        return {}
    usage = traced.usage
    if usage is None:
        return {}
    found = {
        "input": usage.input_tokens,
        "output": usage.output_tokens,
        "cached": usage.cached_tokens,
        "reasoning": usage.reasoning_tokens,
    }
    return {name: tokens for name, tokens in found.items() if tokens}
