"""What the core asks of Pyodide, in a page, a worker or Node, and sessions over its `WebSocket`.

Imported there alone. Uses `common`, and of `asyncio` how tasks are run.
"""
