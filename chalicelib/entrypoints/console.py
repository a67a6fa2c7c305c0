"""The functions behind the console's Test buttons: what admins ask for, as JSON. `{}` explains each; what is wrong is answered
by field, never raised."""

from collections.abc import Callable
from datetime import date
from typing import Any, Literal, TypeVar

import msgspec
from chalice import Blueprint

from chalicelib import bootstrap, errors
from chalicelib.entrypoints.log import log
from chalicelib.workflows.admin_backfill import Asked

console = Blueprint(__name__)

E = TypeVar("E", bound=msgspec.Struct)

NAME_CHARACTERS_MAX = 64
REASON_CHARACTERS = 3, 200
ORDERS_MAX = 500
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
        "request_id": "optional: the same request sent again with it begins nothing again",
        "override": "optional: four_months, for ranges longer than that",
    },
}
HELP_ADMIN = {
    "ok": True,
    "what": "Other things that admins do to a workspace. `do` says which.",
    "events": [
        {"do": "failed_days", "workspace": "the workspace's id"},
        {"do": "retry_failed_days", "workspace": "its id", "connection": "the connection's id", "reason": REASON},
        {"do": "allow_individual", "workspace": "its id", "allowed": "true or false", "reason": REASON},
        {
            "do": "erase_customer",
            "workspace": "its id",
            "connection": "the connection's id",
            "orders": ["the channel's own ids of the customer's orders"],
            "reason": REASON,
        },
    ],
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


class EraseIn(msgspec.Struct, frozen=True, kw_only=True):
    """`orders` are the channel's own ids."""

    do: str
    workspace: str
    connection: str
    orders: tuple[str, ...]
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
        case "erase_customer":
            return _answered(event, EraseIn, _erase)
    return _refused({"do": "It is one of failed_days, retry_failed_days, allow_individual, erase_customer."})


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
        texts = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else None
        if texts is not None and not (0 < len(texts) <= ORDERS_MAX and all(_is_sane(name, text) for text in texts)):
            wrong[name] = "This text cannot be used."
    return wrong


def _is_sane(name: str, text: str) -> bool:
    least, most = REASON_CHARACTERS if name == "reason" else (name != "request_id", NAME_CHARACTERS_MAX)
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
        begun.append(system.admin_backfill.begin(_asked(given)))
        return begun[0].encode()

    name = f"admin\0{given.request_id}"
    asked = msgspec.json.encode(given)
    sync = system.once.answer(given.workspace, name, asked, begin).decode() if given.request_id else begin().decode()
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


def _erase(given: EraseIn) -> dict[str, Any]:
    system = bootstrap.system()
    system.administer.erase(given.workspace, given.connection, given.orders, reason=given.reason.strip())
    log("admin erasure", workspace=given.workspace, connection=given.connection, outcome="begun")
    return {"ok": True, "orders": len(given.orders)}
