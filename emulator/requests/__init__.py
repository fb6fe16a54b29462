"""What the API can be asked: its catalogue, and whether a request fits what is in it.

Uses `store` and below.
"""
