"""The functions behind the console's Test buttons: what admins ask for, as JSON. `{}` explains each; what is wrong is answered
by field, never raised."""

import re
import time
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from chalice import Blueprint

from chalicelib import bootstrap, errors
from chalicelib.domain.accounts import EMAIL_CHARACTERS_MAX
from chalicelib.domain.allotment import MILLI, Price, Terms
from chalicelib.domain.money import exponent, parse_minor
from chalicelib.domain.ranges import is_usable
from chalicelib.entrypoints.log import log
from chalicelib.workflows.admin_backfill import Asked

console = Blueprint(__name__)

E = TypeVar("E", bound=msgspec.Struct)

NAME_CHARACTERS_MAX = 64
# How long a text may be, by the name of its field; others are names.
TEXTS = {"reason": (3, 200), "request_id": (0, NAME_CHARACTERS_MAX), "email": (1, EMAIL_CHARACTERS_MAX)}
ORDERS_MAX = 500
ALLOTMENT_MAX = 1_000_000_000
PRICES_MAX = 10
ASKING_S = 45
_PRICE = re.compile(r"\d{1,6}(\.\d+)?", re.ASCII)
REASON = "why, as the merchant will read it"
HELP = {
    "ok": True,
    "what": "Brings past days of one connection in again, as the merchant could by hand.",
    "event": {
        "workspace": "the workspace's id",
        "connection": "the connection's id",
        "from": "2026-07-01",
        "to": "2026-07-07",
        "reason": REASON,
        "dry_run": "true (the default) only says what it would bring, false begins",
        "request_id": "optional: the same request sent again with it within a day begins nothing again",
        "override": "optional: four_months, for ranges longer than that",
    },
}
EVENTS: list[dict[str, Any]] = [
    {"do": "failed_days", "workspace": "the workspace's id"},
    {"do": "retry_failed_days", "workspace": "its id", "connection": "the connection's id", "reason": REASON},
    {"do": "allow_individual", "workspace": "its id", "allowed": "true or false", "reason": REASON},
    {
        "do": "set_allotment",
        "workspace": "its id",
        "allotment": "orders a plan year includes, 36000; 0 is no limit, null what everybody has",
        "currency": "USD (the default): what the prices are in",
        "prices": [{"orders": 24000, "price": "0.10"}, {"price": "0.05"}],
        "reason": REASON,
    },
    {"do": "recount_usage", "workspace": "its id", "connection": "the connection's id"},
    {"do": "seal_again", "from": "optional: the partition that the answer before named as its next"},
    {
        "do": "erase_customer",
        "workspace": "its id",
        "connection": "the connection's id",
        "orders": ["the channel's own ids of the customer's orders, not their numbers"],
        "reason": REASON,
    },
    {
        "do": "turn_off_codes",
        "workspace": "its id",
        "email": "of who lost their app and recovery codes, once it is sure who asks",
        "reason": REASON,
    },
]
HELP_ADMIN = {
    "ok": True,
    "what": "Other things that admins do to a workspace. `do` says which.",
    "events": EVENTS,
}


class BackfillIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A test event. Days are inside."""

    workspace: str
    connection: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    reason: str
    dry_run: bool = True
    request_id: str = ""
    override: Literal["four_months"] | None = None


class FailedDaysIn(msgspec.Struct, frozen=True, kw_only=True):
    do: str
    workspace: str


class RetryIn(msgspec.Struct, frozen=True, kw_only=True):
    do: str
    workspace: str
    connection: str
    reason: str


class AllowIndividualIn(msgspec.Struct, frozen=True, kw_only=True):
    do: str
    workspace: str
    allowed: bool
    reason: str


class PriceIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each of so many orders beyond the allotment costs; without `orders` all that come after."""

    price: str
    orders: int | None = None


class SetAllotmentIn(msgspec.Struct, frozen=True, kw_only=True):
    """`allotment` null goes back to what everybody has; without `prices` more orders cost nothing."""

    do: str
    workspace: str
    allotment: Annotated[int, msgspec.Meta(ge=0, le=ALLOTMENT_MAX)] | None
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "USD"
    prices: tuple[PriceIn, ...] = ()
    reason: str


class RecountIn(msgspec.Struct, frozen=True, kw_only=True):
    do: str
    workspace: str
    connection: str


class SealAgainIn(msgspec.Struct, frozen=True, kw_only=True):
    do: str
    first: Annotated[int, msgspec.Meta(ge=0)] = msgspec.field(name="from", default=0)


