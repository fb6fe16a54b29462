"""Calls through an httpx client that the caller has configured.

Uses `common`, and of the other ways how tasks are run.
"""
