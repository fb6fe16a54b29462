"""`Secret` as the package has it: with the environment, files and frames of the process behind it.

Uses `core/terms` alone.
"""
