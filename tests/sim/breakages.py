"""Deliberate breakages of the protocol, numbered as in the list of those that must be caught. A simulation that does not
notice them proves nothing.

Each is a `Parts` with a class replaced by one that forgets a rule. What conditions say is forgotten at the table, so that the
workflow around it stays what it is.
"""

import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action, RemoveAction

from chalicelib import errors
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import window_of
from chalicelib.domain.work import Attempt, DayKey, DayMessage, Head, Revision
from chalicelib.storage.models import DayHead, Item, ShelfHead, key
from chalicelib.storage.revisions import Revisions
from chalicelib.storage.shelves import Shelf, Shelves, _pk
from chalicelib.storage.table import Table
from chalicelib.workflows.clean import Clean
from chalicelib.workflows.settle import Settle
from chalicelib.workflows.sync_day import SyncDay
from tests.sim import breakages_settings as breakages_settings
from tests.sim.parts import Parts
from tests.sim.registry import BREAKAGES as BREAKAGES
from tests.sim.registry import altered, breakage
from tests.sim.world import PLAN_YEAR_S, ZONE


def _names(actions: Sequence[Action]) -> set[str]:
    return {action.values[0].path[0] for action in actions}


class _Proxy:
    """Hands everything on but what is replaced."""

    def __init__(self, thing: Any, **replaced: Any) -> None:
        self._thing = thing
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._thing, name)


# -- publishing


@breakage("01-flip-without-the-attempt")
class FlipWithoutTheAttempt(Parts):
    class Table(Table):
        def update(self, pk: str, sk: str, actions: Sequence[Action], condition: Condition | None = None) -> None:
            super().update(pk, sk, actions, None if "live" in _names(actions) else condition)


@breakage("02-flip-before-its-parts")
class FlipBeforeItsParts(Parts):
    class SyncDay(SyncDay):
        def _flip(self, head: Head, attempt: Attempt, revision: Revision, who: str | None) -> bool:
            flipped = super()._flip(head, attempt, revision, who)
            for write in self.world.task_memory.pop("writes"):
                write()
            return flipped

    class Revisions(Revisions):
        def write(self, *what: Any) -> None:
            self.world.task_memory.setdefault("writes", []).append(lambda: super(type(self), self).write(*what))

        def write_events(self, *what: Any) -> None:
            self.world.task_memory.setdefault("writes", []).append(lambda: super(type(self), self).write_events(*what))


@breakage("03-continuation-under-the-same-id")
class ContinuationUnderTheSameId(Parts):
    class SyncDay(SyncDay):
        def _claim(self, head: Head) -> Attempt | None:
            old = head.attempt
            if old is None or old.cursor is None:
                return super()._claim(head)
            return SyncDay._claim(altered(self, new_id=lambda: old.id), head)


@breakage("04-continuation-that-serves-anew")
class ContinuationThatServesAnew(Parts):
    class SyncDay(SyncDay):
        def _work(self, head: Head, attempt: Attempt, connection: Connection) -> Any:
            return super()._work(head, msgspec.structs.replace(attempt, serving=head.requested), connection)


@breakage("06-content-addressed-parts")
class ContentAddressedParts(Parts):
    class SyncDay(SyncDay):
        def _claim(self, head: Head) -> Attempt | None:
            orders = repr(sorted(self.world.shop.now(window_of(head.key.day, ZONE)).items())).encode()
            return SyncDay._claim(altered(self, new_id=lambda: f"c{zlib.crc32(orders)}"), head)


@breakage("07-no-sweep")
class NoSweep(Parts):
    sweeps = False


@breakage("08-stale-reads")
class StaleReads(Parts):
    stale = True


# -- usage


@breakage("09-count-before-the-flip")
class CountBeforeTheFlip(Parts):
    class SyncDay(SyncDay):
        def _flip(self, head: Head, attempt: Attempt, revision: Revision, who: str | None) -> bool:
            due = msgspec.structs.replace(head, due_year=self._plan_year("", self._now()))
            connection = self._connections.get(head.key.workspace, head.key.connection)
            before = self._revisions.read(head.key, head.live) if head.live else None
            written = self._revisions.read(head.key, attempt.id)
            self._settle.count(connection, due, written, before)
            return super()._flip(head, attempt, revision, who)


class _SettlesLater:
    """Says that all is settled, or that it has to wait, without a look."""

    def __init__(self, answer: bool) -> None:
        self._answer = answer

    def settle(self, day: DayKey) -> bool:
        return self._answer


