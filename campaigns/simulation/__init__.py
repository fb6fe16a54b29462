"""Ten thousand calls under a clock of numbers, against servers that fall ill: what policies make of it.

`python -m campaigns.simulation` writes the figures and the picture of `docs/policies/simulation.md`.
"""
