"""What the API can be asked, and whether a request fits.

Uses `store` and below.
"""
