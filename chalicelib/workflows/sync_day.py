"""Bringing one day of one connection in: claim, fetch, ask again, write, flip, settle (RELIABILITY 2, steps 2 to 8).

The table decides, a message is only a hint. A worker may die between any two writes, and a second one may be at the same day:
whoever loses the attempt steps back, and what it wrote is litter that nobody sees.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from chalicelib import errors
from chalicelib.domain.activity import Level, Line, line_id
from chalicelib.domain.connections import Connection
from chalicelib.domain.ranges import is_usable
from chalicelib.domain.sentences import counted, day_name
from chalicelib.domain.work import FAULTS_MAX, Attempt, DayKey, DayMessage, Head, Live, Revision

if TYPE_CHECKING:
    from chalicelib.storage.activity import Activity
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.storage.revisions import Revisions
    from chalicelib.workflows.clean import Clean
    from chalicelib.workflows.fetch_day import FetchDay, Gathered
    from chalicelib.workflows.make_revision import MakeRevision
    from chalicelib.workflows.persons import Persons
    from chalicelib.workflows.settle import Settle

Outcome = Literal["published", "unchanged", "repeat", "superseded", "parked", "failed", "busy", "continued", "ignored"]

UNREADABLE_MAX = 3
FETCHES_MAX = 3
CURSOR_LIFE_S = 3_600
FETCH_LIFE_S = 86_400
SIGN_IN_WAIT_S = 86_400


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended, for its one log line."""

    outcome: Outcome
    attempt: str = ""
    orders: int = 0
    pages: int = 0
    fetches: int = 0
    reason: str = ""


