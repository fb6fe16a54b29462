"""Programs of several calls: waiting, uploads, runs, files in stores.

Uses `accumulate` and below; a client runs them, and they see it as a `Caller`.
"""
