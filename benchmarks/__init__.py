"""Benchmarks: this client, the official SDK and a hand-written floor, side by side in one run.

`python -m benchmarks` prints the table. `server.py` is a process of its own that answers with
bytes rendered beforehand; `subjects/` holds the three programs that are measured; `rows.py` says
what is measured and what it should cost; `harness.py` runs it.
"""
