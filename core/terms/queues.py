"""Queues that take no room before they are used: an empty deque has 760 bytes.

A session has six of them, and most sessions use none.
"""

from collections import deque
from typing import TypeVar

T = TypeVar("T")

Queue = deque[T] | tuple[()]
"""A deque once something has been put into it with `queued`; it is looked at before it is popped."""


def queued(queue: "Queue[T]", item: T, most: int | None = None) -> deque[T]:
    """Put an item at the end, and return the queue; the first of more than `most` is dropped."""
    if isinstance(queue, tuple):
        return deque((item,), most)
    queue.append(item)
    return queue
