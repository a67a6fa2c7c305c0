"""The work on a day: what was asked, who is at it, what is live, what is owed. RELIABILITY's day head as values.

Instants in these records are whole epoch seconds, because conditions in the table compare them.
"""

from datetime import date
from typing import Literal

import msgspec

from chalicelib.domain.corrections import Corrected
from chalicelib.domain.counting import Counted
from chalicelib.domain.summaries import Diff, DocumentSheet, Reading, Sheet

# With the backoff of sync_day these are at most six hours of trying.
FAULTS_MAX = 12

Queue = Literal["sync", "backfill"]
Progress = Literal["asked", "parked", "failed", "served", "withdrawn"]
LiveState = Literal["final", "provisional", "empty", "events_only"]


class DayKey(msgspec.Struct, frozen=True, order=True):
    """One connection on one day: the unit of work."""

    workspace: str
    connection: str
    day: date


class DayMessage(msgspec.Struct, frozen=True, tag_field="about", tag="day"):
    """What a queue carries mostly: a hint that the day may need work. `n` is the ask that sent it, for the log."""

    workspace: str
    connection: str
    day: date
    n: int
    version: int = 1

    @property
    def key(self) -> DayKey:
        return DayKey(self.workspace, self.connection, self.day)


class ChangesMessage(msgspec.Struct, frozen=True, tag_field="about", tag="changes"):
    """A hint that it is time to ask a connection's channel which older orders have changed."""

    workspace: str
    connection: str
    version: int = 1


class OrderMessage(msgspec.Struct, frozen=True, tag_field="about", tag="order"):
    """A hint that a sync waits for the day of the one order that it was asked for."""

    workspace: str
    connection: str
    sync: str
    version: int = 1


class SealMessage(msgspec.Struct, frozen=True, tag_field="about", tag="seal"):
    """A request to seal a connection's credentials anew."""

    workspace: str
    connection: str
    version: int = 1


Message = DayMessage | ChangesMessage | OrderMessage | SealMessage


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """Who may publish next. `parts` are the chunks (attempt, k) of an unfinished fetch that ends before `cursor`."""

    id: str
    serving: int
    until: int
    began_at: int
    cursor: str | None = None
    parts: tuple[tuple[str, int], ...] = ()


class Live(msgspec.Struct, frozen=True, array_like=True):
    """What a day's head says of its live revision."""

    state: LiveState
    orders: int
    new_orders: int
    published_at: int


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A day's head. `due` names the attempt whose usage and documents are owed, in plan year `due_year`, to `due_touches`.

    `partial`: the day was asked for the events of its orders only, being older than our history. `settings` is the version of
    the order settings that a person asked the day to be cut by, `judged` the one by which what is live was judged last. `actor`
    asked last. `checked_at` is when the channel was last heard to say what is live. The chain of revisions is kept from number
    `keep_from`. `named` is the attempt whose persons are kept, None if none are.
    """

    key: DayKey
    requested: int = 0
    served: int = 0
    withdrawn: int = 0
    revision: int = 0
    attempt: Attempt | None = None
    live: str | None = None
    digest: str | None = None
    shown: Live | None = None
    due: str | None = None
    due_year: str = ""
    due_touches: tuple[date, ...] = ()
    claims: int = 0
    faults: int = 0
    progress: Progress = "asked"
    reason: str = ""
    next_try_at: int = 0
    partial: bool = False
    settings: int = 0
    judged: int = 0
    actor: str = "daybook"
    checked_at: int = 0
    keep_from: int = 0
    named: str | None = None

    @property
    def needs_work(self) -> bool:
        return self.progress != "failed" and self.requested > max(self.served, self.withdrawn)

    @property
    def at_rest(self) -> bool:
        return not self.needs_work and self.due is None and self.attempt is None


class Glance(msgspec.Struct, frozen=True):
    """How a day is doing: until when an attempt holds it (seconds; 0 if none does), what is shown of it, and why not more."""

    key: DayKey
    held_until: int
    shown: Live | None
    progress: Progress
    reason: str


class Here(msgspec.Struct, frozen=True):
    """A day that is here: what is shown of it, whether it was asked for as a whole, and the attempt whose persons are kept."""

    key: DayKey
    shown: Live
    whole: bool
    named: str | None

    @property
    def nameless(self) -> bool:
        """Whether it has orders and nobody's name, being read before individual mode began."""
        return self.named is None and self.shown.orders > 0 and self.shown.state != "events_only"


