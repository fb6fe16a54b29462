"""What every subject asks for: the same words, so that the same bytes are sent."""

from typing import Final

MODEL: Final = "gpt-5.2"
PROMPT: Final = "Count."
QUESTION: Final = [{"role": "user", "content": "Why does a state machine not guess?"}]
CHAT: Final = [
    {"role": ("user", "assistant")[i % 2], "content": f"Message {i} of a long conversation."}
    for i in range(1000)
]
EMBEDDING_MODEL: Final = "text-embedding-3-large"
TEXTS: Final = ["text"] * 64
