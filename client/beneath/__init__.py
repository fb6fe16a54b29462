"""This client beneath a client of httpx or httpx2: what carries the calls of the official SDK, say.

Uses `lazy_transport`, `configuration` and below; the two packages are imported by the module of each.
"""
