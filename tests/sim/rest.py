"""What must hold at rest: faults have stopped long ago, nights have come, and everything is done, counted, documented, cleaned.

The checker knows what was written; what the documents have to say is added up here once more, straight from the live orders.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime

import msgspec

from chalicelib.domain.days import day_of, due_at, window_of
from chalicelib.domain.orders import Amounts, Order
from chalicelib.domain.work import DayKey, DocumentVersion, Head, Revision
from chalicelib.storage.models import key
from tests.sim.check import Checker, window_of_revision
from tests.sim.facts import fault_of
from tests.sim.shop import Shop, State
from tests.support.memory import Raw

_document_decoder = msgspec.msgpack.Decoder(DocumentVersion)

Figures = tuple[int, int, Amounts]
NO_FIGURES: Figures = (0, 0, Amounts())


class Rest:
    """Looks at everything that a checker has seen. `deadly` is the day that kills its worker every time."""

    def __init__(self, checker: Checker, shop: Shop, now: datetime, deadly: date | None) -> None:
        self._checker = checker
        self._shop = shop
        self._now = now
        self._deadly = deadly
        self._live = dict(self._live_days())

    def _live_days(self) -> Iterator[tuple[date, tuple[Head, Revision, State]]]:
        for day, head in sorted(self._checker.heads.items()):
            revision = self._checker.revision(day, head.live) if head.live else None
            if revision is not None:
                yield day, (head, revision, self._checker.orders_of(day, revision) or {})

    def check(self, asked: Collection[date], *, everything: bool = False) -> None:
        """`asked` are days that were asked for once faults had stopped; `everything` that these are all there are."""
        self._check_usage()
        for day, head in self._checker.heads.items():
            self._check_head(day, head)
        for day in asked:
            self._check_asked(day)
        self._check_days()
        if everything and self._deadly is None:
            self._check_orders()
        self._check_documents()
        self._check_litter()
        for pk, sk, _ in self._checker.items():
            if pk.startswith("AGENDA#") and sk.startswith(("WANT#", "SYNC#")):
                self._wrong(f"I9 {sk} is still on the agenda")
        if self._checker.recut_by is not None:
            self._wrong("I9 days are still to be cut again")

    def _wrong(self, what: str) -> None:
        self._checker.wrong(what)

    def _check_usage(self) -> None:
        if missing := self._checker.shown - self._checker.counted:
            self._wrong(f"I2 at rest: {sorted(missing)} shown and not counted")

    def _check_head(self, day: date, head: Head) -> None:
        if head.attempt is not None or head.due is not None:
            self._wrong(f"I9 {day} is not at rest")
        if head.progress == "failed" and not head.reason:
            self._wrong(f"I8 {day} failed without a reason")
        if head.progress != "failed" and head.requested != max(head.served, head.withdrawn):
            self._wrong(f"I9 {day} was asked {head.requested} times, served {head.served}, withdrawn {head.withdrawn}")

    def _check_asked(self, day: date) -> None:
        """I1: it ended well, with what the shop says now."""
        head = self._checker.heads.get(day) or Head(key=DayKey("", "", day))
        if (head.progress == "failed") != (day == self._deadly):
            self._wrong(f"I8 {day} ended as {head.progress}: {head.reason}")
        if day == self._deadly:
            return
        if day not in self._live:
            self._wrong(f"I8 {day} was never published")
            return
        _, revision, orders = self._live[day]
        said = self._shop.now(window_of_revision(revision))
        if said.keys() != orders.keys():
            self._wrong(f"I1 at rest {day} is not what the shop says")
            return
        for id_, order in orders.items():
            # Whatever was observed is compared with itself: it was checked when it was published.
            if (fault := fault_of(order, said[id_], order, revision)) is not None:
                self._wrong(f"I1 at rest {id_} of {day} is not what the shop says: {fault}")

    def _check_days(self) -> None:
        """I11: days are cut by the calendar in force, whatever zones came and went, and those that are over are closed."""
        calendar = self._checker.calendar
        done = {day: seen for day, seen in self._live.items() if seen[0].progress == "served"}
        for day, (_, revision, _) in done.items():
            if window_of_revision(revision) != window_of(day, calendar):
                self._wrong(f"I11 {day} is cut otherwise than the calendar says")
            after = done.get(date.fromordinal(day.toordinal() + 1))
            if after is not None and after[1].start_at != revision.end_at:
                self._wrong(f"I11 between {day} and the day after it time is in two days or in none")
            if revision.state == "provisional" and due_at(day, calendar) <= self._now:
                self._wrong(f"I8 {day} is over and was never closed")

    def _check_orders(self) -> None:
        """I11: every order of the covered time stands on exactly one day."""
        days: dict[str, list[date]] = defaultdict(list)
        for day, (_, _, orders) in self._live.items():
            for id_ in orders:
                days[id_].append(day)
        windows = [window_of_revision(revision) for _, revision, _ in self._live.values()]
        for id_, order in self._shop.history[-1].items():
            wanted = 1 if any(order.placed_at in window for window in windows) else 0
            if len(days.pop(id_, [])) != wanted:
                self._wrong(f"I11 {id_} does not stand on exactly one day")
        if days:
            self._wrong(f"I11 {sorted(days)} are in days and not at the shop")

    # -- documents

    def _check_documents(self) -> None:
        """I10: each document is the fold of the live facts, under both readings."""
        expected = self._expected()
        documents = self._checker.documents
        for day in {day for day, *_ in expected} | documents.keys():
            version = documents.get(day)
            sheets = {(sheet.store, sheet.currency): sheet for sheet in version.sheets} if version else {}
            keys = sheets.keys() | {(store, currency) for on, store, currency, _ in expected if on == day}
            for store, currency in keys:
                sheet = sheets.get((store, currency))
                for reading in ("sales", "event_day", "order_day"):
                    section = getattr(sheet, reading) if sheet else None
                    found = (section.count, section.quantity_milli, section.amounts) if section else NO_FIGURES
                    if found != expected.get((day, store, currency, reading), NO_FIGURES):
                        self._wrong(f"I10 the document of {day} is not the fold of its facts: {reading} {currency}")

    def _expected(self) -> dict[tuple[date, str, str, str], Figures]:
        """Figures by day, store, currency and section. An event's day is the one it had when its revision was made."""
        figures: dict[tuple[date, str, str, str], Figures] = defaultdict(lambda: NO_FIGURES)

        def add(day: date, order: Order, section: str, amounts: Amounts, quantity: int) -> None:
            place = (day, order.store, order.currency, section)
            count, quantities, sums = figures[place]
            figures[place] = (count + 1, quantities + quantity, sums + amounts)

        for day, (_, revision, orders) in self._live.items():
            calendar = self._checker.fetches[revision.attempt].calendar
            assert calendar is not None, "who fetches has a calendar"
            for order in orders.values():
                if order.excluded is None:
                    add(day, order, "sales", order.amounts, sum(line.quantity_milli for line in order.lines))
                for event in order.events:
                    quantity = sum(line.quantity_milli for line in event.lines)
                    add(day, order, "order_day", event.amounts, quantity)
                    add(day_of(event.at, calendar), order, "event_day", event.amounts, quantity)
        return dict(figures)

    # -- litter

    def _check_litter(self) -> None:
        """I9: no part without a head that names it."""
        checker = self._checker
        named: set[tuple[str, str]] = set()
        for day, head in checker.heads.items():
            for revision in checker.chain(day, head):
                named.add((checker.parts_pk(day), key("REV", revision.attempt)))
                named |= {
                    (checker.parts_pk(day), key("SET", revision.attempt, f"{k:05}"))
                    for numbers in revision.chunks
                    for k in numbers
                }
                named |= {
                    (checker.events_pk(on), key("EV", day.isoformat(), revision.attempt)) for on in revision.event_days
                }
        for pk, sk, item in checker.items():
            if pk.startswith(("PARTS#", "EVENTS#")) and (pk, sk) not in named and not self._is_kept(pk, sk, item):
                self._wrong(f"I9 litter: {pk} {sk}")
            if pk.startswith("SHELVES#") and sk.startswith("PART#") and not self._is_on_shelf(sk):
                self._wrong(f"I9 litter: {sk}")

    def _is_on_shelf(self, part: str) -> bool:
        return part in self._checker.shelves[part.split("#")[1]].parts

    def _is_kept(self, pk: str, sk: str, item: Raw) -> bool:
        """A document's version: in the chain, or above the live one, so that it might still be flipped in."""
        if not sk.startswith("DOC#"):
            return False
        day = date.fromisoformat(pk.split("#")[2])
        link: DocumentVersion | None = self._checker.documents.get(day)
        version: DocumentVersion = _document_decoder.decode(item["body"]["B"])
        if link is None or version.number > link.number:
            return True
        while link is not None and link.attempt != version.attempt:
            link = self._checker.version_before(link)
        return link is not None
