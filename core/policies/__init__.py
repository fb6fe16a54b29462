"""Reliability policies: frozen settings and a small state each, which answer what to do and why.

Uses the protocols of `call.policy`, and `request` and below.
"""
