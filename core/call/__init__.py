"""The program of a call: attempts on pooled connections, deadlines, policies, the reply.

Uses `request` and below; what it needs of the outside it asks of a `Backend`.
"""
