"""The emulator itself: what becomes of a request from its head to its answer.

Uses `routing` and below.
"""