def _unsettled_at_the_start(answer: bool) -> type[SyncDay]:
    class Unsettled(SyncDay):
        def run(self, message: DayMessage) -> Any:
            return SyncDay.run(altered(self, settle=_SettlesLater(answer), settles=self._settle), message)

        def publish(self, *what: Any) -> Any:
            return SyncDay.publish(altered(self, settle=self._settles), *what)

    return Unsettled


@breakage("10-claim-that-ignores-what-is-due")
class ClaimThatIgnoresWhatIsDue(Parts):
    SyncDay = _unsettled_at_the_start(True)

    class Table(Table):
        def update(self, pk: str, sk: str, actions: Sequence[Action], condition: Condition | None = None) -> None:
            if {"attempt", "faults", "until"} <= _names(actions) and condition is not None:
                condition = _without_due(condition)
            super().update(pk, sk, actions, condition)


def _without_due(condition: Condition) -> Condition:
    if condition.operator == "AND":
        left, right = map(_without_due, condition.values)
        return left & right
    if condition.operator == "attribute_not_exists" and condition.values[0].path == ["due"]:
        return DayHead.pk.exists()
    return condition


@breakage("11-claim-that-waits-for-what-nobody-settles")
class ClaimThatWaitsForWhatNobodySettles(Parts):
    SyncDay = _unsettled_at_the_start(False)


@breakage("12-clearing-what-is-due-blindly")
class ClearingWhatIsDueBlindly(Parts):
    class Table(Table):
        def update(self, pk: str, sk: str, actions: Sequence[Action], condition: Condition | None = None) -> None:
            clears = any(isinstance(action, RemoveAction) and action.values[0].path == ["due"] for action in actions)
            super().update(pk, sk, actions, None if clears else condition)


@breakage("13-shelf-flip-without-the-version")
class ShelfFlipWithoutTheVersion(Parts):
    class Table(Table):
        def put(self, item: Item, condition: Condition | None = None) -> None:
            super().put(item, None if isinstance(item, ShelfHead) else condition)


@breakage("14-count-apart-from-the-shelf")
class CountApartFromTheShelf(Parts):
    class Shelves(Shelves):
        def _flip(self, account: Any, name: str, was: Shelf, shelf: Shelf) -> bool:
            first = msgspec.structs.replace(shelf, counts=was.counts)
            if not super()._flip(account, name, was, first):
                return False
            return super()._flip(account, name, first, msgspec.structs.replace(shelf, version=shelf.version + 1))


