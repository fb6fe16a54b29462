"""The resource tree: one line for each endpoint, and the methods that are programs of several calls.

Uses `binding` and below.
"""
