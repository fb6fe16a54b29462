"""Structured outputs: a type of the caller's, its JSON schema, and answers read into it.

`schema` makes the schema, `output` reads texts, `request` puts both into the parameters of a call,
and `answers` turns what came back into completions and responses that carry parsed values.
"""
