"""Calls in an asyncio loop, uvloop included.

Uses `common`.
"""
