"""The function behind the console's Test button: a backfill asked for by an admin, as JSON."""

from datetime import date
from typing import Any, Literal

import msgspec
from chalice import Blueprint

from chalicelib import bootstrap, errors
from chalicelib.entrypoints.log import log
from chalicelib.workflows.admin_backfill import Asked

console = Blueprint(__name__)

NAME_CHARACTERS_MAX = 64
REASON_CHARACTERS = 3, 200
HELP = {
    "ok": True,
    "what": "Brings past days of one connection in again, as the merchant could by hand.",
    "event": {
        "workspace": "the workspace's id",
        "connection": "the connection's id",
        "from": "2026-07-01",
        "to": "2026-07-07",
        "reason": "why, as the merchant will read it",
        "dry_run": "true (the default) only says what it would bring, false begins",
        "request_id": "optional: the same request sent again with it begins nothing again",
        "override": "optional: four_months, for ranges longer than that",
    },
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


@console.lambda_function(name="backfill")
def backfill(event: Any, context: object) -> dict[str, Any]:
    """Look at a backfill or begin it; `{}` explains itself. What is wrong is answered by field, never raised."""
    if event == {}:
        return HELP
    wrong = wrong_fields(event)
    if wrong:
        return {"ok": False, "error": "The event cannot be used.", "fields": wrong, "help": "Send {} for the form."}
    asked = msgspec.convert(event, BackfillIn)
    try:
        return _look(asked) if asked.dry_run else _begin(asked)
    except errors.RequestError as exc:
        return {"ok": False, "error": str(exc), "fields": exc.fields}


def wrong_fields(event: object) -> dict[str, str]:
    """What is wrong with each field of an event; nothing if it can be used."""
    if not isinstance(event, dict):
        return {"event": "It has to be a JSON object."}
    fields = {each.encode_name: each for each in msgspec.structs.fields(BackfillIn)}
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
        if isinstance(value, str) and not _is_sane(name, value):
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
    return {
        "ok": True,
        "sync": sync,
        "repeated": not begun,
        "watch": f"{system.settings.base_url}/syncs/{sync}",
    }
