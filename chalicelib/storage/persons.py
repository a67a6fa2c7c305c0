"""Persons: who bought, in parts beside a day's facts but apart from them, and the orders whose persons were erased.

    PARTS#<connection>#<day>         WHO#<attempt>#<k>    Part   persons of some of the day's orders
    ERASED#<workspace>#<connection>  ORDERS#<digest>      Part   ids of orders that must never have a person again

Parts are written once under an attempt's id, and a day's head names the attempt whose persons are kept. But they are not
immutable: erasing takes persons out of them, wherever they stand, or deletes them.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import UTC, datetime, time
from itertools import islice

from chalicelib.domain.facts import digest, pack_ids, unpack_id_set
from chalicelib.domain.persons import KEPT_DAYS, PERSONS_PER_PART, Person, pack_persons, pack_piece, unpack_persons
from chalicelib.domain.work import DayKey, Head, Named
from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import Part, key
from chalicelib.storage.table import Table

IDS_PER_PART = 10_000
DAY_S = 86_400


class PersonParts:
    """The persons of all days."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def write(self, day: DayKey, attempt: str, persons: Mapping[str, Person]) -> None:
        """Write the persons that the attempt found. Parts that are there already stay what they are: ours, perhaps with
        somebody erased from them since. The table drops them when nobody is told of them any more."""
        expires_at = int(datetime.combine(day.day, time(), UTC).timestamp()) + (KEPT_DAYS + 2) * DAY_S
        for k, body in enumerate(pack_persons(persons)):
            self._insert(Part(_pk(day), key("WHO", attempt, f"{k:05}"), body=body, expires_at=expires_at))

    def read(self, day: DayKey, attempt: str) -> dict[str, Person] | None:
        """The persons in an attempt's parts by order id; None if it has no parts."""
        found: dict[str, Person] | None = None
        for part in self._table.query(Part, _pk(day), begins=key("WHO", attempt) + "#"):
            found = (found or {}) | unpack_persons(part.body)
        return found

    def names(self, head: Head) -> dict[str, Person]:
        """The persons that are kept of a day, by order id."""
        return (self.read(head.key, head.named) if head.named else None) or {}

    def names_of(self, named: Iterable[Named]) -> dict[DayKey, dict[str, Person]]:
        """The same of many days, in few reads."""
        keys = {
            (_pk(each.key), key("WHO", each.attempt, f"{k:05}")): each.key
            for each in named
            for k in range(each.orders // PERSONS_PER_PART + 1)
        }
        found: dict[DayKey, dict[str, Person]] = {}
        for name, body in self._table.get_bodies(keys).items():
            found.setdefault(keys[name], {}).update(unpack_persons(body))
        return found

    def attempts(self, day: DayKey) -> set[str]:
        """The attempts that have parts."""
        return {part.sk.split("#")[1] for part in self._parts(day)}

    def delete(self, day: DayKey, attempt: str = "") -> None:
        """Delete all parts of the day, or those of one attempt."""
        for part in self._parts(day, attempt):
            self._table.delete(part.pk, part.sk)

    def take_out(self, day: DayKey, erased: Set[str], attempt: str = "") -> None:
        """Take the persons of these orders out of all parts of the day, or of one attempt."""
        for part in self._parts(day, attempt) if erased else ():
            self._rewrite(part, erased)

    def _parts(self, day: DayKey, attempt: str = "") -> Iterator[Part]:
        return self._table.query(Part, _pk(day), begins=(key("WHO", attempt) if attempt else "WHO") + "#")

    def _rewrite(self, part: Part, erased: Set[str]) -> None:
        """Replace the part by one without the erased, on condition of what was read: of two that erase at once none brings
        back what the other took out."""
        seen: Part | None = part

        def read() -> Part | None:
            nonlocal seen
            seen = self._table.get(Part, part.pk, part.sk)
            return seen

        def write() -> None:
            if seen is not None:
                body = pack_piece(_without(seen, erased))
                self._table.put(Part(part.pk, part.sk, body=body, expires_at=part.expires_at), Part.body == seen.body)

        if unpack_persons(part.body).keys() & erased:
            write_surely(
                write,
                read,
                landed=lambda item: item is None or not unpack_persons(item.body).keys() & erased,
                open_still=lambda item: item is not None,
            )

    # -- orders whose persons were erased

    def erase(self, workspace: str, connection: str, order_ids: Iterable[str]) -> None:
        """Note that the persons of these orders are erased, for good."""
        ids = iter(sorted(set(order_ids)))
        while some := list(islice(ids, IDS_PER_PART)):
            body = pack_ids(some)
            self._insert(Part(key("ERASED", workspace, connection), key("ORDERS", digest(body)), body=body))

    def erased(self, workspace: str, connection: str) -> set[str]:
        """The ids of all orders whose persons were erased."""
        pk = key("ERASED", workspace, connection)
        return {id_ for part in self._table.query(Part, pk, begins="ORDERS#") for id_ in unpack_id_set(part.body)}

    def _insert(self, part: Part) -> None:
        """Write a part unless it is there."""
        write_surely(
            lambda: self._table.insert(part),
            lambda: self._table.get(Part, part.pk, part.sk),
            landed=lambda item: item is not None,
            open_still=lambda item: item is None,
        )


def _without(part: Part, erased: Set[str]) -> dict[str, Person]:
    return {id_: person for id_, person in unpack_persons(part.body).items() if id_ not in erased}


def _pk(day: DayKey) -> str:
    return key("PARTS", day.connection, day.day.isoformat())
