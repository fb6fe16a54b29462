"""Who sends, and for whom: modes and views, the protocol `Sender`, managers that send on entering.

Uses the core; the client is known as a `Sender` alone.
"""
