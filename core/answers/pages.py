"""Pages of lists, and how one leads to the next.

A page is one answer. Iterating over a page gives its items and then fetches the pages that follow,
one request each, for as long as the caller goes on.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any, Generic, NamedTuple, Self, TypeVar

import msgspec

from ..json.dumpable import Dumpable, Extent
from ..json.model import Model
from ..json.provenance import meta
from ..json.values import is_sendable_text, items
from ..request.answer_kinds import PageAnswer
from ..request.operation import Operation
from ..terms.errors import APIError

T = TypeVar("T")
N = TypeVar("N")


class PageDocument(Model, Generic[T]):
    """A page as the server sends it; the fields of all kinds of pages."""

    data: list[T]
    object: str | None = None
    has_more: bool | None = None
    first_id: str | None = None
    last_id: str | None = None
    next: str | None = None
    next_page: str | None = None
    search_query: list[str] | None = None


def _last_item_id(document: PageDocument[Any]) -> str | None:
    found = items(document.data)
    return getattr(found[-1], "id", None) if found else document.last_id


_NEXT: dict[str, tuple[str, Callable[[PageDocument[Any]], str | None]]] = {
    "CursorPage": ("after", _last_item_id),
    "ConversationCursorPage": ("after", lambda document: document.last_id),
    "NextCursorPage": ("after", lambda document: document.next),
    "TokenPage": ("page", lambda document: document.next),
}
"""By kind of page: the parameter of the next one, and where its value comes from."""


class Trail(NamedTuple):
    """What is remembered of the cursors that led to a page: enough to notice any circle.

    It is Brent's way: one cursor is kept, and replaced by the present one after 1, 2, 4, 8, ...
    pages. Once the distance is as long as the circle, the cursor that was kept comes back.
    """

    kept: str | None = None
    pages: int = 0
    """Pages since it was kept."""
    until: int = 1
    """Pages after which another one is kept."""

    def after(self, cursor: str) -> "Trail":
        """Return the trail of the page that `cursor` leads to."""
        if self.pages + 1 < self.until:
            return self._replace(pages=self.pages + 1)
        return Trail(cursor, 0, self.until * 2)


def next_operation(
    operation: Operation[Any, Any], document: Any, trail: Trail | None = None
) -> Operation[Any, Any] | None:
    """Return the operation for the page after `document`, or `None` at the end of the list.

    A page without items is the end, unless it says that there is more and has a cursor. Raises
    `APIError` when the server's cursor does not move, or goes in a circle, for the list would never
    end, and when it is nothing that can be sent.
    """
    answer = operation.answer
    assert isinstance(answer, PageAnswer)
    rule = _NEXT.get(answer.kind)
    if rule is None or document.has_more is False:
        return None
    if not items(document.data) and not (document.has_more or document.next):
        return None
    parameter, cursor_of = rule
    cursor = cursor_of(document)
    if not cursor:
        return None
    if not is_sendable_text(cursor):
        raise _lost(operation, f"is no text ({parameter}={cursor!r})")
    if dict(operation.query).get(parameter) == cursor:
        raise _lost(operation, f"does not move ({parameter}={cursor!r} leads to itself)")
    if trail is not None and cursor == trail.kept:
        raise _lost(operation, f"goes in a circle ({parameter}={cursor!r} comes again)")
    kept = tuple(pair for pair in operation.query if pair[0] != parameter)
    return msgspec.structs.replace(operation, query=(*kept, (parameter, cursor)))


def _lost(operation: Operation[Any, Any], why: str) -> APIError:
    error = APIError(f"{operation.name}: the server's cursor {why}")
    error.operation = operation.name
    return error


class _Page(Dumpable, Generic[T]):
    """What pages have in common: their items, and the operation of the next one."""

    __slots__ = ("_document", "_operation", "_trail")

    def __init__(self, document: PageDocument[T], operation: Operation[Any, Any]) -> None:
        self._document = document
        self._operation = operation
        self._trail = Trail()

    @property
    def data(self) -> list[T]:
        """The items of this page."""
        return items(self._document.data)

    @property
    def object(self) -> str | None:
        """`list`, from most servers."""
        return self._document.object

    @property
    def has_more(self) -> bool | None:
        """Whether the server says that items follow."""
        return self._document.has_more

    @property
    def first_id(self) -> str | None:
        """The id of the first item, where the server gives it."""
        return self._document.first_id

    @property
    def last_id(self) -> str | None:
        """The id of the last item, where the server gives it."""
        return self._document.last_id

    @property
    def next(self) -> str | None:
        """The cursor of the next page, where the API has one."""
        return self._document.next

    @property
    def document(self) -> PageDocument[T]:
        """The page as the server sent it."""
        return self._document

    def has_next_page(self) -> bool:
        """Whether `get_next_page` has something to fetch, as far as can be told without asking."""
        return self.next_page_info() is not None

    def next_page_info(self) -> Operation[Any, Any] | None:
        """The operation that fetches the next page, not sent; `None` at the end of the list."""
        return next_operation(self._operation, self._document, self._trail)

    def _following(self) -> Operation[Any, Any]:
        operation = self.next_page_info()
        if operation is None:
            raise RuntimeError("this is the last page: ask has_next_page() first")
        return operation

    def _follow(self, page: "_Page[Any]") -> None:
        """Let the page that came after this one know the way."""
        _, cursor = page._operation.query[-1]
        page._trail = self._trail.after(cursor)

    @property
    def _request_id(self) -> str | None:
        return meta(self._document).request_id

    def _to_builtins(self, extent: Extent, fallback: Callable[[Any], Any] | None = None) -> Any:
        return self._document._to_builtins(extent, fallback)  # pyright: ignore[reportPrivateUsage]

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(data={self.data!r}, has_more={self.has_more!r})"


class Page(_Page[T]):
    """A page of a blocking client; iterating goes over the items of all pages from this one on."""

    __slots__ = ("_send",)

    def __init__(
        self,
        document: PageDocument[T],
        operation: Operation[Any, Any],
        send: Callable[[Operation[Any, Any]], Any],
    ) -> None:
        super().__init__(document, operation)
        self._send = send

    def get_next_page(self) -> Self:
        """Fetch the next page: one request. `RuntimeError` on the last one."""
        page: Self = self._send(self._following())
        self._follow(page)
        return page

    def iter_pages(self) -> Iterator[Self]:
        """This page and those that follow."""
        page = self
        yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def __iter__(self) -> Iterator[T]:
        for page in self.iter_pages():
            yield from page.data


class AsyncPage(_Page[T]):
    """A page of an async client; `async for` goes over the items of all pages from this one on."""

    __slots__ = ("_send",)

    def __init__(
        self,
        document: PageDocument[T],
        operation: Operation[Any, Any],
        send: Callable[[Operation[Any, Any]], Awaitable[Any]],
    ) -> None:
        super().__init__(document, operation)
        self._send = send

    async def get_next_page(self) -> Self:
        """Fetch the next page: one request. `RuntimeError` on the last one."""
        page: Self = await self._send(self._following())
        self._follow(page)
        return page

    def iter_pages(self) -> AsyncIterator[Self]:
        """This page and those that follow."""
        return _Pages(self)

    def __aiter__(self) -> AsyncIterator[T]:
        return _Items(_Pages(self))


P = TypeVar("P", bound=AsyncPage[Any])


class _Pages(Generic[P]):
    """The pages from one on. Not an async generator: those do not close in every loop."""

    __slots__ = ("_page", "_started")

    def __init__(self, page: P) -> None:
        self._page = page
        self._started = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> P:
        if self._started:
            if not self._page.has_next_page():
                raise StopAsyncIteration
            self._page = await self._page.get_next_page()
        self._started = True
        return self._page


class _Items(Generic[T]):
    """The items of pages, one after the other."""

    __slots__ = ("_items", "_pages")

    def __init__(self, pages: AsyncIterator[AsyncPage[T]]) -> None:
        self._pages = pages
        self._items: Iterator[T] = iter(())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._items:
                return item
            self._items = iter((await anext(self._pages)).data)


class AsyncPager(Generic[T]):
    """What an async `list` method returns: await it for the first page, or iterate over all items.

    `page = await client.models.list()`, or `async for model in client.models.list():`.
    """

    __slots__ = ("_fetch",)

    def __init__(self, fetch: Callable[[], Awaitable[AsyncPage[T]]]) -> None:
        self._fetch = fetch

    def __await__(self) -> Generator[Any, Any, AsyncPage[T]]:
        return self._fetch().__await__()

    def __aiter__(self) -> AsyncIterator[T]:
        return _Items(_FirstPages(self._fetch))


class _FirstPages(Generic[T]):
    """The pages of a list whose first page has not been fetched."""

    __slots__ = ("_fetch", "_pages")

    def __init__(self, fetch: Callable[[], Awaitable[AsyncPage[T]]]) -> None:
        self._fetch = fetch
        self._pages: AsyncIterator[AsyncPage[T]] | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AsyncPage[T]:
        if self._pages is None:
            self._pages = (await self._fetch()).iter_pages()
        return await anext(self._pages)
