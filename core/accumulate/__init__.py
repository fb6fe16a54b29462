"""Accumulators: events of a stream in, snapshots and the final answer out.

Uses `structured` and below.
"""
