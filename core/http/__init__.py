"""HTTP/1.1 and what travels in it, as state machines and bytes: framing, bodies, events.

Uses `json` and below.
"""
