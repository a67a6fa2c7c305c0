"""The period lock: what frozen documents have posted, and what later facts still owe to the first open day.

The facts of one order day fall into granules: its sale, and its events of each day on which some happened. A granule is named
by its event day, None for the sale, and its content by the attempt of a revision. It has a home under each reading: its own
day, or the day on which its events happened. A document that is frozen has *posted* what it shows under the reading it was
locked under. Every open document then shows its granules less what was posted of them, and the first open day shows, beside
that, what frozen homes lack: so each fact is shown in exactly one document, whichever reading is on.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from chalicelib.domain.days import DAY
from chalicelib.domain.summaries import (
    DaySections,
    DocumentSheet,
    Reading,
    RegionSales,
    Section,
    Sheet,
    SheetKey,
    document_of,
    fold,
)

Granule = date | None
Sections = tuple[tuple[str, str, Section], ...]


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """How far one connection's documents are frozen; each move of the lock is a walk with a `number` of its own.

    `settings` is the version of the workspace's settings that it follows, `before` where the lock was, `reading` the one that
    is frozen now. `days` are the documents whose state the walk changes, told once and for all when the walk is `listed`.
    """

    number: int = 0
    settings: int = 0
    through: date | None = None
    before: date | None = None
    reading: Reading = "event_day"
    step: Literal["begun", "listed", "done"] = "done"
    days: tuple[date, ...] = ()

    @property
    def done(self) -> bool:
        return self.step == "done"

    @property
    def first_open(self) -> date | None:
        """The day that takes the corrections; None as long as nothing is locked."""
        return first_open(self.through)

    def closes(self, day: date) -> bool:
        return self.through is not None and day <= self.through

    @property
    def moves_back(self) -> bool:
        return self.before is not None and (self.through is None or self.through < self.before)


def first_open(through: date | None) -> date | None:
    return through + DAY if through else None


class Posted(msgspec.Struct, frozen=True, array_like=True):
    """What frozen documents have posted of one order day: by granule, the days of those documents, oldest first, each with
    the attempt whose content is posted since, None for nothing."""

    granules: tuple[tuple[Granule, tuple[tuple[date, str | None], ...]], ...] = ()

    def attempts(self) -> dict[Granule, str | None]:
        """By granule, what is posted now; granules of which nothing is are left out."""
        return {granule: entries[-1][1] for granule, entries in self.granules if entries and entries[-1][1]}

    def named(self) -> set[str]:
        """All attempts whose content is needed as long as the documents are frozen."""
        return {attempt for _, entries in self.granules for _, attempt in entries if attempt is not None}

    def through(self, last: date | None) -> "Posted":
        """What is left when no later day than `last` is frozen. No granule is forgotten, only what was posted of it."""
        kept = (
            (granule, tuple(entry for entry in entries if last is not None and entry[0] <= last))
            for granule, entries in self.granules
        )
        return Posted(tuple(kept))

    def plus(self, postings: Iterable["Posting"]) -> "Posted":
        """With what the documents of more days have posted."""
        granules = {granule: dict(entries) for granule, entries in self.granules}
        for posting in postings:
            granules.setdefault(posting.granule, {})[posting.day] = posting.attempt
        ordered = sorted(granules.items(), key=lambda item: item[0] or date.min)
        return Posted(tuple((granule, tuple(sorted(entries.items()))) for granule, entries in ordered))


class Posting(msgspec.Struct, frozen=True):
    """The document of `day` shows a granule of `order_day` as it is in `attempt`; None: it shows nothing of it."""

    day: date
    order_day: date
    granule: Granule
    attempt: str | None


class Moved(msgspec.Struct, frozen=True, array_like=True):
    """A granule that frozen documents have not posted as it is now.

    `readings` are those under which its home is frozen, `totals` what is owed, by store and currency.
    """

    granule: Granule
    posted: str | None
    live: str | None
    readings: tuple[Reading, ...]
    totals: tuple[tuple[str, str, int], ...]


class Correction(msgspec.Struct, frozen=True, array_like=True):
    """What one order day's live revision owes to frozen documents, to be shown on the first open day under each reading."""

    moved: tuple[Moved, ...] = ()
    event_day: Sections = ()
    order_day: Sections = ()

    def sections(self, reading: Reading) -> DaySections:
        listed = self.event_day if reading == "event_day" else self.order_day
        return {(store, currency): section for store, currency, section in listed}


class Corrected(msgspec.Struct, frozen=True, array_like=True):
    """For people: the frozen document of `day` in its `version` is corrected by so much under each reading."""

    day: date
    version: int
    store: str
    currency: str
    event_day: int
    order_day: int

    def total(self, reading: Reading) -> int:
        return self.event_day if reading == "event_day" else self.order_day


def home(order_day: date, granule: Granule, reading: Reading) -> date:
    """The day whose document shows the granule."""
    return granule if granule is not None and reading == "event_day" else order_day


def closed_readings(lock: Lock, order_day: date, granule: Granule) -> tuple[Reading, ...]:
    """The readings under which the granule's home is frozen."""
    readings: tuple[Reading, ...] = ("event_day", "order_day")
    return tuple(reading for reading in readings if lock.closes(home(order_day, granule, reading)))


