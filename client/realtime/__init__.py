"""Sessions over a WebSocket as blocking and async callers see them: connections, and their managers.

Uses `sending`, and `core.realtime` for all that happens.
"""
