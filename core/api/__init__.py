"""The OpenAI API: types, parameters and operations, all generated, and webhook deliveries.

Uses `answers` and below.
"""
