"""S43, I16: what is known of a person, and where it stands. Forty personal fields come with each order; two are kept, the
customer's name and region. Where an order goes, country and state, is a fact of the order and stands with it in every mode."""

import json
import logging
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from chalicelib import bootstrap
from chalicelib.channels.shopify import Shopify
from chalicelib.domain.connections import Connection
from chalicelib.domain.order_settings import Summary
from chalicelib.domain.persons import KEPT_DAYS
from chalicelib.domain.work import DayKey
from chalicelib.entrypoints import worker
from chalicelib.entrypoints.log import _logger
from chalicelib.storage.table import Table
from chalicelib.workflows.persons import AGAIN_S
from tests.support.memory import MemoryEngine
from tests.support.shop import ScriptedShop, shop
from tests.support.shopify import client, line, order, orders_page
from tests.support.system import Daybook

__all__ = ["shop"]

DAY = date(2026, 7, 3)
ADDRESS = ("firstName", "lastName", "company", "address1", "address2", "city", "zip", "phone", "latitude", "longitude")
ALONE = ("email", "phone", "note", "clientIp", "customerLocale", "poNumber", "landingPageUrl", "referrerUrl")
CUSTOMER = ("id", "displayName", "firstName", "lastName", "email", "phone", "note", "taxNumber")
NAME, REGION = "canary name of displayAddress", "US-NH"
DESTINATION = "US-NV"


def _canary(*where: str) -> str:
    return f"canary {' of '.join(where)}"


def personal_fields() -> dict[str, Any]:
    """What a shop might tell about who bought, each text unlike every other."""
    told: dict[str, Any] = {name: _canary(name) for name in ALONE}
    told["customer"] = {name: _canary(name, "customer") for name in CUSTOMER}
    for kind in ("shippingAddress", "billingAddress", "displayAddress"):
        told[kind] = {name: _canary(name, kind) for name in ADDRESS} | {"countryCodeV2": "US", "provinceCode": "NV"}
        told[kind]["name"] = _canary("name", kind)
    told["displayAddress"]["provinceCode"] = "NH"
    return told


def canaries(told: object) -> Iterator[str]:
    if isinstance(told, dict):
        for each in told.values():
            yield from canaries(each)
    elif isinstance(told, str) and told.startswith("canary"):
        yield told


CANARIES = sorted(canaries(personal_fields()))