def negated(sections: DaySections) -> DaySections:
    return {key: _negated(section) for key, section in sections.items()}


def added(*parts: DaySections) -> DaySections:
    """The sum; what comes to nothing is left out."""
    keys = {key for part in parts for key in part}
    sums = {key: _without_nothing(fold(part[key] for part in parts if key in part)) for key in sorted(keys)}
    return {key: section for key, section in sums.items() if section != Section()}


def sale_of(sheets: Iterable[Sheet]) -> DaySections:
    """A day's sales as something that can be corrected: an adjustment is no order, so nothing is counted."""
    return {(sheet.store, sheet.currency): _uncounted(sheet.sales) for sheet in sheets}


def correction_of(owed: Iterable[tuple[Moved, DaySections]]) -> Correction:
    """Gather the granules of an order day that moved, each with what is owed of it."""
    owed = list(owed)

    def under(reading: Reading) -> Sections:
        sums = added(*(delta for moved, delta in owed if reading in moved.readings))
        return tuple((*key, section) for key, section in sums.items())

    totals = (
        msgspec.structs.replace(moved, totals=tuple((*key, delta[key].amounts.total) for key in sorted(delta)))
        for moved, delta in owed
    )
    return Correction(tuple(totals), under("event_day"), under("order_day"))


def corrected(corrections: Mapping[date, Correction], versions: Mapping[date, int]) -> tuple[Corrected, ...]:
    """What corrections, by order day, say of each frozen document; `versions` has the numbers of those, 0 if it is none."""
    sums: dict[tuple[date, str, str], list[int]] = {}
    for order_day, correction in corrections.items():
        for moved in correction.moved:
            for reading in moved.readings:
                for store, currency, total in moved.totals:
                    place = (home(order_day, moved.granule, reading), store, currency)
                    sums.setdefault(place, [0, 0])[reading == "order_day"] += total
    return tuple(
        Corrected(place[0], versions.get(place[0], 0), *place[1:], *totals)
        for place, totals in sorted(sums.items())
        if any(totals)
    )


def homes(corrections: Mapping[date, Correction]) -> set[date]:
    """The days that corrections, by order day, correct."""
    return {
        home(order_day, moved.granule, reading)
        for order_day, correction in corrections.items()
        for moved in correction.moved
        for reading in moved.readings
    }


def adjusted(
    sheets: tuple[DocumentSheet, ...], event_day: Sequence[DaySections], order_day: Sequence[DaySections]
) -> tuple[DocumentSheet, ...]:
    """A document's sheets with something more in its events under each reading."""
    if not event_day and not order_day:
        return sheets
    more: tuple[dict[SheetKey, Section], dict[SheetKey, Section]] = (
        dict(added(*event_day)),
        dict(added(*order_day)),
    )
    own = {(sheet.store, sheet.currency): sheet for sheet in sheets}
    missing = sorted((more[0].keys() | more[1].keys()) - own.keys())
    own |= {
        (sheet.store, sheet.currency): sheet
        for sheet in document_of((), [{key: Section() for key in missing}] if missing else [])
    }
    return tuple(
        msgspec.structs.replace(
            own[key],
            event_day=_plus(own[key].event_day, more[0], key),
            order_day=_plus(own[key].order_day, more[1], key),
        )
        for key in sorted(own)
    )


def shown_reading(frozen: Reading | None, reading: Reading) -> Reading:
    """Under which reading a document is shown in a workspace of this reading: a frozen one keeps its own."""
    return frozen or reading


def as_shown(sheets: tuple[DocumentSheet, ...], frozen: Reading | None) -> tuple[DocumentSheet, ...]:
    """A document's sheets as both readings show them: those of a frozen one have its own reading under either."""
    if frozen is None:
        return sheets
    return tuple(
        msgspec.structs.replace(sheet, event_day=sheet.events(frozen), order_day=sheet.events(frozen))
        for sheet in sheets
    )


def _plus(section: Section, more: Mapping[SheetKey, Section], key: SheetKey) -> Section:
    return _without_nothing(fold((section, more[key]))) if key in more else section


def _negated(section: Section) -> Section:
    lines = tuple(
        msgspec.structs.replace(
            line,
            quantity_milli=-line.quantity_milli,
            gross=-line.gross,
            discount=-line.discount,
            tax=-line.tax,
        )
        for line in section.lines
    )
    regions = tuple(RegionSales(each.region, -each.net, -each.count) for each in section.regions)
    return Section(-section.count, -section.quantity_milli, -section.amounts, lines, regions)


def _uncounted(section: Section) -> Section:
    regions = tuple(RegionSales(each.region, each.net, 0) for each in section.regions)
    return msgspec.structs.replace(section, count=0, regions=regions)


def _without_nothing(section: Section) -> Section:
    lines = tuple(line for line in section.lines if any((line.quantity_milli, line.gross, line.discount, line.tax)))
    regions = tuple(each for each in section.regions if each.net or each.count)
    return msgspec.structs.replace(section, lines=lines, regions=regions)
