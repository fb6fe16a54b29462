"""How an operation becomes a method: modes, views and the descriptors of resources.

Uses the core; of the client it knows only the protocol `Sender`.
"""