@breakage("15-plan-year-taken-when-settling")
class PlanYearTakenWhenSettling(Parts):
    class Settle(Settle):
        def count(self, connection: Connection, head: Head, *of: Any) -> int:
            now: datetime = self._now()
            year = str(int(now.timestamp()) // PLAN_YEAR_S)
            return super().count(connection, msgspec.structs.replace(head, due_year=year), *of)


@breakage("16-shelf-by-day-of-sale")
class ShelfByDayOfSale(Parts):
    class Revisions(Revisions):
        def order_ids(self, day: DayKey, revision: Revision, state: str = "counts") -> Iterator[tuple[str, str]]:
            for id_, _ in super().order_ids(day, revision, state):
                yield id_, day.day.isoformat()


@breakage("17-deleting-the-own-part-on-a-refusal")
class DeletingTheOwnPartOnARefusal(Parts):
    class Shelves(Shelves):
        def _flip(self, account: Any, name: str, was: Shelf, shelf: Shelf) -> bool:
            head = ShelfHead(
                _pk(account),
                key("HEAD", name),
                version=shelf.version,
                parts=msgspec.json.encode(shelf.parts).decode(),
                counts=msgspec.json.encode(shelf.counts).decode(),
            )
            unmoved = ShelfHead.version == was.version if was.version else ShelfHead.version.does_not_exist()
            try:
                self._table.put(head, unmoved)
            except errors.Refused:
                self._table.delete(_pk(account), shelf.parts[-1])
                return False
            return True


@breakage("18-shelf-part-named-by-the-attempt-alone")
class ShelfPartNamedByTheAttemptAlone(Parts):
    class Settle(Settle):
        def count(self, connection: Connection, head: Head, *of: Any) -> int:
            named = altered(self._shelves, new_id=lambda: head.due)
            return Settle.count(altered(self, shelves=named), connection, head, *of)

    @staticmethod
    def _key(*names: str) -> str:
        return key(*names[:2], "0" * 8, names[3]) if names[0] == "PART" and len(names) == 4 else key(*names)

    bounds: ClassVar = {"shelves.key": _key}


@breakage("19-settling-while-not-paired")
class SettlingWhileNotPaired(Parts):
    rates: ClassVar = {"connect": 0.03, "hot": 0.25}

    class Settle(Settle):
        def settle(self, day: DayKey) -> bool:
            def paired(workspace: str, connection: str) -> Any:
                there = self._connections.get(workspace, connection)
                return msgspec.structs.replace(there, state="paired") if there else None

            return Settle.settle(altered(self, connections=_Proxy(self._connections, get=paired)), day)


# -- cleaning


@breakage("20-cleaning-by-age")
class CleaningByAge(Parts):
    class Clean(Clean):
        def _delete_litter(self, day: DayKey, listed: list[tuple[str, str]]) -> int:
            head = self._days.read(day)
            chain = {revision.attempt for revision in self._revisions.chain(day, head.live)} if head else set()
            for name in listed:
                attempt = self._revisions.attempt_of(name)
                if attempt not in chain and int(attempt[1:]) + 12 < self.world.ids:
                    self._revisions.delete(name)
            return 0


def _seen_otherwise(change: Any) -> type[Clean]:
    class SeesOtherwise(Clean):
        def clean_day(self, day: DayKey) -> int:
            def read(other: DayKey) -> Head | None:
                head = days.read(other)
                if head is None or head.attempt is None:
                    return head
                return msgspec.structs.replace(head, attempt=change(head.attempt))

            days = self._days
            return Clean.clean_day(altered(self, days=_Proxy(days, read=read)), day)

    return SeesOtherwise


@breakage("21-cleaning-all-that-is-not-live")
class CleaningAllThatIsNotLive(Parts):
    Clean = _seen_otherwise(lambda attempt: msgspec.structs.replace(attempt, id="nobody"))


@breakage("22-cleaning-without-the-inherited-parts")
class CleaningWithoutTheInheritedParts(Parts):
    Clean = _seen_otherwise(lambda attempt: msgspec.structs.replace(attempt, parts=()))


@breakage("23-head-read-before-listing")
class HeadReadBeforeListing(Parts):
    class Clean(Clean):
        def clean_day(self, day: DayKey) -> int:
            early = {day: self._days.read(day)}

            def read(other: DayKey) -> Head | None:
                return early[other] if other in early else days.read(other)

            days = self._days
            return Clean.clean_day(altered(self, days=_Proxy(days, read=read)), day)


@breakage("24-cleaning-without-the-chain")
class CleaningWithoutTheChain(Parts):
    class Clean(Clean):
        def _delete_litter(self, day: DayKey, listed: list[tuple[str, str]]) -> int:
            def chain(of: DayKey, live: str | None, keep_from: int = 0) -> list[Revision]:
                return list(revisions.chain(of, live, keep_from))[:1]

            revisions = self._revisions
            return Clean._delete_litter(altered(self, revisions=_Proxy(revisions, chain=chain)), day, listed)


@breakage("25-shelf-parts-without-the-version-rule")
class ShelfPartsWithoutTheVersionRule(Parts):
    bounds: ClassVar = {"shelves._version": lambda part: 0}


# -- parting


@breakage("26-parting-without-the-walk")
class PartingWithoutTheWalk(Parts):
    walks = False


@breakage("27-connection-read-only-before-the-claim")
class ConnectionReadOnlyBeforeTheClaim(Parts):
    rates: ClassVar = {"connect": 0.05, "hot": 0.25, "stick": 0.6}

    class SyncDay(SyncDay):
        def _claim(self, head: Head) -> Attempt | None:
            there = self._connections.get(head.key.workspace, head.key.connection)
            self.world.task_memory["connection"] = there
            return super()._claim(head) if there is not None and there.state == "paired" else None

        def _paired(self, day: DayKey, attempt: Attempt) -> Connection | None:
            return self.world.task_memory["connection"]


# -- documents


@breakage("28-touched-documents-forgotten")
class TouchedDocumentsForgotten(Parts):
    class Settle(Settle):
        def document(self, day: DayKey, cause: str, changes: Any) -> None:
            if changes is not None or self._documents.read(day) is None:
                super().document(day, cause, changes)


@breakage("29-document-flip-without-the-version")
class DocumentFlipWithoutTheVersion(Parts):
    class Table(Table):
        def update(self, pk: str, sk: str, actions: Sequence[Action], condition: Condition | None = None) -> None:
            flips = pk.startswith("DOCS#") and "version" in _names(actions)
            super().update(pk, sk, actions, None if flips else condition)
