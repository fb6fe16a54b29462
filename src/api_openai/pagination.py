"""The official SDK's names for pages; `Page` and `AsyncPage` are all kinds of them.

How the next page is asked for is said by the operation, so that a page needs no class of its own.
"""

from .core.answers.pages import AsyncPage, Page

__all__ = [
    "AsyncConversationCursorPage",
    "AsyncCursorPage",
    "AsyncNextCursorPage",
    "AsyncPage",
    "AsyncTokenPage",
    "Page",
    "SyncConversationCursorPage",
    "SyncCursorPage",
    "SyncNextCursorPage",
    "SyncPage",
    "SyncTokenPage",
]

SyncPage = Page
SyncCursorPage = Page
SyncConversationCursorPage = Page
SyncNextCursorPage = Page
SyncTokenPage = Page
AsyncCursorPage = AsyncPage
AsyncConversationCursorPage = AsyncPage
AsyncNextCursorPage = AsyncPage
AsyncTokenPage = AsyncPage
