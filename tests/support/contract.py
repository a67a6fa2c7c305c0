"""A kind's contract file at work: what is lacking in it, its platform opened on a scripted shop as the file says, and its answers
damaged.

`tests/channels/contracts/<kind>.json` is one object:

    kind, source, api_version, read_on   what it is of; where the payloads are from; the API's version; the day it was read (ISO)
    opened        what pairing left: `domain` ("{host}" is the shop's host and port); where they matter `url` (of the API, if the
                  platform is told one: "{url}" is the shop's address), `currency` ("USD"), `stores` (ids), `traits`
    passed_over   parameters that no two requests share, or that hold keys: they are left out of `asked`; may be absent
    cases         at least those of `CASES`, of `KEY_CASES` too unless the kind is paired by consent; more are welcome

A case has a `name`, the `answers` that the shop gives, one a request, and what they mean. An answer has a `body` (JSON) or a `text`
(as it is), and may have a `status` (200) and `headers`. `note`, `source` and `opened` (over the file's) may stand in every case.
`does` says what is done, and what else the case has:

    fetch_pages    the default. `zone` and `day`; `orders` in the order they come, or the `error` that reading them ends in, by its
                   class. An order has `number`; its `total`, `net` and `tax` as placed, in minor units; `units`, the pieces of its
                   lines; `changed_later`, the sum of its events' totals (negative where money went back). It may have `sku` (of its
                   only line), `excluded`, `root`, `events` ([instant, cause] each), `tenders` ([kind, amount] each), `flags`
    read_shop      `shop`: the fields of channels.Shop
    count_orders   `zone`, `day` and `count`, null if the channel gives none
    fetch_changes  `since` and `until`; `placed`, the instants in the order they come, and `seen_until`, the last that a page told
    find_order     `number` and `placed`
    check          `fields` ("{url}" as above); `shop` and maybe `expected_orders`, or `wrong`, the fields that the refusal names

Instants are ISO in UTC ("2026-07-03T16:00:00Z"). In "many pages" the first page must have a cursor: the day is read a second time, by
a channel that is opened anew at that cursor.

`asked` are the requests that must have been made, in order: `GET /orders?page=1&storeId=7`, parameters decoded and sorted by name;
after a POST's path its body, JSON sorted by name with every text of more than 100 characters cut after 40 and a digest in place of the
rest. `ASKED` and every case that says what it does must have it; it is compared wherever it is. No key may stand in it.
Run the contract with `"asked": []`, hold what it shows against the API's documentation parameter by parameter, and take it over.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import parse_qsl, urlsplit

import msgspec

from chalicelib.channels import Channel, Means
from chalicelib.channels.http import Http
from chalicelib.channels.kinds import KINDS, PLATFORMS
from chalicelib.domain.connections import Connection, Credentials, StoreName
from chalicelib.domain.secret import Secret
from tests.support.pairing import connection
from tests.support.reach import reach_to
from tests.support.shop import ScriptedShop

CONTRACTS = Path(__file__).parents[1] / "channels" / "contracts"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEXT_MAX = 100

CASES = {
    "empty day": "fetch_pages",
    "many pages": "fetch_pages",
    "first and last instant": "fetch_pages",
    "clock-change day of 23 hours": "fetch_pages",
    "clock-change day of 25 hours": "fetch_pages",
    "refund": "fetch_pages",
    "discount": "fetch_pages",
    "missing SKU": "fetch_pages",
    "zero-decimal currency": "fetch_pages",
    "401": "fetch_pages",
    "403": "fetch_pages",
    "429": "fetch_pages",
    "500": "fetch_pages",
    "torn": "fetch_pages",
    "changed between pages": "fetch_pages",
    "the shop itself": "read_shop",
    "count of a day": "count_orders",
    "changes": "fetch_changes",
    "an order by its number": "find_order",
}
KEY_CASES = {"keys accepted": "check", "keys refused": "check"}
ASKED = ("empty day", "many pages")
NEEDS = {
    "fetch_pages": ("zone", "day", "orders or error"),
    "read_shop": ("asked", "shop"),
    "count_orders": ("asked", "zone", "day", "count"),
    "fetch_changes": ("asked", "since", "until", "placed", "seen_until"),
    "find_order": ("asked", "number", "placed"),
    "check": ("asked", "fields", "shop or wrong"),
}
ORDER_NEEDS = ("number", "total", "net", "tax", "units", "changed_later")
# What is compared wherever it is given must be given where it matters.
ALSO = {"refund": ("events",), "discount": ("tenders", "flags"), "missing SKU": ("sku",)}

Json = dict[str, Any]


class Damage(msgspec.Struct, frozen=True):
    """One way in which an answer goes wrong; `name` says which."""

    name: str
    body: bytes
    status: int = 200


# --- the file


class _Case(TypedDict, total=False):
    name: str
    does: str
    answers: list[Json]
    asked: list[str]
    orders: list[Json]


class _Contract(TypedDict, total=False):
    """What must hold before anything can be looked up in a file."""

    opened: Json
    passed_over: list[str]
    cases: list[_Case]


_form = msgspec.json.Decoder(_Contract)


def contract(kind: str, folder: Path = CONTRACTS) -> Json:
    """The kind's file; {} if there is none that can be read, so that only this kind's tests fail. `lacking` tells it."""
    try:
        return _read(kind, folder)
    except (OSError, ValueError):
        return {}


def _read(kind: str, folder: Path) -> Json:
    content = (folder / f"{kind}.json").read_bytes()
    _form.decode(content)
    read: Json = json.loads(content)
    return read


def lacking(kind: str, folder: Path = CONTRACTS) -> list[str]:
    """What is still to be written before the contract is whole, as sentences."""
    name = f"tests/channels/contracts/{kind}.json"
    try:
        read = _read(kind, folder)
    except OSError:
        return [f"Write {name}, one JSON object: its format is told in tests/support/contract.py."]
    except ValueError as exc:
        return [f"Make {name} one JSON object of the format that is told in tests/support/contract.py: {exc}."]
    told = [f"Give {name} its `{each}`." for each in ("source", "api_version", "read_on") if not read.get(each)]
    if not read.get("opened", {}).get("domain"):
        told.append(f"Give {name} its `opened` with a `domain`.")
    if read.get("kind") != kind:
        told.append(f'Give {name} its `kind`, "{kind}".')
    cases = {case.get("name"): case for case in read.get("cases", [])}
    for case_name, does in _wanted(kind).items():
        if case_name not in cases:
            told.append(f'Give {name} a case "{case_name}" that does {does}.')
        elif _does(cases[case_name]) != does:
            told.append(f'Let the case "{case_name}" of {name} do {does}.')
    for case in cases.values():
        told += [f'Give the case "{case.get("name")}" of {name} its `{each}`.' for each in _lacking_in(case)]
    return told


def cases_of(kind: str, does: str) -> list[Json]:
    """The kind's cases that do this, without those that are not whole."""
    return [case for case in contract(kind).get("cases", []) if _does(case) == does and not list(_lacking_in(case))]


