"""HTTP from the server's side, and the API's errors.

Connections, requests, responses, forms. Uses the core.
"""
