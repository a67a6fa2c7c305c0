"""Usage shelves: which orders have been counted, each once, ever.

A shelf is a compressed set of order ids, grouped by a fact of the order that never changes. Its head holds the names of its
parts and its counts; one flip of the head carries both, so they cannot part. Usage is the sum over shelf heads. Each count is of
a plan year and of the day whose sale first showed the orders, which the shelf need not tell: some channels let dates be edited.

Orders that turn out to come through another connection as well are taken out of the count again: a shelf has one part at most
that names them (its `void` set), and the counts are without them.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

import msgspec

from chalicelib import errors
from chalicelib.domain.allotment import Account
from chalicelib.domain.facts import pack_ids, unpack_id_set
from chalicelib.storage.flip import PART_BYTES_MAX, put_part, write_surely
from chalicelib.storage.models import Part, ShelfHead, key
from chalicelib.storage.table import Table

PARTS_MAX = 16
FOLD_BYTES_MAX = 150_000
IDS_PER_PART = 50_000
RACES_MAX = 100
# Stands among what is counted in a part: the ids of these orders are on the shelf and not counted.
VOID = "void"


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """A shelf's head. `parts` are sort keys, `counts` orders by plan year and day, as "2026-01-31 2026-07-03"."""

    version: int = 0
    parts: tuple[str, ...] = ()
    counts: Mapping[str, int] = {}

    def by_day(self, name: str) -> Iterator[tuple[str, date, int]]:
        """Yield plan years, days and orders. `name` is the shelf's own, whose day it is where none was kept."""
        for entry, orders in self.counts.items():
            yield *_year_and_day(entry, name), orders


