"""Ways of doing I/O for the core: one module per event loop or client library."""