class OpenBook(Daybook):
    """Daybook with the real client of a shop on a socket, its worker, and every line that it logs."""

    def __init__(self, engine: MemoryEngine, scripted: ScriptedShop) -> None:
        super().__init__(Table(engine))
        self.engine = engine
        self.scripted = scripted
        self.connection = self.pair_shop()
        self.sent: list[str] = []

    def open_channel(self, connection: Connection, *, renew: bool) -> Shopify:  # type: ignore[override]
        return client(self.scripted.url, persons=connection.keeps_persons)

    def change(self, summary: Summary) -> None:
        self.persons.announce(self.connection)
        self.connection = self.switch(self.connection, summary)
        self.persons.leave(self.connection)

    def read(self) -> None:
        """Bring the day in three times: the answer is torn, then of a wrong form, then good. The body tells all each time."""
        node = order("5.00", [line("A", "5.00")]) | personal_fields()
        answers = [
            json.dumps(orders_page([node])).encode()[:-40],
            orders_page([node | {"displayFinancialStatus": _canary("status")}]),
            {"errors": [{"message": " ".join(CANARIES), "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]},
            orders_page([node]),
        ]
        for answer in answers:
            self.scripted.forget()
            self.scripted.answers(answer)
            self.scripted.answers({"data": {"ordersCount": {"count": 1, "precision": "EXACT"}}})
            self.ask_day(self.connection, DAY)
            self._work()

    def _work(self) -> None:
        while self.held.messages:
            body = msgspec.json.encode(self.held.messages.pop(0)).decode()
            self.sent.append(body)
            worker._run([SimpleNamespace(body=body)], "sync")  # type: ignore[arg-type]

    def stored(self) -> dict[str, str]:
        """All that is readable in the table, by the kind of item."""
        found: dict[str, str] = {}
        for pk, sk, item in self.engine.items():
            kind = sk.partition("#")[0] if pk.startswith("PARTS#") else pk.partition("#")[0]
            found[kind] = found.get(kind, "") + pk + sk + "".join(map(_text, _values(item)))
        return found


def _values(item: dict[str, dict[str, Any]]) -> Iterator[Any]:
    return (content for value in item.values() for content in value.values())


def _text(value: Any) -> str:
    """A value's text, with that of what is packed and compressed inside it."""
    if isinstance(value, bytes):
        return value.decode("latin-1") + "".join(map(_text, _opened(value)))
    if isinstance(value, dict):
        return "".join(_text(key) + _text(each) for key, each in value.items())
    if isinstance(value, list | tuple):
        return "".join(map(_text, value))
    return f"{value}\n"


def _opened(packed: bytes) -> Iterator[Any]:
    with suppress(zlib.error):
        yield zlib.decompress(packed)
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        yield msgspec.msgpack.decode(packed)


@pytest.fixture
def logged() -> Iterator[list[str]]:
    lines: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(repr(vars(record)))

    heard = [logging.getLogger(), _logger._logger]
    listener = Listener(logging.DEBUG)
    before = [(logger, logger.level) for logger in heard]
    for logger in heard:
        logger.addHandler(listener)
        logger.setLevel(logging.DEBUG)
    yield lines
    for logger, level in before:
        logger.removeHandler(listener)
        logger.setLevel(level)


@pytest.fixture
def book(shop: ScriptedShop, monkeypatch: pytest.MonkeyPatch) -> OpenBook:
    opened = OpenBook(MemoryEngine(), shop)
    monkeypatch.setattr(bootstrap, "system", lambda: opened)
    return opened


def _where(book: OpenBook, logged: list[str]) -> dict[str, list[str]]:
    """In which kinds of item, messages and lines each personal text stands."""
    places = book.stored() | {"queue": "".join(book.sent), "log": "".join(logged)}
    assert "'outcome': 'published'" in places["log"], "the log is listened to"
    assert "Title of A" in places["REV"], "what is packed is looked into"
    found = {text: [place for place, said in places.items() if text in said] for text in [*CANARIES, REGION]}
    return {text: where for text, where in found.items() if where}


def test_s43_there_are_forty_personal_fields() -> None:
    assert len(set(CANARIES)) == len(CANARIES) >= 40


def test_s43_in_summary_mode_nothing_personal_stands_anywhere(book: OpenBook, logged: list[str]) -> None:
    book.read()
    assert _where(book, logged) == {}
    assert DESTINATION in book.stored()["REV"]
    assert not any("displayAddress" in question["query"] for question in book.scripted.questions())


def test_s43_in_individual_mode_name_and_region_stand_in_their_parts_only(book: OpenBook, logged: list[str]) -> None:
    book.change("individual")
    book.read()
    assert _where(book, logged) == {NAME: ["WHO"], REGION: ["WHO"]}


def test_s43_after_leaving_individual_mode_nothing_personal_stands_anywhere(book: OpenBook, logged: list[str]) -> None:
    book.change("individual")
    book.read()
    book.change("store")
    assert _where(book, logged) == {}
    book.read()
    book.pass_time(seconds=AGAIN_S)
    book.sweep()
    assert _where(book, logged) == {}


def test_i16_after_an_erasure_nothing_personal_stands_anywhere_and_the_totals_are_the_same(
    book: OpenBook, logged: list[str]
) -> None:
    book.change("individual")
    book.read()
    key = book.ask_day(book.connection, DAY)
    totals = book.documents.sheets(key)
    book.persons.erase_orders(book.connection, ["1001"])
    assert _where(book, logged) == {}
    book.read()
    assert _where(book, logged) == {}
    assert book.documents.sheets(key) == totals


# -- S44


@pytest.mark.parametrize("days", [KEPT_DAYS, KEPT_DAYS + 1])
def test_s44_who_bought_is_told_for_four_hundred_days_and_no_longer(book: OpenBook, days: int) -> None:
    """The table's own expiry comes when it likes: what it still has is not told."""
    book.change("individual")
    book.read()
    key = DayKey(book.connection.workspace, book.connection.id, DAY)
    assert [who.name for who in book.persons.names(key).values()] == [NAME]
    book.clock = datetime.combine(DAY + timedelta(days=days), time(12), UTC)
    told = days <= KEPT_DAYS
    assert bool(book.persons.names(key)) is told
    assert bool(book.persons.names_on([key])) is told
    assert bool(book.persons.names_of(key.workspace, {key.connection}, DAY, DAY)) is told
    assert NAME in book.stored()["WHO"]


def test_s44_the_table_drops_them_after_that_and_not_before(book: OpenBook) -> None:
    book.change("individual")
    book.read()
    ends = [int(item["expires_at"]["N"]) for _, sk, item in book.engine.items() if sk.startswith("WHO#")]
    first, last = (datetime.combine(DAY + timedelta(days=KEPT_DAYS + n), time(), UTC) for n in (2, 3))
    assert ends
    assert all(first.timestamp() <= end <= last.timestamp() for end in ends)


def test_s44_of_a_day_that_long_ago_nobody_is_kept(book: OpenBook) -> None:
    book.change("individual")
    book.clock = datetime.combine(DAY + timedelta(days=KEPT_DAYS + 1), time(12), UTC)
    book.read()
    assert "WHO" not in book.stored()
