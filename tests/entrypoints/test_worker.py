"""The workers as the queue calls them: each kind of message does its own work, with one log line; what is none is set aside."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from chalice.test import Client

from app import app
from chalicelib import bootstrap
from chalicelib.domain.work import ChangesMessage, DayMessage, OrderMessage, SealMessage
from tests.support.orders import line, order
from tests.support.system import Daybook

DAY = date(2026, 7, 3)


class Worker:
    """One function, fed the events that the platform would feed it."""

    def __init__(self, client: Client, daybook: Daybook) -> None:
        self._client = client
        self.daybook = daybook

    def feed(self, body: str, function: str = "sync_worker") -> None:
        queue = "daybook-sync.fifo" if function == "sync_worker" else "daybook-backfill.fifo"
        event = self._client.events.generate_sqs_event([body], queue)
        self._client.lambda_.invoke(function, event)


@pytest.fixture
def worker(memory_table, monkeypatch) -> Iterator[Worker]:
    daybook = Daybook(memory_table)
    with Client(app, project_dir=".") as client:
        monkeypatch.setattr(bootstrap, "system", lambda: daybook)
        yield Worker(client, daybook)


def text_of(message: Any) -> str:
    return msgspec.json.encode(message).decode()


def told(caplog) -> list[tuple[str, str, str]]:
    return [(record.levelname, record.message, record.outcome) for record in caplog.records]


@pytest.mark.parametrize("function", ["sync_worker", "backfill_worker"])
def test_a_day_is_brought_in(worker, caplog, function):
    daybook = worker.daybook
    paired = daybook.pair_shop()
    daybook.shop.orders[DAY] = [order(1, line(), placed_at=daybook.clock - timedelta(days=2))]
    key = daybook.ask_day(paired, DAY)
    worker.feed(text_of(daybook.held.messages.pop()), function)
    assert daybook.days.read(key).live is not None
    assert told(caplog) == [("INFO", "2026-07-03: published", "published")]


def test_changes_are_looked_for_and_a_failure_is_a_warning(worker, caplog):
    daybook = worker.daybook
    paired = daybook.pair_shop()
    daybook.pass_time(days=1)
    message = text_of(ChangesMessage("w1", paired.id))
    worker.feed(message)
    worker.feed(message)
    assert told(caplog) == [
        ("INFO", "changes: looked, days to read again: 0", "looked"),
        ("INFO", "changes: not due, days to read again: 0", "not due"),
    ]
    assert isinstance(daybook.shop.looks[0][0], datetime)


def test_credentials_are_sealed_anew(worker, caplog):
    paired = worker.daybook.pair_shop()
    worker.feed(text_of(SealMessage("w1", paired.id)))
    assert told(caplog) == [("INFO", "credentials: sealed", "sealed")]


def test_an_order_is_sought(worker, caplog):
    paired = worker.daybook.pair_shop()
    worker.feed(text_of(OrderMessage("w1", paired.id, "no such sync")))
    ((_, said, outcome),) = told(caplog)
    assert said == f"order: {outcome}"


@pytest.mark.parametrize(
    ("work", "message", "day"),
    [
        ("sync_day", DayMessage("w1", "c1", DAY, 1), str(DAY)),
        ("notice", ChangesMessage("w1", "c1"), None),
        ("find_order", OrderMessage("w1", "c1", "s1"), None),
        ("seal_again", SealMessage("w1", "c1"), None),
    ],
)
def test_a_defect_is_told_with_what_was_worked_on_and_goes_on_to_the_queue(
    worker, caplog, monkeypatch, work, message, day
):
    def fail(_: object) -> None:
        raise OverflowError("the customer is Ada Lovelace")

    monkeypatch.setattr(getattr(worker.daybook, work), "run", fail)
    with pytest.raises(OverflowError):
        worker.feed(text_of(message))
    assert told(caplog) == [("ERROR", "The work ended by an error nobody expected.", "raised")]
    (line,) = (vars(record) for record in caplog.records)
    assert (line["workspace"], line["connection"], line["queue"], line.get("day")) == ("w1", "c1", "sync", day)
    assert "Lovelace" not in str(line)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        '{"about": "weather", "workspace": "w1", "connection": "c1"}',
        '{"about": "changes", "workspace": "w1"}',
        '{"about": "day", "workspace": "w1", "connection": "c1", "day": "someday", "n": 1}',
        '{"workspace": "w1", "connection": "c1", "day": "2026-07-03", "n": 1}',
    ],
)
def test_what_is_no_message_is_set_aside(worker, caplog, body):
    worker.feed(body)
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", "A message that is no message was set aside.")
    ]


def test_messages_keep_their_form_on_the_wire():
    assert text_of(ChangesMessage("w1", "c1")) == '{"about":"changes","workspace":"w1","connection":"c1","version":1}'
    assert '"about":"day"' in text_of(DayMessage("w1", "c1", DAY, 1))
