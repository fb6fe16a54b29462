"""Who answers: one file for each part of the API.

By hand where it behaves, from its types where it does not. Uses `requests` and below.
"""
