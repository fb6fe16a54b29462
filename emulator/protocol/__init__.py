"""What goes over the wire, from the server's side: connections, requests, forms, errors.

Uses the core.
"""
