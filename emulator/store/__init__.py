"""What the server remembers, and how statuses advance.

Uses `fake_data` and below.
"""
