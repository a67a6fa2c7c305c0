"""The items of the one table, and the layout of its keys.

    DAYS#<workspace>                    <day>#<connection>              DayHead      the day's work and its live revision
    DOCS#<workspace>                    <day>#<connection>              DocumentHead what merchants see of a day
    PARTS#<connection>#<day>            REV#<attempt>                   Part         one revision of the day's facts
                                        SET#<attempt>#<k>               Part         a chunk of it, or of a running fetch
                                        DOC#<attempt>                   Part         one version of the document
                                        WHO#<attempt>#<k>               Part         persons of some orders (persons.py)
    MONTHS#<workspace>                  <month>#<connection>            MonthHead    a month's roll-up of documents
    ROLLUP#<connection>#<month>         MONTH#<attempt>                 Part         one version of it, without lines
                                        LINES#<attempt>#<k>             Part         its lines
    EVENTS#<connection>#<event day>     EV#<order day>#<attempt>        Part         events of that order day's orders
    LOCK, POSTED, CORR                  (storage/corrections.py)                     the period lock
    SHELVES#<workspace>#<kind>#<account> HEAD#<shelf>                   ShelfHead    counted order ids and their counts
                                        PART#<shelf>#<version>#<random> Part         some of those ids
    AGENDA#<00..ff>                     CONN#<connection>               AgendaConnection
                                        WANT#<connection>#<day>         Wanted       a day that needs work
                                        SYNC#<sync>                     AgendaSync   a sync whose days are not all asked or done
                                        ERASE#<connection>              AgendaErasure persons are to be erased
    WS#<workspace>                      SYNC#<sync>                     Sync
    ACT#<workspace>#<level>             <instant>#<random>              Activity

Accounts, people, keys, connections, pairings and what was met before have their own models beside their repositories
(accounts.py, people.py, grants.py, resets.py, connections.py, pairings.py, shop_domains.py, known.py, limits.py).

Parts of keys are encoded by `key`, so that no id can contain the separator or leave its prefix. What conditions test or
updates add to is an attribute of its own; everything else is one packed `body`, because an item is read as a whole and
pynamodb's price is by the attribute. Instants are epoch seconds (integers), times to live likewise.
"""

from functools import cache, lru_cache
from typing import Any, Self
from urllib.parse import quote

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model


def key(*parts: str) -> str:
    """Join the parts of a key with '#', each encoded so that it cannot contain one."""
    return "#".join(map(_encoded, parts))


# Asked of the same few ids and days again and again.
@lru_cache(maxsize=4_096)
def _encoded(part: str) -> str:
    return quote(part, safe=" ,:;=+@()!*'")


class Item(Model):
    """Anything in the table. Its attributes are plain ones, stored under their own names."""

    class Meta:
        table_name = "daybook"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute(null=True)

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Self:
        """The item that has these attributes.

        As pynamodb decodes it, at a quarter of the price: its way is made for maps, other names and subclasses, and asks each
        attribute of the model for all of these, whether it is there or not.
        """
        item = cls.__new__(cls)
        item.attribute_values = _defaults(cls).copy()
        attributes = cls.get_attributes()
        for name, value in data.items():
            if name in attributes:
                attribute = attributes[name]
                item.attribute_values[name] = attribute.deserialize(attribute.get_value(value))
        return item


@cache
def _defaults(model: type[Item]) -> dict[str, Any]:
    return {name: each.default for name, each in model.get_attributes().items() if each.default is not None}


class Part(Item):
    """Immutable content under a name that is never used twice."""

    body = BinaryAttribute(legacy_encoding=False)