class SyncDay:
    """Works on one day at a time. A claim holds for `lease_s`; the n-th fault waits up to `backoff_s` x 2^n."""

    def __init__(
        self,
        *,
        days: "Days",
        revisions: "Revisions",
        agenda: "Agenda",
        connections: "Connections",
        activity: "Activity",
        fetch: "FetchDay",
        make: "MakeRevision",
        persons: "Persons",
        settle: "Settle",
        clean: "Clean",
        plan_year: Callable[[str, datetime], str],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        jitter: Callable[[], float],
        lease_s: int,
        backoff_s: int,
    ) -> None:
        self._days = days
        self._revisions = revisions
        self._agenda = agenda
        self._connections = connections
        self._activity = activity
        self._fetch = fetch
        self._make = make
        self._persons = persons
        self._settle = settle
        self._clean = clean
        self._plan_year = plan_year
        self._now = now
        self._new_id = new_id
        self._jitter = jitter
        self._lease_s = lease_s
        self._backoff_s = backoff_s

    def run(self, message: DayMessage) -> Done:
        """Do what the message's day needs, if it needs anything. Raises StorageError when the table does not answer."""
        day = message.key
        head = self._days.read(day)
        if head is None:
            self.leave(day)
            return Done(outcome="ignored", reason="nobody asked for this day")
        if head.due is not None:
            if not self._settle.settle(day):
                return Done(outcome="ignored", reason="not paired")
            head = self._days.read(day) or head
        if not head.needs_work:
            if head.attempt is not None and head.attempt.until <= self._seconds():
                # A worker died on a day that was cancelled meanwhile.
                self._agenda.want_cleaning(day, self._seconds())
                self._days.remove_attempt(day, head.attempt.id)
            self.leave(day)
            return Done(outcome="repeat")
        if (wait := self._wait(head)) > self._seconds():
            self._agenda.put_off(day, wait)
            return Done(outcome="busy", reason=head.reason)
        if head.faults >= FAULTS_MAX:
            return self._give_up(head, None, head.reason or "it ended without a word every time")
        attempt = self._claim(head)
        if attempt is None:
            return Done(outcome="superseded", reason="another worker has the day")
        if not is_usable(day.day):
            return self._give_up(head, attempt.id, "Daybook keeps no books of that day.")
        connection = self._paired(day, attempt)
        if connection is None:
            return Done(outcome="ignored", attempt=attempt.id, reason="not paired")
        if connection.sign_in_needed:
            until = self._seconds() + SIGN_IN_WAIT_S
            return self._park(head, attempt, "The channel wants a new sign-in.", until, blameless=True, quiet=True)
        return self._work(head, attempt, connection)

    def leave(self, day: DayKey) -> None:
        """Take the day off the agenda if its head, read after the agenda, needs nothing; clean it first where that is due."""
        wanted = self._agenda.wanted(day)
        if wanted is None:
            return
        head = self._days.read(day)
        if head is not None and (head.needs_work or head.due is not None):
            return
        if wanted.clean_at is not None:
            self._clean.clean_day(day)
            self._agenda.cleaned(wanted)
        if head is None or head.attempt is None:
            self._persons.note(day)
            self._agenda.drop(wanted)

    # -- claiming

    def _seconds(self) -> int:
        return int(self._now().timestamp())

    def _wait(self, head: Head) -> int:
        """Until when the day has to be left alone: another worker's lease, or a wait that the channel asked for."""
        due = self._agenda.connection(head.key.connection)
        return max(head.attempt.until if head.attempt else 0, due.blocked_until if due else 0)

    def _claim(self, head: Head) -> Attempt | None:
        now, old = self._seconds(), head.attempt
        attempt = Attempt(id=self._new_id(), serving=head.requested, until=now + self._lease_s, began_at=now)
        if old is not None:
            self._agenda.want_cleaning(head.key, now)
            if old.cursor is not None and now < old.until + CURSOR_LIFE_S and now < old.began_at + FETCH_LIFE_S:
                # What was fetched before an ask cannot answer it: the old attempt's `serving` is inherited with its pages.
                attempt = msgspec.structs.replace(
                    attempt, cursor=old.cursor, parts=old.parts, began_at=old.began_at, serving=old.serving
                )
        return attempt if self._days.claim(head, attempt) else None

    def _paired(self, day: DayKey, attempt: Attempt) -> Connection | None:
        """The connection, read after the claim: either we see that it parts, or the parting's walk sees our claim."""
        connection = self._connections.get(day.workspace, day.connection)
        if connection is not None and connection.state == "paired":
            return connection
        self._days.remove_attempt(day, attempt.id)
        return None

    # -- the work, and what each kind of error does to it

    def _work(self, head: Head, attempt: Attempt, connection: Connection) -> Done:
        day = head.key
        try:
            gathered = self._fetch.fetch(day, attempt, connection)
        except errors.RateLimited as exc:
            until = self._seconds() + int(exc.retry_after_s) + 1
            self._agenda.block(day.connection, until)
            return self._park(head, attempt, str(exc), until, blameless=True)
        except errors.AuthExpired as exc:
            self._connections.mark_sign_in_needed(day.workspace, day.connection, epoch=connection.epoch)
            return self._park(head, attempt, str(exc), self._seconds() + SIGN_IN_WAIT_S, blameless=True)
        except errors.UnreadablePayload as exc:
            if head.faults + 1 >= UNREADABLE_MAX:
                return self._give_up(head, attempt.id, str(exc))
            return self._park(head, attempt, str(exc), self._backoff(head), blameless=False)
        except errors.PermanentError as exc:
            return self._give_up(head, attempt.id, str(exc))
        except errors.RetryableError as exc:
            return self._park(head, attempt, str(exc), self._backoff(head), blameless=False)
        if gathered is None:
            return Done(outcome="continued", attempt=attempt.id)
        return self.publish(head, attempt, connection, gathered)

    def _backoff(self, head: Head) -> int:
        longest = min(3_600, self._backoff_s * 2**head.faults)
        return self._seconds() + 1 + int(self._jitter() * longest)

    def _park(
        self, head: Head, attempt: Attempt, reason: str, until: int, *, blameless: bool, quiet: bool = False
    ) -> Done:
        """Give the day back until then. `quiet` where a line of activity has said so already."""
        day = head.key
        if attempt.parts:
            self._agenda.want_cleaning(day, self._seconds())
        if not self._days.park(day, attempt.id, reason=reason, next_try_at=until, blameless=blameless):
            return Done(outcome="superseded", attempt=attempt.id)
        self._agenda.put_off(day, until)
        if not quiet:
            when = datetime.fromtimestamp(until, UTC)
            self._note(day, attempt.id, "warning", f"{day_name(day.day)} waits: {reason} Next try {when:%H:%M} UTC.")
        return Done(outcome="parked", attempt=attempt.id, reason=reason)

    def _give_up(self, head: Head, attempt: str | None, reason: str) -> Done:
        day = head.key
        self._agenda.want_cleaning(day, self._seconds())
        if not self._days.fail(head, attempt, reason):
            return Done(outcome="superseded", attempt=attempt or "")
        self._note(day, attempt or self._new_id(), "error", f"{day_name(day.day)} could not be read: {reason}")
        self.leave(day)
        return Done(outcome="failed", attempt=attempt or "", reason=reason)

    def _note(self, day: DayKey, name: str, level: Level, text: str) -> None:
        at = self._now()
        self._activity.write(
            day.workspace,
            Line(
                id=line_id(at, name),
                at=at,
                level=level,
                text=text,
                connection=day.connection,
                day=day.day,
                details={"request": name},
            ),
        )

    # -- publishing

    def publish(self, head: Head, attempt: Attempt, connection: Connection, gathered: "Gathered") -> Done:
        """Write what was gathered and make it live, if it says anything new and the attempt still holds the day."""
        day = head.key
        made = self._make.make(head, attempt, connection, gathered)
        revision = made.revision
        done = Done(
            outcome="published", attempt=attempt.id, orders=made.count, pages=gathered.pages, fetches=gathered.fetches
        )
        who = self._persons.write(day, attempt.id, None if head.partial else gathered.persons)
        if made.says_the_same:
            return self._close(head, attempt, done, revision.settings, who)
        self._revisions.write(day, revision, made.orders, gathered.next_chunk)
        for on, packed in made.events.items():
            self._revisions.write_events(day, attempt.id, on, packed)
        if not self._flip(head, attempt, revision, who):
            return msgspec.structs.replace(done, outcome="superseded")
        if attempt.parts or gathered.next_chunk or head.named or revision.cause == "closed":
            self._agenda.want_cleaning(day, self._seconds())
        self._settle.settle(day)
        self.leave(day)
        return done

    def _flip(self, head: Head, attempt: Attempt, revision: Revision, who: str | None) -> bool:
        before = self._revisions.read(head.key, head.live) if head.live else None
        old = before.event_days if before else {}
        closed = revision.cause == "closed" and self._was_never_over(head)
        # What a day was while it went on is cleaned once it is over: no document may name its events any longer.
        moved = {
            on for on in old.keys() | revision.event_days.keys() if closed or old.get(on) != revision.event_days.get(on)
        }
        orders = sum(sheet.sales.count for sheet in revision.sheets)
        known = sum(sheet.sales.count for sheet in before.sheets) if before else 0
        return self._days.flip(
            head,
            attempt,
            digest=revision.digest,
            live=Live(revision.state, orders, max(0, orders - known), self._seconds()),
            year=self._plan_year(head.key.workspace, self._now()),
            touches=tuple(sorted(moved | {head.key.day})),
            settings=revision.settings,
            keep_from=revision.number if closed else None,
            named=who,
        )

    def _was_never_over(self, head: Head) -> bool:
        """Whether all that is kept of the day is what it was so far: another zone may have opened a closed one again."""
        chain = self._revisions.chain(head.key, head.live, head.keep_from)
        return all(revision.state == "provisional" for revision in chain)

    def _close(self, head: Head, attempt: Attempt, done: Done, settings: int, who: str | None) -> Done:
        day = head.key
        if not self._days.close(day, attempt, settings=settings, named=who):
            return msgspec.structs.replace(done, outcome="superseded")
        if head.named:
            self._agenda.want_cleaning(day, self._seconds())
        found = counted(done.orders, "order", "orders")
        self._note(day, attempt.id, "info", f"{day_name(day.day)} again: {found}, all known, nothing changed.")
        self.leave(day)
        return msgspec.structs.replace(done, outcome="unchanged")