def case_of(kind: str, name: str) -> Json:
    """The case of this name. Fails with what is to be written if it is not there, or not whole."""
    for case in cases_of(kind, _wanted(kind)[name]):
        if case["name"] == name:
            return case
    raise AssertionError("\n".join(lacking(kind)))


def _wanted(kind: str) -> dict[str, str]:
    return CASES | (KEY_CASES if kind in KINDS and KINDS[kind].auth != "oauth" else {})


def _does(case: Json) -> str:
    does: str = case.get("does", "fetch_pages")
    return does


def _lacking_in(case: Json) -> Iterator[str]:
    """Yield what a case has to have besides."""
    needs = ["name", "answers", *NEEDS.get(_does(case), ("does, one of " + ", ".join(NEEDS),))]
    if case.get("name") in ASKED:
        needs.append("asked")
    for need in needs:
        if not any(each in case for each in need.split(" or ")):
            yield need
    for n, order in enumerate(case.get("orders", [])):
        for need in (*ORDER_NEEDS, *ALSO.get(case.get("name", ""), ())):
            if need not in order:
                yield f"orders[{n}].{need}"


# --- the kind on a scripted shop


def platform(kind: str, url: str, told: Json) -> Any:
    """The kind's platform, whose shops are all at `url`."""
    client = Http(reach=reach_to(url), sleep=lambda _: None, now=lambda: NOW, total_s=5.0)
    means = Means(
        http=lambda: client,
        sleep=lambda _: None,
        now=lambda: NOW,
        url=told.get("url", "{url}").replace("{url}", url),
        plain_sites=(url,),
    )
    return PLATFORMS[kind](means)


def told_of(kind: str, case: Json) -> Json:
    """What pairing found out: the file's `opened`, and then the case's."""
    return {**contract(kind).get("opened", {}), **case.get("opened", {})}


