"""Sending bytes of a file from kernel to kernel (sendfile): they never come into this process."""

from __future__ import annotations

import os
from threading import Lock
from typing import Final

MOST: Final = 4 * 1024 * 1024
"""Bytes that one system call sends at most, so that an answer that comes early is seen."""


class FileSender:
    """Sends parts of the file `file` to the socket `sock`, which does not block.

    It has numbers of its own for both, so that it never writes to, or reads from, what has got the
    number of a file or a connection that was closed meanwhile. A worker thread may be at it when it
    is closed: then the worker is the one that closes them.
    """

    __slots__ = ("_closed", "_file", "_lock", "_over", "full", "sock")

    def __init__(self, sock: int, file: int) -> None:
        self._lock = Lock()
        self._over = self._closed = False
        self.full = False
        """Whether the kernel took less than it was given, so that it has to be waited for."""
        self.sock = os.dup(sock)
        try:
            self._file = os.dup(file)
        except BaseException:
            os.close(self.sock)
            raise

    def push(self, at: int, size: int) -> int | None:
        """Send some of `size` bytes from `at` and return how many; `None` when none go now.

        0 where there are none, or where they cannot be sent like this: whoever reads them learns
        why. `OSError` when the connection is broken.
        """
        try:
            with self._lock:
                return 0 if self._over else self._push(at, min(size, MOST))
        finally:
            if self._over:
                self.close()

    def _push(self, at: int, size: int) -> int | None:
        try:
            sent = os.sendfile(self.sock, self._file, at, size)
        except BlockingIOError:
            self.full = True
            return None
        except (ConnectionError, TimeoutError):
            raise
        except OSError:
            return 0
        self.full = sent < size
        return sent

    def close(self) -> None:
        """Close both numbers, now or when the worker is done."""
        self._over = True
        if not self._lock.acquire(blocking=False):
            return
        try:
            if not self._closed:
                self._closed = True
                os.close(self.sock)
                os.close(self._file)
        finally:
            self._lock.release()


def file_sender(sock: int, file: int) -> FileSender | None:
    """Return one for two numbers; `None` where the system has no such thing, or no more numbers."""
    if not hasattr(os, "sendfile"):
        return None
    try:
        return FileSender(sock, file)
    except OSError:
        return None
