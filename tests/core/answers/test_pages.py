"""Pages: how one leads to the next, and when the list is over."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.answers.pages import AsyncPage, AsyncPager, Page, PageDocument, next_operation
from api_openai.core.json.codec import codec
from api_openai.core.request.answer_kinds import PageAnswer
from api_openai.core.request.operation import Operation
from api_openai.core.terms.errors import APIError

from ...support.port import run
from ...support.shapes import LIST, Item

Op = Operation[Any, Any]


def document(*ids: str, **fields: Any) -> PageDocument[Item]:
    data = msgspec.json.encode({"data": [{"id": each} for each in ids], **fields})
    return codec(PageDocument[Item]).decode(data)


def operation(kind: str = "CursorPage", **params: Any) -> Op:
    listed = LIST(params)
    return msgspec.structs.replace(listed, answer=PageAnswer(kind, Item))


@pytest.mark.parametrize(
    ("kind", "page", "query"),
    [
        ("CursorPage", document("a", "b", has_more=True), (("after", "b"),)),
        ("CursorPage", document("a", "b"), (("after", "b"),)),
        ("CursorPage", document("a", has_more=False), None),
        ("CursorPage", document(has_more=True), None),
        ("CursorPage", document(has_more=True, last_id="z"), (("after", "z"),)),
        ("CursorPage", document(has_more=False, last_id="z"), None),
        ("CursorPage", document(last_id="z"), None),
        ("ConversationCursorPage", document(has_more=True, last_id="z"), (("after", "z"),)),
        ("NextCursorPage", document(has_more=True, next="n"), (("after", "n"),)),
        ("TokenPage", document(next="n"), (("page", "n"),)),
        ("TokenPage", document(has_more=False, next="n"), None),
        ("ConversationCursorPage", document("a", has_more=True, last_id="z"), (("after", "z"),)),
        ("ConversationCursorPage", document("a", has_more=True), None),
        ("NextCursorPage", document("a", has_more=True, next="n"), (("after", "n"),)),
        ("TokenPage", document("a", has_more=True, next="n"), (("page", "n"),)),
        ("TokenPage", document("a", has_more=False, next="n"), None),
        ("Page", document("a", "b", has_more=True), None),
        ("SomethingNew", document("a", has_more=True), None),
    ],
)
def test_each_kind_of_page_has_its_cursor(
    kind: str, page: PageDocument[Item], query: tuple[tuple[str, str], ...] | None
) -> None:
    following = next_operation(operation(kind), page)
    assert (following and following.query) == query


def test_the_next_operation_differs_in_its_cursor_only() -> None:
    first = operation(limit=2, after="0")
    second = next_operation(first, document("a", has_more=True))
    assert second is not None
    assert second.query == (("limit", "2"), ("after", "a"))
    assert msgspec.structs.replace(second, query=first.query) == first


def test_a_cursor_that_does_not_move_is_an_error() -> None:
    with pytest.raises(APIError, match="cursor does not move") as caught:
        next_operation(operation(after="a"), document("b", "a", has_more=True))
    assert caught.value.operation == "items.list"


@pytest.mark.parametrize("cursor", ["[1]", "7", '"\\ud83d"', '{"a":1}'])
def test_a_cursor_that_cannot_be_sent_is_an_error(cursor: str) -> None:
    data = f'{{"data":[{{"id":"a"}}],"next":{cursor}}}'.encode()
    page = codec(PageDocument[Item]).decode(data)
    with pytest.raises(APIError, match="cursor is no text"):
        next_operation(operation("TokenPage"), page)


def test_what_is_no_list_has_no_items() -> None:
    page = codec(PageDocument[Item]).decode(b'{"data":{"a":1},"has_more":true}')
    assert next_operation(operation(), page) is None
    assert Page[Item](page, operation(), repr).data == []


def test_items_without_an_id_end_the_list() -> None:
    page = codec(PageDocument[Item]).decode(b'{"data": [{}], "has_more": true}')
    assert next_operation(operation(), page) is None


class Shelf:
    """Pages in a row; counts how often one was fetched."""

    def __init__(self, *pages: PageDocument[Item]) -> None:
        self.pages = list(pages)
        self.asked: list[Op] = []

    def take(self, asked: Op) -> PageDocument[Item]:
        self.asked.append(asked)
        return self.pages.pop(0)

    def send(self, asked: Op) -> Page[Item]:
        return Page(self.take(asked), asked, self.send)

    async def send_async(self, asked: Op) -> AsyncPage[Item]:
        return AsyncPage(self.take(asked), asked, self.send_async)


def shelf() -> Shelf:
    return Shelf(
        document("a", "b", has_more=True),
        document("c", has_more=True),
        document("d", has_more=False),
    )


class Roundabout:
    """Pages whose cursors are `start` different ones and then go in a circle, if it has a length."""

    def __init__(self, start: int, circle: int) -> None:
        self.start = start
        self.circle = circle
        self.sent = 0

    def send(self, asked: Op) -> Page[Item]:
        self.sent += 1
        number = self.sent
        if self.circle and number > self.start:
            number = self.start + (number - self.start) % self.circle
        more = self.circle > 0 or number < self.start
        return Page(document(f"c{number}", has_more=more), asked, self.send)

    async def send_async(self, asked: Op) -> AsyncPage[Item]:
        page = self.send(asked)
        return AsyncPage(page.document, asked, self.send_async)


def one_by_one(page: Page[Item]) -> None:
    while page.has_next_page():
        page = page.get_next_page()


@given(st.integers(0, 40), st.integers(2, 40))
def test_cursors_in_a_circle_of_any_length_are_an_error(start: int, circle: int) -> None:
    server = Roundabout(start, circle)
    with pytest.raises(APIError, match=r"does not move|goes in a circle"):
        list(server.send(operation()))
    assert server.sent <= 4 * (start + circle)
    with pytest.raises(APIError, match=r"does not move|goes in a circle"):
        one_by_one(Roundabout(start, circle).send(operation()))

    async def program() -> None:
        server = Roundabout(start, circle)
        async for _ in await server.send_async(operation()):
            pass

    with pytest.raises(APIError, match=r"does not move|goes in a circle"):
        run(program())


@given(st.integers(1, 200))
def test_a_long_list_is_no_circle(length: int) -> None:
    page = Roundabout(length, 0).send(operation())
    assert len(list(page)) == length


def test_a_list_can_be_gone_over_twice() -> None:
    server = Shelf(*(document(f"c{number}", has_more=True) for number in range(1, 9)))
    again = Shelf(*server.pages[1:], document(has_more=False))
    first = server.send(operation())
    first._send = again.send  # pyright: ignore[reportPrivateUsage]  # another answer to the same
    assert len(list(first)) == 8
    again.pages = [*(document(f"c{number}", has_more=True) for number in range(2, 9)), document()]
    assert len(list(first)) == 8


def ids(items: Sequence[Item]) -> list[str]:
    return [item.id for item in items]


def test_iterating_goes_over_all_pages_one_request_each() -> None:
    server = shelf()
    page = server.send(operation(limit=2))
    assert len(server.asked) == 1
    assert ids([*page]) == ["a", "b", "c", "d"]
    assert [dict(each.query).get("after") for each in server.asked] == [None, "b", "c"]
    assert ids(page.data) == ["a", "b"], "the first page is as it was"


def test_no_page_is_fetched_before_its_first_item_is_wanted() -> None:
    server = shelf()
    items = iter(server.send(operation()))
    assert [next(items).id, next(items).id] == ["a", "b"]
    assert len(server.asked) == 1
    assert next(items).id == "c"
    assert len(server.asked) == 2


def test_page_by_page() -> None:
    page = shelf().send(operation())
    assert page.has_next_page()
    assert [ids(each.data) for each in page.iter_pages()] == [["a", "b"], ["c"], ["d"]]


def test_the_last_page_has_no_next() -> None:
    page = Shelf(document("a", has_more=False)).send(operation())
    assert not page.has_next_page()
    assert page.next_page_info() is None
    with pytest.raises(RuntimeError, match="has_next_page"):
        page.get_next_page()


def test_an_empty_page() -> None:
    page = Shelf(document()).send(operation())
    assert (len(page), [*page]) == (0, [])


def test_what_a_page_knows() -> None:
    page = Shelf(document("a", object="list", has_more=True, first_id="a", last_id="a")).send(
        operation()
    )
    assert (page.object, page.has_more, page.first_id, page.last_id) == ("list", True, "a", "a")
    assert page.to_dict()["data"] == [{"id": "a"}]
    assert "Item" in repr(page)
    assert page.next is None


def test_a_null_for_the_items_is_an_empty_page() -> None:
    page = Page(codec(PageDocument[Item]).decode(b'{"data": null}'), operation(), shelf().send)
    assert page.data == []
    assert not page.has_next_page()


async def collected(pager: AsyncPager[Item] | AsyncPage[Item]) -> list[Item]:
    return [item async for item in pager]


def pager_of(server: Shelf) -> AsyncPager[Item]:
    return AsyncPager(lambda: server.send_async(operation(limit=2)))


def test_an_async_list_is_iterated_at_once() -> None:
    server = shelf()
    assert ids(run(collected(pager_of(server)))) == ["a", "b", "c", "d"]
    assert len(server.asked) == 3


def test_an_async_list_is_awaited_for_its_first_page() -> None:
    async def first() -> tuple[list[str], list[str], list[list[str]]]:
        page = await pager_of(server)
        following = await page.get_next_page()
        pages = [ids(each.data) async for each in following.iter_pages()]
        return ids(page.data), ids(following.data), pages

    server = shelf()
    assert run(first()) == (["a", "b"], ["c"], [["c"], ["d"]])


def test_a_pager_that_is_not_used_sends_nothing() -> None:
    server = shelf()
    pager_of(server)
    assert server.asked == []
