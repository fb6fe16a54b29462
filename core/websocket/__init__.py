"""WebSocket (RFC 6455) with compression (RFC 7692) as a machine, for a client or a server.

Uses `http` and `terms`; wsproto negotiates, and says which close codes may be sent.
"""
