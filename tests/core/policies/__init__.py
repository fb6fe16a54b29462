"""Policies, as decision objects."""