def opened(kind: str, url: str, case: Json) -> Channel:
    """The kind's paired shop at `url`."""
    told = told_of(kind, case)
    host = url.partition("://")[2]
    paired: Connection = msgspec.structs.replace(
        connection(),
        kind=kind,
        account=told["domain"].replace("{host}", host),
        domain=told["domain"].replace("{host}", host),
        zone=case.get("zone", "UTC"),
        currency=told.get("currency", "USD"),
        stores=tuple(StoreName(id_, f"Store {id_}") for id_ in told.get("stores", ["1"])),
        traits=told.get("traits", {}),
    )
    credentials = Credentials(access=Secret("access-canary"), secret=Secret("secret-canary"))
    channel: Channel = platform(kind, url, told).open(paired, credentials)
    return channel


def at_home(meant: Json, url: str) -> Json:
    """The same with `{url}` and `{host}` as they are."""
    filled: Json = json.loads(json.dumps(meant).replace("{url}", url).replace("{host}", url.partition("://")[2]))
    return filled


def questions(shop: ScriptedShop, kind: str) -> list[str]:
    """What the shop was asked, as `asked` tells it."""
    passed_over = set(contract(kind).get("passed_over", []))
    told = []
    for method, (path, _, body) in zip(shop.methods, shop.asked, strict=True):
        url = urlsplit(path)
        params = sorted(pair for pair in parse_qsl(url.query, keep_blank_values=True) if pair[0] not in passed_over)
        query = "&".join(f"{name}={value}" for name, value in params)
        told.append(f"{method} {url.path}" + (f"?{query}" if query else "") + (f" {_told(body)}" if body else ""))
    return told


def _told(body: bytes) -> str:
    try:
        return json.dumps(_shortened(json.loads(body)), sort_keys=True)
    except ValueError:
        return _digest(body)


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_shortened(each) for each in value]
    if isinstance(value, str) and len(value) > TEXT_MAX:
        text = " ".join(value.split())
        return f"{text[:40]}... {_digest(text.encode())}"
    return value


def _digest(content: bytes) -> str:
    return f"sha256 {hashlib.sha256(content).hexdigest()[:16]}"


def play(shop: ScriptedShop, answers: list[Json]) -> None:
    """Let the shop give these answers, one a request."""
    for answer in answers:
        body = answer["text"].encode() if "text" in answer else answer["body"]
        shop.answers(body, status=answer.get("status", 200), headers=answer.get("headers"))


# --- damage


def damages(body: Any) -> Iterator[Damage]:
    """Yield the ways in which a good answer may come: torn, in another form, in other clothes, or not at all."""
    whole = json.dumps(body).encode()
    for tenth in range(10):
        yield Damage(f"torn after {tenth} tenths", whole[: len(whole) * tenth // 10])
    yield Damage("one byte short", whole[:-1])
    for name, text in {
        "a page": b"<!doctype html><title>Maintenance</title>",
        "a word": b"OK",
        "nothing": b"null",
        "an empty list": b"{}",
        "twice": whole + whole,
        "another encoding": json.dumps(body).encode("utf-16"),
        "no text": b"\xff\xfe\x00\x01" + whole,
        "deep": b"[" * 5_000,
        "not a number": whole.replace(b": 1", b": NaN", 1) + b"?",
    }.items():
        yield Damage(name, text)
    for status in (204, 301, 302, 400, 402, 404, 408, 410, 418, 423, 451, 500, 502, 503, 504):
        yield Damage(f"status {status}", whole, status)
    for path, there in _paths(body):
        for put in ("missing", None, {}, [], "", "x", 1e400, True):
            # An order that is not listed at all is what a shop without it would say.
            fits = not isinstance(path[-1], int) if put == "missing" else type(put) is not type(there)
            if fits:
                yield Damage(f"{'.'.join(map(str, path))} {put!r}", json.dumps(_with(body, path, put)).encode())


def _paths(body: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every field and element of JSON, with where it is."""
    children = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, child in children:
        yield (*at, name), child
        yield from _paths(child, (*at, name))


def _with(body: Any, path: tuple[Any, ...], put: Any) -> Any:
    copy = json.loads(json.dumps(body))
    there = copy
    for name in path[:-1]:
        there = there[name]
    if put == "missing":
        del there[path[-1]]
    else:
        there[path[-1]] = put
    return copy
