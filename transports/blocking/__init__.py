"""Calls over blocking sockets, for threads.

Uses `common`.
"""
