"""The server: in memory, in a thread, on a port.

Uses all of the emulator, and the transports whose peer it is.
"""