class Shelves:
    """The usage ledger. `new_id` gives names that are never used twice."""

    def __init__(self, table: Table, new_id: Callable[[], str]) -> None:
        self._table = table
        self._new_id = new_id

    def count(self, account: Account, name: str, ids: Iterable[str], year: str, made: date | None = None) -> int:
        """Put those of `ids` on the shelf that are not on it yet, counted in plan `year` and as `made` on that day; returns how
        many were new."""
        entry = year if made is None else f"{year} {made}"
        wanted, counted = set(ids), 0
        for _ in range(RACES_MAX):
            shelf = self.read(account, name)
            bodies = self._bodies(account, shelf)
            if bodies is None:
                continue
            known, void = _sorted_out(bodies.values())
            if wanted & void:
                self._set_void(account, name, shelf, bodies, void - wanted)
                continue
            new = sorted(wanted - known.keys())
            if not new:
                return counted
            batch = new[:IDS_PER_PART]
            if self._add(account, name, shelf, bodies, batch, entry):
                counted += len(batch)
                wanted -= set(batch)
                if not wanted:
                    return counted
        raise errors.Unanswered(f"shelf {name} kept moving")

    def void(self, account: Account, name: str, ids: Iterable[str]) -> None:
        """Take those of `ids` that are on the shelf out of its count; counted once more, they are back in it."""
        wanted = set(ids)
        for _ in range(RACES_MAX):
            shelf = self.read(account, name)
            bodies = self._bodies(account, shelf)
            if bodies is None:
                continue
            known, void = _sorted_out(bodies.values())
            after = void | (wanted & known.keys())
            if after == void or self._set_void(account, name, shelf, bodies, after):
                return
        raise errors.Unanswered(f"shelf {name} kept moving")

    def _set_void(self, account: Account, name: str, shelf: Shelf, bodies: Mapping[str, bytes], void: set[str]) -> bool:
        """Replace the void set and flip the head with the counts that it leaves; False if somebody was first."""
        known, _ = _sorted_out(bodies.values())
        counts = dict(Counter(entry for id_, entry in known.items() if id_ not in void))
        replaced = [part for part, body in bodies.items() if VOID in _unpack(body)]
        part = key("PART", name, f"{shelf.version + 1:08}", self._new_id())
        put_part(self._table, _pk(account), part, _pack({VOID: sorted(void)}))
        kept = tuple(old for old in shelf.parts if old not in replaced)
        won = self._flip(account, name, shelf, Shelf(version=shelf.version + 1, parts=(*kept, part), counts=counts))
        self._tidy(account, name, replaced if won else [part])
        return won

    def _add(
        self, account: Account, name: str, shelf: Shelf, bodies: Mapping[str, bytes], new: list[str], entry: str
    ) -> bool:
        """Write the new part, taking in the small ones if there are many, and flip the head; False if somebody was first."""
        folded = [part for part, body in bodies.items() if len(body) < FOLD_BYTES_MAX and VOID not in _unpack(body)]
        if len(shelf.parts) < PARTS_MAX:
            folded = []
        by_entry: dict[str, list[str]] = {entry: list(new)}
        for part in folded:
            for old, ids in _unpack(bodies[part]).items():
                by_entry.setdefault(old, []).extend(ids)
        body = _pack(by_entry)
        if len(body) > PART_BYTES_MAX:
            folded, body = [], _pack({entry: list(new)})
        part = key("PART", name, f"{shelf.version + 1:08}", self._new_id())
        put_part(self._table, _pk(account), part, body)
        counts = dict(shelf.counts)
        counts[entry] = counts.get(entry, 0) + len(new)
        kept = tuple(old for old in shelf.parts if old not in folded)
        flipped = Shelf(version=shelf.version + 1, parts=(*kept, part), counts=counts)
        won = self._flip(account, name, shelf, flipped)
        self._tidy(account, name, folded if won else [part])
        return won

    def _flip(self, account: Account, name: str, was: Shelf, shelf: Shelf) -> bool:
        head = ShelfHead(
            _pk(account),
            key("HEAD", name),
            version=shelf.version,
            parts=msgspec.json.encode(shelf.parts).decode(),
            counts=msgspec.json.encode(shelf.counts).decode(),
        )
        unmoved = ShelfHead.version == was.version if was.version else ShelfHead.version.does_not_exist()
        return write_surely(
            lambda: self._table.put(head, unmoved),
            lambda: self._table.get(ShelfHead, _pk(account), key("HEAD", name)),
            landed=lambda item: item is not None and _shelf(item) == shelf,
            open_still=lambda item: (int(item.version) if item else 0) == was.version,
        )

    def _tidy(self, account: Account, name: str, parts: Iterable[str]) -> None:
        """Delete parts that the head, read again, does not name and can never name."""
        parts = list(parts)
        if not parts:
            return
        shelf = self.read(account, name)
        for part in parts:
            if part not in shelf.parts and _version(part) <= shelf.version:
                self._delete(account, part)

    def clean(self, account: Account, name: str, *, fence: bool) -> None:
        """Delete the parts that the head does not name. One above the head's version may still be flipped in: with `fence`
        an empty flip first makes that impossible, without it such parts are left."""
        listed = [item.sk for item in self._table.query(Part, _pk(account), begins=key("PART", name) + "#")]
        shelf = self.read(account, name)
        litter = [part for part in listed if part not in shelf.parts]
        above = [_version(part) for part in litter if _version(part) > shelf.version]
        if above and fence:
            bumped = msgspec.structs.replace(shelf, version=max(above))
            if not self._flip(account, name, shelf, bumped):
                return
            shelf = bumped
        for part in litter:
            if _version(part) <= shelf.version:
                self._delete(account, part)

    def _delete(self, account: Account, part: str) -> None:
        try:
            self._table.delete(_pk(account), part)
        except errors.Unanswered:
            return  # litter stays until the next cleaning

    def read(self, account: Account, name: str) -> Shelf:
        item = self._table.get(ShelfHead, _pk(account), key("HEAD", name))
        return _shelf(item) if item else Shelf()

    def usage(self, account: Account) -> dict[str, int]:
        """Orders counted by plan year, over all shelves of the shop."""
        return {year: sum(days.values()) for year, days in self.by_day(account).items()}

    def by_day(self, account: Account) -> dict[str, dict[date, int]]:
        """The same, by plan year and by the day on which they were made."""
        counts: dict[str, dict[date, int]] = {}
        for sk, item in self._table.columns(_pk(account), ("HEAD#", "HEAD$"), "counts"):
            shelf = Shelf(counts=msgspec.json.decode(item["counts"]))
            for year, made, orders in shelf.by_day(sk.partition("#")[2]):
                days = counts.setdefault(year, {})
                days[made] = days.get(made, 0) + orders
        return counts

    def all(self, account: Account) -> dict[str, Shelf]:
        """Every shelf of the shop by its name."""
        heads = self._table.query(ShelfHead, _pk(account), begins="HEAD#")
        return {item.sk.partition("#")[2]: _shelf(item) for item in heads}

    def counted(self, account: Account, shelves: Mapping[str, Shelf], year: str) -> dict[date, list[str]]:
        """The ids that are counted in that plan year on these shelves, by the day on which they were made, the shortest first."""
        pk = _pk(account)
        found = self._table.get_many(Part, [(pk, part) for shelf in shelves.values() for part in shelf.parts])
        counted: dict[date, list[str]] = {}
        for name, shelf in shelves.items():
            if all((pk, part) in found for part in shelf.parts):
                known, void = _sorted_out(found[pk, part].body for part in shelf.parts)
            else:
                known, void = _sorted_out(self._bodies_now(account, name).values())
            for id_, entry in known.items():
                counted_in, made = _year_and_day(entry, name)
                if counted_in == year and id_ not in void:
                    counted.setdefault(made, []).append(id_)
        return {made: sorted(ids, key=lambda id_: (len(id_), id_)) for made, ids in counted.items()}

    def _bodies_now(self, account: Account, name: str) -> dict[str, bytes]:
        for _ in range(RACES_MAX):
            bodies = self._bodies(account, self.read(account, name))
            if bodies is not None:
                return bodies
        raise errors.Unanswered(f"shelf {name} kept moving")

    def _bodies(self, account: Account, shelf: Shelf) -> dict[str, bytes] | None:
        """The shelf's parts by name; None if one is gone, because the head has moved on."""
        found = self._table.get_many(Part, [(_pk(account), part) for part in shelf.parts])
        if len(found) < len(shelf.parts):
            return None
        return {part: found[_pk(account), part].body for part in shelf.parts}