class EraseIn(msgspec.Struct, frozen=True, kw_only=True):
    """`orders` are the channel's own ids."""

    do: str
    workspace: str
    connection: str
    orders: tuple[str, ...]
    reason: str


class TurnOffCodesIn(msgspec.Struct, frozen=True, kw_only=True):
    do: str
    workspace: str
    email: str
    reason: str


@console.lambda_function(name="backfill")
def backfill(event: Any, context: object) -> dict[str, Any]:
    """Look at a backfill or begin it."""
    if event == {}:
        return HELP
    return _answered(event, BackfillIn, lambda asked: _look(asked) if asked.dry_run else _begin(asked))


@console.lambda_function(name="admin")
def admin(event: Any, context: object) -> dict[str, Any]:
    """Do one of the other things."""
    if event == {}:
        return HELP_ADMIN
    what = event.get("do") if isinstance(event, dict) else None
    match what:
        case "failed_days":
            return _answered(event, FailedDaysIn, _failed_days)
        case "retry_failed_days":
            return _answered(event, RetryIn, _retry)
        case "allow_individual":
            return _answered(event, AllowIndividualIn, _allow_individual)
        case "set_allotment":
            return _answered(event, SetAllotmentIn, _set_allotment)
        case "recount_usage":
            return _answered(event, RecountIn, _recount)
        case "seal_again":
            return _answered(event, SealAgainIn, _seal_again)
        case "erase_customer":
            return _answered(event, EraseIn, _erase)
        case "turn_off_codes":
            return _answered(event, TurnOffCodesIn, _turn_off_codes)
    return _refused({"do": f"It is one of {', '.join(str(each['do']) for each in EVENTS)}."})


def _answered(event: object, kind: type[E], do: Callable[[E], dict[str, Any]]) -> dict[str, Any]:
    wrong = wrong_fields(event, kind)
    if wrong:
        return _refused(wrong)
    try:
        return do(msgspec.convert(event, kind))
    except errors.RequestError as exc:
        return {"ok": False, "error": str(exc), "fields": exc.fields}


def _refused(wrong: dict[str, str]) -> dict[str, Any]:
    return {"ok": False, "error": "The event cannot be used.", "fields": wrong, "help": "Send {} for the form."}


def wrong_fields(event: object, kind: type[msgspec.Struct]) -> dict[str, str]:
    """What is wrong with each field of an event; nothing if it can be used."""
    if not isinstance(event, dict):
        return {"event": "It has to be a JSON object."}
    fields = {each.encode_name: each for each in msgspec.structs.fields(kind)}
    wrong = {str(name): "There is no such field." for name in event.keys() - fields.keys()}
    for name, field in fields.items():
        if name not in event:
            if field.required:
                wrong[name] = "It is missing."
            continue
        try:
            value = msgspec.convert(event[name], field.type)
        except msgspec.ValidationError as exc:
            wrong[name] = f"{exc}."
            continue
        if isinstance(value, date) and not is_usable(value):
            wrong[name] = "This day cannot be used."
        if not _is_sane(name, value):
            wrong[name] = "This text cannot be used."
    return wrong


def _is_sane(name: str, value: object) -> bool:
    """Whether a text, or each of some texts, is one that is meant; other values are."""
    if isinstance(value, str):
        return _is_text(name, value)
    if isinstance(value, tuple) and name == "orders":
        return 0 < len(value) <= ORDERS_MAX and all(_is_text(name, text) for text in value)
    return True


def _is_text(name: str, text: str) -> bool:
    least, most = TEXTS.get(name, (1, NAME_CHARACTERS_MAX))
    return least <= len(text.strip()) and len(text) <= most and (text.isprintable())


def _asked(given: BackfillIn) -> Asked:
    return Asked(
        workspace=given.workspace,
        connection=given.connection,
        first=given.first,
        last=given.last,
        reason=given.reason.strip(),
        beyond_four_months=given.override == "four_months",
    )


def _look(given: BackfillIn) -> dict[str, Any]:
    outlook = bootstrap.system().admin_backfill.look(_asked(given))
    return {"ok": True, "dry_run": True, **msgspec.to_builtins(outlook)}


def _begin(given: BackfillIn) -> dict[str, Any]:
    system = bootstrap.system()
    begun: list[str] = []

    def begin() -> bytes:
        begun.append(system.admin_backfill.begin(_asked(given), id_))
        return begun[0].encode()

    def once(what: str, make: Callable[[], bytes]) -> str:
        answer = system.once.answer(given.workspace, f"{what}\0{given.request_id}", asked, make) if repeats else make()
        return answer.decode()

    asked, repeats = msgspec.json.encode(given), given.request_id != ""
    # Kept before anything begins, so that a repeat of what died half-way finds the sync that it left.
    id_ = once("admin sync", lambda: system.new_rising_id().encode())
    sync = once("admin", begin)
    if begun:
        log("admin backfill", workspace=given.workspace, connection=given.connection, outcome="begun")
    return {"ok": True, "sync": sync, "repeated": not begun, "watch": _watch(sync)}


