"""Values made up for answers: instances of types, texts, media, calls of tools.

Uses `protocol` and below.
"""