def _year_and_day(entry: str, shelf: str) -> tuple[str, date]:
    year, _, made = entry.partition(" ")
    return year, date.fromisoformat(made or shelf)


def _pack(by_entry: Mapping[str, list[str]]) -> bytes:
    return zlib.compress(msgspec.msgpack.encode({entry: pack_ids(ids) for entry, ids in sorted(by_entry.items())}), 6)


def _unpack(body: bytes) -> dict[str, set[str]]:
    packed = msgspec.msgpack.decode(zlib.decompress(body), type=dict[str, bytes])
    return {entry: unpack_id_set(ids) for entry, ids in packed.items()}


def _sorted_out(bodies: Iterable[bytes]) -> tuple[dict[str, str], set[str]]:
    """As what every order on the shelf is counted, and those that are not."""
    known: dict[str, str] = {}
    void: set[str] = set()
    for body in bodies:
        for entry, ids in _unpack(body).items():
            if entry == VOID:
                void |= ids
            else:
                known |= dict.fromkeys(ids, entry)
    return known, void


def _shelf(item: ShelfHead) -> Shelf:
    return Shelf(
        version=int(item.version),
        parts=tuple(msgspec.json.decode(item.parts)),
        counts=msgspec.json.decode(item.counts),
    )


def _version(part: str) -> int:
    return int(part.split("#")[2])


def _pk(account: Account) -> str:
    return key("SHELVES", account.workspace, account.kind, account.account)