def _watch(sync: str) -> str:
    return f"{bootstrap.system().settings.base_url}/syncs/{sync}"


def _failed_days(given: FailedDaysIn) -> dict[str, Any]:
    found = bootstrap.system().administer.failed_days(given.workspace)
    return {"ok": True, "days": [msgspec.to_builtins(each) for each in found]}


def _retry(given: RetryIn) -> dict[str, Any]:
    sync, days = bootstrap.system().administer.retry(given.workspace, given.connection, reason=given.reason.strip())
    log("admin retry", workspace=given.workspace, connection=given.connection, outcome="begun" if sync else "none")
    return {"ok": True, "days": days, "sync": sync, "watch": _watch(sync) if sync else None}


def _allow_individual(given: AllowIndividualIn) -> dict[str, Any]:
    administer = bootstrap.system().administer
    changed = administer.allow_individual(given.workspace, allowed=given.allowed, reason=given.reason.strip())
    log("admin allowance", workspace=given.workspace, outcome="changed" if changed else "none")
    return {"ok": True, "allowed": given.allowed, "changed": changed}


def _set_allotment(given: SetAllotmentIn) -> dict[str, Any]:
    terms = None
    if given.allotment is not None:
        terms = Terms(given.allotment, given.currency, _prices(given))
    changed = bootstrap.system().administer.set_terms(given.workspace, terms, reason=given.reason.strip())
    log("admin allotment", workspace=given.workspace, outcome="changed" if changed else "none")
    return {"ok": True, "allotment": given.allotment, "changed": changed}


def _prices(given: SetAllotmentIn) -> tuple[Price, ...]:
    """The prices, of which the last and no other has no end. Raises RequestError."""
    *bounded, last = given.prices or (PriceIn("0"),)
    if len(bounded) >= PRICES_MAX or last.orders is not None or any((each.orders or 0) < 1 for each in bounded):
        raise _not_prices("Each but the last says for how many orders it is, from 1 on; the last holds for all others.")
    places = exponent(given.currency) + len(str(MILLI)) - 1
    prices = []
    for each in given.prices:
        if not _PRICE.fullmatch(each.price) or len(each.price.partition(".")[2]) > places:
            raise _not_prices(f'A price is written "0.10", with {places} decimal places at most.')
        prices.append(Price(each.orders, parse_minor(each.price, places)))
    return tuple(prices)


def _not_prices(text: str) -> errors.RequestError:
    return errors.RequestError("The event cannot be used.", {"prices": text})


def _recount(given: RecountIn) -> dict[str, Any]:
    system = bootstrap.system()
    recounted = system.recount.recount(system.administer.connection(given.workspace, given.connection))
    log("admin recount", workspace=given.workspace, connection=given.connection, outcome=str(recounted.agrees))
    return {"ok": True, "agrees": recounted.agrees, **msgspec.to_builtins(recounted)}


def _seal_again(given: SealAgainIn) -> dict[str, Any]:
    system = bootstrap.system()
    last = system.settings.agenda_partitions - 1
    if given.first > last:
        raise errors.RequestError("The event cannot be used.", {"from": f"The last partition is {last}."})
    until = time.monotonic() + ASKING_S
    asked = system.seal_again.ask(given.first, out_of_time=lambda: time.monotonic() > until)
    log("admin sealing", outcome="asked" if asked.next is None else "not all asked")
    return {"ok": True, **msgspec.to_builtins(asked)}


def _erase(given: EraseIn) -> dict[str, Any]:
    system = bootstrap.system()
    orders = tuple(dict.fromkeys(each.strip() for each in given.orders))
    known = system.administer.erase(given.workspace, given.connection, orders, reason=given.reason.strip())
    log("admin erasure", workspace=given.workspace, connection=given.connection, outcome="begun")
    return {"ok": True, "orders": len(orders), "known": known}


def _turn_off_codes(given: TurnOffCodesIn) -> dict[str, Any]:
    administer = bootstrap.system().administer
    were_on = administer.turn_off_codes(given.workspace, given.email, reason=given.reason.strip())
    log("admin codes", workspace=given.workspace, outcome="off" if were_on else "none")
    return {"ok": True, "were_on": were_on}
