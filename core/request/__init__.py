"""A request that is decided and not sent: operations, the server they are for, options, curl.

Uses `http` and below.
"""