class DayHead(Item):
    """See domain.work.Head. `parts`, `due_touches` are JSON text, `body` a packed Live."""

    requested = NumberAttribute(default=0)
    served = NumberAttribute(default=0)
    withdrawn = NumberAttribute(default=0)
    revision = NumberAttribute(default=0)
    attempt = UnicodeAttribute(null=True)
    serving = NumberAttribute(null=True)
    until = NumberAttribute(null=True)
    began_at = NumberAttribute(null=True)
    cursor = UnicodeAttribute(null=True)
    parts = UnicodeAttribute(null=True)
    live = UnicodeAttribute(null=True)
    digest = UnicodeAttribute(null=True)
    body = BinaryAttribute(legacy_encoding=False, null=True)
    due = UnicodeAttribute(null=True)
    due_year = UnicodeAttribute(null=True)
    due_touches = UnicodeAttribute(null=True)
    claims = NumberAttribute(default=0)
    faults = NumberAttribute(default=0)
    progress = UnicodeAttribute(default="asked")
    reason = UnicodeAttribute(null=True)
    next_try_at = NumberAttribute(default=0)
    partial = NumberAttribute(null=True)
    settings = NumberAttribute(default=0)
    judged = NumberAttribute(default=0)
    actor = UnicodeAttribute(default="daybook")
    checked_at = NumberAttribute(default=0)
    keep_from = NumberAttribute(default=0)
    named = UnicodeAttribute(null=True)


class DocumentHead(Item):
    """`attempt` names the live version, `body` is that version, packed.

    `checks` counts the rebuilds that found nothing new; each makes older rebuilds that are still on their way come too late.
    `frozen` is there if the document is, and is the reading it is shown under; `lock` is the walk of the period lock that
    froze or opened it last.
    """

    version = NumberAttribute(default=0)
    attempt = UnicodeAttribute()
    checks = NumberAttribute(default=0)
    frozen = UnicodeAttribute(null=True)
    lock = NumberAttribute(default=0)
    body = BinaryAttribute(legacy_encoding=False)


class MonthHead(Item):
    """`touched` counts the settled documents of the month, `built` is how many of them the live version includes. `persons`
    counts how often those of one of its days were kept or erased.

    All and the version may be absent: a month may be touched before it is built, and built before it is touched.
    """

    touched = NumberAttribute(default=0)
    persons = NumberAttribute(default=0)
    built = NumberAttribute(null=True)
    attempt = UnicodeAttribute(null=True)
    body = BinaryAttribute(legacy_encoding=False, null=True)


class ShelfHead(Item):
    """`parts` are the names of the parts, `counts` orders by plan year, both JSON text."""

    version = NumberAttribute(default=0)
    parts = UnicodeAttribute()
    counts = UnicodeAttribute()


class AgendaConnection(Item):
    """See domain.work.Due."""

    workspace = UnicodeAttribute()
    connection = UnicodeAttribute()
    next_at = NumberAttribute()
    asked_through = UnicodeAttribute()
    turned_back = NumberAttribute(default=0)
    blocked_until = NumberAttribute(default=0)
    refresh_at = NumberAttribute(default=0)
    looked_at = NumberAttribute(default=0)
    look_at = NumberAttribute(default=0)
    look_sent_at = NumberAttribute(default=0)
    reread_at = NumberAttribute(default=0)


class WantedItem(Item):
    """See domain.work.Wanted."""

    workspace = UnicodeAttribute()
    connection = UnicodeAttribute()
    day = UnicodeAttribute()
    stamp = UnicodeAttribute()
    n = NumberAttribute()
    queue = UnicodeAttribute()
    next_try_at = NumberAttribute(default=0)
    sent_at = NumberAttribute(default=0)
    sends = NumberAttribute(default=0)
    clean_at = NumberAttribute(null=True)


class AgendaSync(Item):
    """A sync that the planner still has to bring on its way or to end."""

    workspace = UnicodeAttribute()
    sync = UnicodeAttribute()


class AgendaErasure(Item):
    """See domain.work.Erasure."""

    workspace = UnicodeAttribute()
    connection = UnicodeAttribute()
    stamp = UnicodeAttribute()
    at = NumberAttribute()


class SyncItem(Item):
    """`body` is the packed request; `asked` the number of each day's ask, JSON text by day; `days` those of a sync that began
    without knowing them, JSON text. The rest as in domain.syncs.Sync."""

    body = BinaryAttribute(legacy_encoding=False)
    asked = UnicodeAttribute(default="{}")
    cancelled = NumberAttribute(default=0)
    ended_at = NumberAttribute(null=True)
    days = UnicodeAttribute(null=True)
    sends = NumberAttribute(default=0)
    sent_at = NumberAttribute(default=0)
    tries = NumberAttribute(default=0)
    failure = UnicodeAttribute(null=True)


class ActivityItem(Item):
    """One line of the sync activity, packed."""

    body = BinaryAttribute(legacy_encoding=False)
