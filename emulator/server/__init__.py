"""What does the I/O: a server on a TCP port, and the client's transport to an emulator in memory.

Uses all of the emulator, and the transports whose peer it is.
"""
