"""Whether a request is one that the API would take.

Uses `store` and below.
"""
