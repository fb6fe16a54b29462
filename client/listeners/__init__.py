"""Listeners of the trace that come along: records for `logging`, counters, and OpenTelemetry.

Uses `core.call`; nothing in the client imports it.
"""
