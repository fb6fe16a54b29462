"""Calls through the `fetch` of a page, a worker or Node, in Pyodide.

Imported there alone. Uses `emscripten`.
"""
