"""The one move that makes anything visible: immutable parts first, then one conditional write to a head.

Two answers of the table are never believed as they stand. A refusal may be the echo of our own first try, repeated by the
client library after it had succeeded; no answer may mean done, not done, or done later. So both are followed by a read.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from chalicelib import errors
from chalicelib.storage.models import Item, Part
from chalicelib.storage.table import Table

TRIES_MAX = 8
PART_BYTES_MAX = 300_000

I = TypeVar("I", bound=Item)  # noqa: E741


def put_part(table: Table, pk: str, sk: str, body: bytes) -> None:
    """Write a part that only we can name. Written already: nothing happens. Raises PublishConflict on other content."""
    for _ in range(TRIES_MAX):
        try:
            table.insert(Part(pk, sk, body=body))
            return
        except errors.Unanswered:
            continue
        except errors.Refused as exc:
            there = table.get(Part, pk, sk)
            if there is not None and there.body == body:
                return
            if there is not None:
                raise errors.PublishConflict(f"{sk} holds other content") from exc
    raise errors.Unanswered(f"{sk} could not be written")


def write_surely(
    write: Callable[[], None],
    read: Callable[[], I | None],
    *,
    landed: Callable[[I | None], bool],
    open_still: Callable[[I | None], bool],
) -> bool:
    """Repeat a conditional write until it is known whether it took effect.

    After a refusal or no answer the head is read: `landed` tells that our write is in it, `open_still` that it is not and may
    be tried again. Neither: somebody else went first, False. Raises Unanswered after some tries.
    """
    for _ in range(TRIES_MAX):
        try:
            write()
            return True
        except (errors.Refused, errors.Unanswered):
            head = read()
        if landed(head):
            return True
        if not open_still(head):
            return False
    raise errors.Unanswered("a write was tried several times and not once answered")


def slices(body: bytes) -> Iterator[bytes]:
    """Cut content into parts that fit an item."""
    for start in range(0, max(len(body), 1), PART_BYTES_MAX):
        yield body[start : start + PART_BYTES_MAX]
