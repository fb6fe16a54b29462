"""Turns of agents: sessions followed by their events, calls of tools answered, results read.

Uses `programs` and below.
"""
