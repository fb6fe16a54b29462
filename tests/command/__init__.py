"""The command `api-openai`, run in this process."""
