"""After the table was put back to an earlier instant: of which items the restored table is right, and of which the one left
behind (S45).

Books are put back. What was erased, taken back or ended since stays so, and nobody who was shut out comes in again: that only
ever goes forward, and the table left behind is the record of it. Each kind of item has a row here; what has none is not
carried over, and stops the restore.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal
from urllib.parse import unquote

import msgspec

Key = tuple[str, str]
# `restored`: as it was at the instant. `left`: as it is in the table left behind, and gone where that has it no more. `both`:
# the same, but what is no longer there stays. `neither`: gone. `merged`: by attribute, or by more than the item itself says.
Wins = Literal["restored", "left", "both", "neither", "merged"]


class Rule(msgspec.Struct, frozen=True):
    """Who wins for items whose partition key begins with `kind`, and whose sort key with `part` if there is one."""

    kind: str
    part: str
    wins: Wins
    why: str

    @property
    def name(self) -> str:
        return f"{self.kind} {self.part}".rstrip()


RULES = (
    Rule("DAYS", "", "restored", "the books; what is missing since is asked for again from the agenda"),
    Rule("DOCS", "", "restored", "the books"),
    Rule("PARTS", "REV", "restored", "the books"),
    Rule("PARTS", "SET", "restored", "the books"),
    Rule("PARTS", "DOC", "restored", "the books"),
    Rule(
        "PARTS",
        "WHO",
        "merged",
        "a person stays only where the table left behind still has them, and none who is erased",
    ),
    Rule("MONTHS", "", "restored", "the books"),
    Rule("ROLLUP", "", "restored", "the books"),
    Rule("EVENTS", "", "restored", "the books"),
    Rule("LOCK", "", "restored", "how far the books are closed"),
    Rule("POSTED", "", "restored", "what closed books have posted"),
    Rule("CORR", "", "restored", "what closed books owe"),
    Rule(
        "SHELVES",
        "",
        "restored",
        "which orders are counted: those of the books; the others are counted as they come in",
    ),
    Rule("AGENDA", "", "restored", "up to where the books are asked for"),
    Rule("WS", "SYNC", "restored", "asked of the books"),
    Rule("ERASED", "", "both", "an order whose person was erased never has one again"),
    Rule(
        "WS",
        "CONNECTION",
        "merged",
        "access, name and mode as they are now; order settings are those that cut the books",
    ),
    Rule("WS", "WORKSPACE", "merged", "settings as they are now; the period lock is that of the books"),
    Rule("WS", "PEOPLE", "both", "who was removed and whose role was changed"),
    Rule("USER", "USER", "merged", "role and password as they are now; gone if the roster has them no more"),
    Rule("USER", "CODES", "merged", "one-time codes as they are now; gone if they were turned off, or with their user"),
    Rule("EMAIL", "", "merged", "gone with its user"),
    Rule("IDENTITY", "", "merged", "whose it is now; gone if it was disconnected, or with its user"),
    Rule("USER", "IDENTITY", "merged", "goes with its identity"),
    Rule("KEY", "", "left", "a revoked key stays revoked"),
    Rule("WS", "KEY", "left", "goes with its key"),
    Rule("INVITE", "", "left", "used or withdrawn stays so"),
    Rule("WS", "INVITE", "left", "goes with its invitation"),
    Rule("SESSION", "", "neither", "everybody signs in again"),
    Rule("RESET", "", "neither", "a link is asked for again"),
    Rule("TRIP", "", "neither", "a way through the provider is begun again"),
    Rule("PAIRING", "", "neither", "a pairing is begun again"),
    Rule("WS", "PAIRING", "neither", "nobody waits for it any more"),
    Rule("ONCE", "", "neither", "an answer may tell of what is no longer there"),
    Rule("SHOP", "", "both", "a shop stays whose it became"),
    Rule("SHOPDOMAIN", "", "both", "a shop stays whose it became"),
    Rule("KNOWN", "", "both", "what was met stays known"),
    Rule("TRIES", "", "both", "whoever has to wait waits on"),
    Rule("LIMIT", "", "both", "what was spent is spent"),
    Rule("ACT", "", "both", "it happened"),
    Rule("AUDIT", "", "both", "kept for good"),
    Rule("LOOKS", "", "both", "kept for good"),
)
_RULES: Mapping[tuple[str, str], Rule] = {(rule.kind, rule.part): rule for rule in RULES}


def rule_of(pk: str, sk: str) -> Rule | None:
    """The rule for an item by its keys; None for one of a kind that is not known."""
    kind = pk.partition("#")[0]
    return _RULES.get((kind, sk.partition("#")[0])) or _RULES.get((kind, ""))


def unknown_in(keys: Iterable[Key]) -> set[str]:
    """How the items among these keys begin that no rule is about."""
    return {f"{pk.partition('#')[0]} {sk.partition('#')[0]}" for pk, sk in keys if rule_of(pk, sk) is None}


def holds_persons(at: Key) -> bool:
    return at[0].startswith("PARTS#") and at[1].startswith("WHO#")


def connections_in(keys: Iterable[Key]) -> dict[str, str]:
    """The workspace of each connection among these keys."""
    return {
        unquote(sk.removeprefix("CONNECTION#")): unquote(pk.removeprefix("WS#"))
        for pk, sk in keys
        if pk.startswith("WS#") and sk.startswith("CONNECTION#")
    }


def workspaces_in(keys: Iterable[Key]) -> set[str]:
    return {unquote(pk.removeprefix("WS#")) for pk, sk in keys if pk.startswith("WS#") and sk == "WORKSPACE"}


def days_of_persons_in(keys: Iterable[Key]) -> set[tuple[str, date]]:
    """The connections and days among these keys that have persons."""
    split = (at[0].split("#") for at in keys if holds_persons(at))
    return {(unquote(connection), date.fromisoformat(day)) for _, connection, day in split}


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a restore: the instant `to` which the books were put back, when that was done, and why."""

    to: datetime
    at: datetime
    reason: str
