"""Damaged answers of ShipStation, well over a hundred: each ends in a named error or in the right orders, never in an empty day."""

import copy
import gzip
import json
from datetime import date
from typing import Any

import pytest

from chalicelib import errors
from chalicelib.domain.days import window_of
from tests.support.shipstation import client, item, listed, order

A_DAY = window_of(date(2026, 7, 3), "America/New_York")
WHOLE = listed(
    order(1, 17.5, [item("A", 10), item("B", 5.5, 1)], taxAmount=1, shippingAmount=1),
    order(2, 9.99, [item("C", 10.99), item("CODE", -1, adjustment=True)]),
)
TEXT = json.dumps(WHOLE)
# What an order can do without, as a whole or with null in its place.
LOOSE = {
    "lineItemKey", "orderItemId", "shippingAmount", "taxAmount", "productId", "fulfillmentSku", "mergedOrSplit", "mergedIds",
    "parentId", "paymentMethod", "shipTo", "name", "state", "country", "pages",
}  # fmt: skip


def fetched(url: str):
    return [each for page in client(url).fetch_pages(A_DAY) for each in page.orders]


def fetched_or_said(url: str):
    """The orders, or what the error says."""
    try:
        return fetched(url), ""
    except errors.ChannelError as exc:
        return [], str(exc)


def figures(orders):
    return [(each.id, each.store, each.status, each.placed_at, each.amounts.total) for each in orders]


@pytest.fixture
def right(shop):
    """What the whole answer means."""
    shop.answers(WHOLE)
    orders = fetched(shop.url)
    assert [each.amounts.total for each in orders] == [1750, 999]
    shop.forget()
    return figures(orders)


