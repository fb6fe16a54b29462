"""A server on a TCP port, and a transport in memory.

Does the I/O. Uses all of the emulator, and the transports whose peer it is.
"""