class Named(msgspec.Struct, frozen=True):
    """A day whose persons are kept: under which attempt, and how many orders it has."""

    key: DayKey
    attempt: str
    orders: int


class Revision(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One immutable state of a day's facts.

    `sheets` sum its orders; `orders` are its packed orders, inline, or `chunks` the numbers of the chunks of each.
    `event_days` names, for each day on which events of these orders happened, the digest of those events. Its orders were
    judged by `counted`, of the order settings of version `settings`, and placed in `[start_at, end_at)`, epoch seconds.
    """

    attempt: str
    number: int
    predecessor: str | None
    epoch: int
    cause: str
    actor: str
    state: LiveState
    digest: str
    fetched_at: int
    matched: bool
    sheets: tuple[Sheet, ...]
    event_days: dict[date, str]
    orders: tuple[bytes, ...] = ()
    chunks: tuple[tuple[int, ...], ...] = ()
    counted: Counted = Counted()
    settings: int = 0
    start_at: int = 0
    end_at: int = 0


class DocumentVersion(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One immutable version of what merchants see of a day.

    `base` is the attempt whose revision holds the day's sales, None where only events are known; `sources` name the other
    order days whose events happened on it, with their attempts. `sheets` carry no lines: those are folded from the sources,
    which never change. `orders_diff` compares with the version before.

    Events that a frozen document has posted are taken away again: `less` names their order day, their event day and the
    attempt. On the first open day of lock `lock`, `corrections` name the order days, with their attempts, of which frozen
    documents have not posted everything as it is, and `corrected` says so for people. `frozen` is the reading under which a
    locked day is shown for good; only the live version has it.
    """

    attempt: str
    number: int
    predecessor: str | None
    cause: str
    state: LiveState
    digest: str
    published_at: int
    base: str | None
    sources: tuple[tuple[date, str], ...]
    sheets: tuple[DocumentSheet, ...]
    orders_diff: Diff | None = None
    less: tuple[tuple[date, date, str], ...] = ()
    lock: int = 0
    corrections: tuple[tuple[date, str], ...] = ()
    corrected: tuple[Corrected, ...] = ()
    frozen: Reading | None = None

    def named_as(self, other: "DocumentVersion") -> "DocumentVersion":
        """This version, of facts that `other` says the same of, by the names that they have there: those it was made of may
        be cleaned once they are replaced."""
        names = {name: getattr(other, name) for name in ("base", "sources", "less", "lock", "corrections")}
        return msgspec.structs.replace(self, **names)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A day on the agenda: what is needed to find and to send it."""

    key: DayKey
    stamp: str
    n: int
    queue: Queue
    next_try_at: int
    sent_at: int
    sends: int
    clean_at: int | None


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A connection on the agenda. `asked_through` is the last day that the night has asked for; `turned_back` rises whenever
    days are cut otherwise, so that no night moves on that was planned before.

    Today is summarised so far at `refresh_at`, never if 0. Changes of older orders were looked for up to `looked_at` and are
    looked for again at `look_at`; the message for that was sent at `look_sent_at`. Older days are read again at `reread_at`.
    """

    workspace: str
    connection: str
    next_at: int
    asked_through: date
    turned_back: int = 0
    blocked_until: int = 0
    refresh_at: int = 0
    looked_at: int = 0
    look_at: int = 0
    look_sent_at: int = 0
    reread_at: int = 0


class PendingSync(msgspec.Struct, frozen=True):
    """A sync whose days are not all asked for or not all done."""

    workspace: str
    connection: str
    sync: str


class Erasure(msgspec.Struct, frozen=True):
    """A connection whose days are to be walked at `at` for persons that are no longer kept. `stamp` is new with each wish."""

    workspace: str
    connection: str
    stamp: str
    at: int
