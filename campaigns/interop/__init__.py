"""WebSockets and policies with servers and proxies that are not ours. `make interop` installs what it can, and runs them.

What is not there is skipped, with the reason.
"""
