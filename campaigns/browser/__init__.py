"""The client, the emulator and the pure core where there are no sockets: Pyodide, in Node and Chromium."""
