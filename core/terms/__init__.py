"""The words that every floor speaks: errors, secrets, header fields, rate limits, sentinels.

Uses nothing of this library.
"""
