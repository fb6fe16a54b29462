"""How an operation becomes a method of a resource: descriptors, resources, and what inspection sees.

Uses `sending`, and names `answers` for type checkers.
"""
