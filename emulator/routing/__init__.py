"""Which handler answers a request.

Uses `handlers` and below.
"""
