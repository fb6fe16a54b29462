"""Tokens that are fetched, kept and renewed, and signatures of requests: the `Auth` objects there are.

Uses `request` and below; what they need of the outside they ask of an `AuthContext`.
"""
