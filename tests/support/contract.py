"""A kind's contract file at work: its platform opened on a scripted shop as the file says, and its answers damaged."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from chalicelib.channels import Channel, Means
from chalicelib.channels.http import Http
from chalicelib.channels.kinds import PLATFORMS
from chalicelib.domain.connections import Connection, Credentials, StoreName
from chalicelib.domain.secret import Secret
from tests.support.pairing import connection
from tests.support.reach import reach_to
from tests.support.shop import ScriptedShop

CONTRACTS = Path(__file__).parents[1] / "channels" / "contracts"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

Json = dict[str, Any]


class Damage(msgspec.Struct, frozen=True):
    """One way in which an answer goes wrong; `name` says which."""

    name: str
    body: bytes
    status: int = 200


def contract(kind: str) -> Json:
    read: Json = json.loads((CONTRACTS / f"{kind}.json").read_text())
    return read


def opened(kind: str, url: str, case: Json) -> Channel:
    """The kind's paired shop at `url`. The file's `opened`, and then the case's, say what pairing found out about it."""
    told = {**contract(kind)["opened"], **case.get("opened", {})}
    client = Http(reach=reach_to(url), sleep=lambda _: None, now=lambda: NOW, total_s=5.0)
    means = Means(
        http=lambda: client,
        sleep=lambda _: None,
        now=lambda: NOW,
        url=told.get("url", "{url}").replace("{url}", url),
        plain_sites=(url,),
    )
    paired: Connection = msgspec.structs.replace(
        connection(),
        kind=kind,
        domain=told.get("domain", "").replace("{url}", url).replace("{host}", url.partition("://")[2]),
        zone=case["zone"],
        currency=told.get("currency", "USD"),
        stores=tuple(StoreName(id_, f"Store {id_}") for id_ in told.get("stores", ["1"])),
        traits=told.get("traits", {}),
    )
    credentials = Credentials(access=Secret("access-canary"), secret=Secret("secret-canary"))
    channel: Channel = PLATFORMS[kind](means).open(paired, credentials)
    return channel


def play(shop: ScriptedShop, answers: list[Json]) -> None:
    """Let the shop give these answers, one a request."""
    for answer in answers:
        body = answer["text"].encode() if "text" in answer else answer["body"]
        shop.answers(body, status=answer.get("status", 200), headers=answer.get("headers"))


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
        for put in ("missing", None, {}, [], "", "x", -1, 1e400, True):
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
