"""Values made up for answers: instances of types and schemas, texts, media, calls of tools.

Uses `faults` and below.
"""
