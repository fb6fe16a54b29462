"""The emulator: requests in, responses out.

Uses `routing` and below.
"""
