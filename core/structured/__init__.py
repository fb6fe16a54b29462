"""Structured outputs: a caller's type, its JSON schema, and answers read into it.

Uses `api` and below.
"""
