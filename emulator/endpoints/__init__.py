"""What each part of the API answers: by hand where it behaves, from its types where it does not.

Uses `checks` and below.
"""
