"""Faults that a test can ask for, and the script that says when.

Uses `protocol`.
"""
