"""Calls in a trio run.

Uses `common`.
"""
