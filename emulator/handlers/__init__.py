"""Who answers, one file for each part of the API: by hand where it behaves, from its types if not.

Uses `requests` and below.
"""
