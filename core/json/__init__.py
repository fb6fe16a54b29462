"""JSON documents as typed values and back: models, the codec, and salvage of what does not fit.

Uses `terms`.
"""
