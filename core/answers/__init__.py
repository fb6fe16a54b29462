"""Answers that are more than one document: streams of events, pages, bytes.

Uses `call` and below.
"""
