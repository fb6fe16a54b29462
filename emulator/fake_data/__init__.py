"""Values made up for answers, of types and schemas.

Texts, media and calls of tools too. Uses `faults` and below.
"""
