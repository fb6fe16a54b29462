"""What the server remembers: files, responses, and objects of any kind, with their statuses.

Uses `inventing` and below.
"""
