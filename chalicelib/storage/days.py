"""Day heads: one small item per connection and day, and the conditional writes that move it (RELIABILITY 1-2).

Every write here names the condition under which it may happen, and tells whether it did.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import cast

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import errors
from chalicelib.domain.work import FAULTS_MAX, Attempt, DayKey, Glance, Head, Here, Live, Named, Progress
from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import DayHead, key
from chalicelib.storage.table import Table

ALL_DAYS = ("0", "~")
_HELD = (DayHead.attempt, DayHead.serving, DayHead.until, DayHead.began_at, DayHead.cursor, DayHead.parts)
_NO_ATTEMPT: tuple[Action, ...] = tuple(attribute.remove() for attribute in _HELD)
_live_decoder = msgspec.msgpack.Decoder(Live)
_parts_decoder = msgspec.json.Decoder(tuple[tuple[str, int], ...])
_days_decoder = msgspec.json.Decoder(tuple[date, ...])


class Days:
    """The heads of all days."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, day: DayKey) -> Head | None:
        item = self._item(day)
        return _head(day, item) if item else None

    def read_many(self, days: Iterable[DayKey]) -> dict[DayKey, Head]:
        by_key = {_key(day): day for day in days}
        found = self._table.get_many(DayHead, by_key)
        return {by_key[at]: _head(by_key[at], item) for at, item in found.items()}

    def checked(self, days: Iterable[DayKey]) -> dict[DayKey, int]:
        """When the channel was last heard to say what is live, of those of the days that are there."""
        by_key = {_key(day): day for day in days}
        found = self._table.get_columns(by_key, "checked_at")
        return {by_key[at]: int(item.get("checked_at", 0)) for at, item in found.items()}

    def list(self, workspace: str, first: date, last: date) -> Iterator[Head]:
        """Yield the heads of all the workspace's connections, oldest day first."""
        between = (first.isoformat(), last.isoformat() + "$")
        for item in self._table.query(DayHead, key("DAYS", workspace), between=between):
            day, _, connection = item.sk.partition("#")
            yield _head(DayKey(workspace, connection, date.fromisoformat(day)), item)

    def glances(self, workspace: str, first: date, last: date) -> Iterator[Glance]:
        """Yield how the days of all the workspace's connections are doing, oldest first."""
        between = (first.isoformat(), last.isoformat() + "$")
        for sk, item in self._table.columns(key("DAYS", workspace), between, "until", "body", "progress", "reason"):
            day, _, connection = sk.partition("#")
            yield Glance(
                DayKey(workspace, connection, date.fromisoformat(day)),
                int(item.get("until", 0)),
                _live_decoder.decode(item["body"]) if "body" in item else None,
                cast("Progress", item.get("progress", "asked")),
                item.get("reason", ""),
            )

    def here(self, workspace: str, connection: str) -> Iterator[Here]:
        """Yield the days of one connection that are here, oldest first."""
        for sk, item in self._table.columns(key("DAYS", workspace), ALL_DAYS, "partial", "named", "body"):
            day, _, of = sk.partition("#")
            if of == connection and "body" in item:
                live = _live_decoder.decode(item["body"])
                yield Here(
                    DayKey(workspace, connection, date.fromisoformat(day)),
                    live,
                    "partial" not in item,
                    item.get("named"),
                )

    def named(self, workspace: str, first: date, last: date) -> Iterator[Named]:
        """Yield the days of all the workspace's connections whose persons are kept, oldest first."""
        between = (first.isoformat(), last.isoformat() + "$")
        for sk, item in self._table.columns(key("DAYS", workspace), between, "named", "body"):
            if "named" in item and "body" in item:
                day, _, connection = sk.partition("#")
                live = _live_decoder.decode(item["body"])
                yield Named(DayKey(workspace, connection, date.fromisoformat(day)), item["named"], live.orders)

    def ask(
        self,
        day: DayKey,
        *,
        by_person: bool,
        actor: str = "daybook",
        settings: int | None = None,
        events_only: bool = False,
    ) -> int:
        """Ask for the day once more and return a number at least that of this ask.

        A person's ask also opens a failed day again; with `settings` the day is cut by the order settings of that version. An
        ask for `events_only` leaves a day that was asked for as a whole what it is. An answer that is lost may leave two asks;
        that costs one fetch.
        """
        actions: list[Action] = [DayHead.requested.add(1), DayHead.actor.set(actor)]
        if by_person:
            actions += [DayHead.faults.set(0), DayHead.progress.set("asked"), DayHead.next_try_at.set(0)]
        if settings is not None:
            actions.append(DayHead.settings.set(settings))
        if not events_only:
            self._table.update(*_key(day), [*actions, DayHead.partial.remove()])
        else:
            old = DayHead.requested.does_not_exist() | DayHead.partial.exists()
            try:
                self._table.update(*_key(day), [*actions, DayHead.partial.set(1)], old)
            except errors.Refused:
                self._table.update(*_key(day), actions)
        head = self.read(day)
        assert head is not None, "a head that was just written is there"
        return head.requested

    def withdraw(self, day: DayKey, n: int) -> bool:
        """Cancel ask `n` unless somebody asked again. True if the day no longer needs work for it."""
        return self._change(
            day,
            [DayHead.withdrawn.set(n), DayHead.progress.set("withdrawn")],
            (DayHead.requested == n) & ((DayHead.served < n) | DayHead.served.does_not_exist()),
            landed=lambda head: head.withdrawn >= n,
            open_still=lambda head: head.requested == n and head.served < n,
        )

    def claim(self, seen: Head, attempt: Attempt) -> bool:
        """Take the day: only if its attempt is as in `seen`, nothing is owed and tries are left. Raises `faults` by one.

        Also only if nobody claimed it since, so that all else is as in `seen` too, and so that a claim sent twice of which one
        lands late cannot bring an attempt back to life whose parts are litter already.
        """
        was = seen.attempt
        free = DayHead.attempt.does_not_exist() if was is None else (DayHead.attempt == was.id)
        if was is not None:
            free &= DayHead.until == was.until
        free &= (DayHead.claims == seen.claims) if seen.claims else DayHead.claims.does_not_exist()
        few = DayHead.faults.does_not_exist() | (DayHead.faults < FAULTS_MAX)
        return self._change(
            seen.key,
            [*_attempt_actions(attempt), DayHead.faults.add(1), DayHead.claims.set(seen.claims + 1)],
            free & DayHead.due.does_not_exist() & few,
            landed=lambda head: head.attempt is not None and head.attempt.id == attempt.id,
            open_still=lambda head: (
                head.attempt == was and head.claims == seen.claims and head.due is None and head.faults < FAULTS_MAX
            ),
        )

    def save_cursor(self, day: DayKey, attempt: Attempt) -> bool:
        """Keep how far the fetch has come, so that a later attempt goes on. Lowers `faults`: this day makes progress."""
        return self._while_mine(
            day,
            attempt.id,
            [*_attempt_actions(attempt), DayHead.faults.set(0)],
            landed=lambda head: head.attempt == attempt,
        )

    def park(self, day: DayKey, attempt: str, *, reason: str, next_try_at: int, blameless: bool) -> bool:
        """Give the day back until `next_try_at`. `blameless` waits (asked for by the channel) do not count as a fault."""
        actions = [
            *_NO_ATTEMPT,
            DayHead.progress.set("parked"),
            DayHead.reason.set(reason),
            DayHead.next_try_at.set(next_try_at),
        ]
        if blameless:
            actions.append(DayHead.faults.add(-1))
        return self._while_mine(day, attempt, actions, landed=lambda head: head.attempt is None)

    def fail(self, seen: Head, attempt: str | None, reason: str) -> bool:
        """Give the day up until a person asks again; as the holder of `attempt`, or because no tries are left."""
        actions = [*_NO_ATTEMPT, DayHead.progress.set("failed"), DayHead.reason.set(reason)]
        if attempt is not None:
            return self._while_mine(seen.key, attempt, actions, landed=lambda head: head.progress == "failed")
        was = seen.attempt
        unheld = DayHead.attempt.does_not_exist() if was is None else (DayHead.attempt == was.id)
        return self._change(
            seen.key,
            actions,
            (DayHead.faults >= FAULTS_MAX) & unheld,
            landed=lambda head: head.progress == "failed",
            open_still=lambda head: head.faults >= FAULTS_MAX and head.attempt == was,
        )

    def remove_attempt(self, day: DayKey, attempt: str) -> bool:
        """Take the attempt away; whoever holds it can no longer publish."""
        return self._while_mine(day, attempt, _NO_ATTEMPT, landed=lambda head: head.attempt is None)

    def close(self, day: DayKey, attempt: Attempt, *, settings: int = 0, named: str | None = None) -> bool:
        """End an attempt that found what is live already, judged by the order settings of that version.

        `named` is the attempt whose persons are kept from now on.
        """
        return self._while_mine(
            day,
            attempt.id,
            [*_NO_ATTEMPT, *_served(attempt), DayHead.judged.set(settings), _named(named)],
            landed=lambda head: head.served >= attempt.serving and head.attempt is None,
        )

    def flip(
        self,
        seen: Head,
        attempt: Attempt,
        *,
        digest: str,
        live: Live,
        year: str,
        touches: tuple[date, ...],
        settings: int = 0,
        keep_from: int | None = None,
        named: str | None = None,
    ) -> bool:
        """Make the attempt's revision the live one and note what that owes. True if it is, or was, live through us.

        `settings` is the version of the order settings by which it was judged. With `keep_from`, revisions of smaller numbers
        need not be kept once what is owed is settled. `named` is the attempt whose persons are kept from now on.
        """
        return self._while_mine(
            seen.key,
            attempt.id,
            [
                *_NO_ATTEMPT,
                *_served(attempt),
                DayHead.judged.set(settings),
                *([DayHead.keep_from.set(keep_from)] if keep_from is not None else []),
                DayHead.revision.set(seen.revision + 1),
                DayHead.live.set(attempt.id),
                DayHead.digest.set(digest),
                DayHead.body.set(msgspec.msgpack.encode(live)),
                DayHead.due.set(attempt.id),
                DayHead.due_year.set(year),
                DayHead.due_touches.set(msgspec.json.encode(touches).decode()),
                _named(named),
            ],
            landed=lambda head: head.live == attempt.id,
        )

    def forget_names(self, day: DayKey, named: str) -> None:
        """Note that the persons of attempt `named` are gone, if it is still named."""
        self._change(
            day,
            [DayHead.named.remove()],
            DayHead.named == named,
            landed=lambda head: head.named != named,
            open_still=lambda head: head.named == named,
        )

    def clear_due(self, day: DayKey, attempt: str) -> None:
        """Note that what `attempt` owed is settled, if that is still what is owed."""
        owed: list[Action] = [DayHead.due.remove(), DayHead.due_year.remove(), DayHead.due_touches.remove()]
        self._change(
            day,
            owed,
            DayHead.due == attempt,
            landed=lambda head: head.due != attempt,
            open_still=lambda head: head.due == attempt,
        )

    def _item(self, day: DayKey) -> DayHead | None:
        return self._table.get(DayHead, *_key(day))

    def _while_mine(self, day: DayKey, attempt: str, actions: Sequence[Action], landed: Callable[[Head], bool]) -> bool:
        def open_still(head: Head) -> bool:
            return head.attempt is not None and head.attempt.id == attempt

        return self._change(day, actions, DayHead.attempt == attempt, landed=landed, open_still=open_still)

    def _change(
        self,
        day: DayKey,
        actions: Sequence[Action],
        condition: Condition,
        *,
        landed: Callable[[Head], bool],
        open_still: Callable[[Head], bool],
    ) -> bool:
        """`landed` and `open_still` are asked of the head as it is then; a head that is gone is neither."""
        return write_surely(
            lambda: self._table.update(*_key(day), actions, condition),
            lambda: self._item(day),
            landed=lambda item: item is not None and landed(_head(day, item)),
            open_still=lambda item: item is not None and open_still(_head(day, item)),
        )


