"""Limits that many processes and machines share, on a server of theirs.

Uses `core/policies`; no library of a server is imported here.
"""
