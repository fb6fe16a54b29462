"""What several ways of doing I/O share: pools, sockets, TLS, addresses, files, workers.

Uses `core`.
"""
