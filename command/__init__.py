"""The command `api-openai`: the API in a shell, one call for each run of it.

Uses core, emulator and client.
"""
