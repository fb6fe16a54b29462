"""Which endpoint answers a request.

Uses `endpoints` and below.
"""