@pytest.mark.parametrize("upto", range(0, len(TEXT) - 1, len(TEXT) // 60))
def test_a_torn_answer_is_an_error(shop, upto):
    shop.answers(TEXT[:upto].encode())
    with pytest.raises(errors.UnreadablePayload):
        fetched(shop.url)


def places(node: Any, path: tuple[Any, ...] = ()):
    """Yield the path of each field, of the first of each list only."""
    for key, inner in node.items() if isinstance(node, dict) else list(enumerate(node))[:1]:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


def damaged(path, change):
    """The answer with one field changed, or left out."""
    answer = copy.deepcopy(WHOLE)
    *above, last = path
    node = answer
    for key in above:
        node = node[key]
    if change is LEFT_OUT:
        del node[last]
    else:
        node[last] = change
    return answer


LEFT_OUT = object()
CHANGES = {
    "left out": LEFT_OUT,
    "null": None,
    "object": {},
    "list of objects": [{}],
    "text": "canary",
    "true": True,
    "huge": 10**30,
}


@pytest.mark.parametrize("path", list(places(WHOLE)), ids=lambda path: ".".join(map(str, path)))
def test_a_field_that_is_missing_or_of_another_kind_is_an_error_or_changes_nothing_that_counts(shop, right, path):
    for name, change in CHANGES.items():
        shop.forget()
        shop.answers(damaged(path, change))
        orders, said = fetched_or_said(shop.url)
        assert "canary" not in said, name
        assert said or loosely_right(path, change, figures(orders), right), name


def loosely_right(path, change, found, right) -> bool:
    """Whether these orders may come of that change: the same; but no order that was left out or is another's is asked back."""
    if path == ("orders", 0) and change is LEFT_OUT:
        return False
    if path[-1] == "storeId" and change == 10**30:
        return found == right[1:]
    if path[-1] == "orderId" or path[-1] == "orderTotal":
        return len(found) == len(right)
    return found == right


@pytest.mark.parametrize("path", list(places(WHOLE)), ids=lambda path: ".".join(map(str, path)))
def test_only_loose_fields_can_be_left_out(shop, path):
    shop.answers(damaged(path, LEFT_OUT))
    if is_loose(path):
        assert len(fetched(shop.url)) == 2
    else:
        with pytest.raises(errors.ChannelError):
            fetched(shop.url)


def is_loose(path) -> bool:
    if "items" in path and path[-1] == "name":
        return False
    if path[:-1] == ("orders", 0):
        return path[-1] in ("paymentMethod", "shipTo")
    return path[-1] in LOOSE or path[-2:] == ("items", 0)


@pytest.mark.parametrize("field", ["orderTotal", "taxAmount", "shippingAmount", "amountPaid"])
@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-Infinity", '"NaN"', '"-Infinity"', "1e400", "1e99999999", "0x10", "1,5", "١"]
)
def test_an_amount_that_is_none_is_an_error(shop, field, text):
    shop.answers(json.dumps(damaged(("orders", 0, field), 424242)).replace("424242", text).encode())
    with pytest.raises(errors.UnreadablePayload):
        fetched(shop.url)


@pytest.mark.parametrize("field", ["quantity", "unitPrice", "taxAmount"])
@pytest.mark.parametrize("text", ["NaN", '"NaN"', '"sNaN"', "1e400", "1e-400", "1e19", "[]"])
def test_a_line_with_a_figure_that_is_none_is_an_error_or_worth_nothing(shop, field, text):
    shop.answers(json.dumps(damaged(("orders", 0, "items", 0, field), 424242)).replace("424242", text).encode())
    try:
        (first, _) = fetched(shop.url)
    except errors.UnreadablePayload:
        return
    assert text == "1e-400"
    assert first.amounts.total == 1750


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"null",
        b"[]",
        b"{}",
        b"0",
        b'"orders"',
        b"true",
        b"<!doctype html><title>Maintenance</title>",
        b"\n <html></html>",
        b"Too many requests",
        b'{"Message": "An error has occurred."}',
        b'{"orders": null, "total": 0, "page": 1, "pages": 0}',
        b'{"orders": {}, "total": 0, "page": 1, "pages": 0}',
        b'{"orders": [], "page": 1, "pages": 0}',
        b'{"orders": [], "total": null, "page": 1}',
        b'{"orders": [], "total": 0}',
        b'{"orders": [], "total": "0", "page": 1}',
        b'{"orders": [], "total": 3, "page": 1}',
        b'{"orders": [], "total": -1, "page": 1}',
        b'{"orders": [null], "total": 1, "page": 1}',
        b'{"orders": [[]], "total": 1, "page": 1}',
        b'{"Orders": [], "Total": 0, "Page": 1}',
        TEXT.encode("utf-16"),
        TEXT.encode("utf-32"),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace("Title of A", "Gr\u00f6\u00dfe").encode("latin-1", "replace").replace(b"\\u00f6", b"\xf6"),
        TEXT.encode() + b"}",
        TEXT.encode() + TEXT.encode(),
        b"[" * 100_000,
        b'{"orders": ' * 50_000,
        gzip.compress(TEXT.encode()),
    ],
    ids=range(32),
)
def test_what_is_no_list_of_orders_is_an_error(shop, body):
    shop.answers(body)
    with pytest.raises(errors.ChannelError):
        fetched(shop.url)


def test_what_says_to_be_packed_and_is_not_is_an_error(shop):
    shop.answers(TEXT.encode(), headers={"Content-Encoding": "gzip"})
    with pytest.raises(errors.ChannelError):
        fetched(shop.url)


def test_what_is_packed_is_read(shop):
    shop.answers(gzip.compress(TEXT.encode()), headers={"Content-Encoding": "gzip"})
    assert len(fetched(shop.url)) == 2


@pytest.mark.parametrize(
    "status", [201, 202, 204, 206, 301, 302, 304, 400, 401, 402, 403, 404, 405, 408, 409, 418, 423, 425, 429, 430, 451, 500, 502, 503, 504, 520, 599]
)  # fmt: skip
def test_no_status_but_200_is_read_even_with_a_whole_answer(shop, status):
    shop.answers(WHOLE if status not in (204, 304) else b"", status=status)
    with pytest.raises(errors.ChannelError):
        fetched(shop.url)


@pytest.mark.parametrize(
    "text", ["", "6/28/2015 5:46:27 PM", "2026-07-03", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "2026-02-30T00:00:00", "2026-07-03T24:00:00", "now"]
)  # fmt: skip
@pytest.mark.parametrize("field", ["orderDate", "createDate"])
def test_a_date_that_is_none_is_an_error_that_names_its_field(shop, field, text):
    shop.answers(damaged(("orders", 0, field), text))
    with pytest.raises(errors.UnreadablePayload, match=field):
        fetched(shop.url)
