"""Sessions over a WebSocket: how they are opened, what is said in them, how they come back; their audio.

Uses `websocket` for frames, `call` for the handshake and the backend, `api` for the events.
"""
