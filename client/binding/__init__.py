"""How an operation becomes a method of a resource: descriptors, and resources themselves.

Uses `sending`, and names `answers` for type checkers.
"""
