"""Campaigns: faults in bulk, thrown at the client from outside. `make campaigns` runs them.

They use the servers, ports and callers of `tests`, and change nothing there.
"""
