"""Sessions over a WebSocket: what is said in each kind of them, and the server's side of the frames.

Uses `routing` and `handlers`, and the machine of `core.websocket`.
"""