def _key(day: DayKey) -> tuple[str, str]:
    return key("DAYS", day.workspace), key(day.day.isoformat(), day.connection)


def _attempt_actions(attempt: Attempt) -> list[Action]:
    return [
        DayHead.attempt.set(attempt.id),
        DayHead.serving.set(attempt.serving),
        DayHead.until.set(attempt.until),
        DayHead.began_at.set(attempt.began_at),
        DayHead.cursor.set(attempt.cursor) if attempt.cursor is not None else DayHead.cursor.remove(),
        DayHead.parts.set(msgspec.json.encode(attempt.parts).decode()) if attempt.parts else DayHead.parts.remove(),
    ]


def _served(attempt: Attempt) -> list[Action]:
    """Nobody else can have served more meanwhile: only the holder of the attempt moves `served`."""
    return [
        DayHead.served.set(attempt.serving),
        DayHead.checked_at.set(attempt.began_at),
        DayHead.faults.set(0),
        DayHead.progress.set("served"),
        DayHead.reason.remove(),
        DayHead.next_try_at.set(0),
    ]


def _named(attempt: str | None) -> Action:
    return DayHead.named.remove() if attempt is None else DayHead.named.set(attempt)


def _head(day: DayKey, item: DayHead) -> Head:
    attempt = None
    if item.attempt is not None:
        attempt = Attempt(
            id=item.attempt,
            serving=int(item.serving),
            until=int(item.until),
            began_at=int(item.began_at),
            cursor=item.cursor,
            parts=_parts_decoder.decode(item.parts) if item.parts else (),
        )
    return Head(
        key=day,
        requested=int(item.requested or 0),
        served=int(item.served or 0),
        withdrawn=int(item.withdrawn or 0),
        revision=int(item.revision or 0),
        attempt=attempt,
        live=item.live,
        digest=item.digest,
        shown=_live_decoder.decode(item.body) if item.body else None,
        due=item.due,
        due_year=item.due_year or "",
        due_touches=_days_decoder.decode(item.due_touches) if item.due_touches else (),
        claims=int(item.claims or 0),
        faults=int(item.faults or 0),
        progress=cast("Progress", item.progress or "asked"),
        reason=item.reason or "",
        next_try_at=int(item.next_try_at or 0),
        partial=item.partial is not None,
        settings=int(item.settings or 0),
        judged=int(item.judged or 0),
        actor=item.actor or "daybook",
        checked_at=int(item.checked_at or 0),
        keep_from=int(item.keep_from or 0),
        named=item.named,
    )
