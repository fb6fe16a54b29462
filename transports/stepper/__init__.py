"""Calls in any other event loop, which performs their effects itself.

Uses `common`.
"""
