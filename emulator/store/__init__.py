"""What the server remembers: files, responses, and objects of any kind, with their statuses.

Uses `fake_data` and below.
"""
