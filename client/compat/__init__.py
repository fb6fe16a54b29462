"""Clients that are the official SDK's by their class, and this one's by what carries their calls.

Uses `beneath` and below. The `openai` package is imported here, and nowhere else.
"""
