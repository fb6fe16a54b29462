"""What several ways of doing I/O share: TLS, addresses, pooled backends, files.

Uses `core`.
"""
