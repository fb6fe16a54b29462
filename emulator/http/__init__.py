"""HTTP from the server's side: connections, requests, responses, forms, and the API's errors.

Uses the core.
"""
