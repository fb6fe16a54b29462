"""The resource tree: one line for each endpoint, and the methods that are programs of several calls.

Uses `answers` and `binding`.
"""
