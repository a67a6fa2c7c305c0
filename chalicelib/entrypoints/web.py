"""The page's files, and what every answer carries: the headers that keep browsers from doing more than the page needs.

Every path of up to three parts is the page's own shell, but nothing below `/v1` or `/static`. Files are text, read once.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from html import escape
from http import HTTPStatus
from pathlib import Path

import msgspec
from chalice import Blueprint
from chalice.app import Request, Response

from chalicelib import bootstrap, errors
from chalicelib.entrypoints.http import problem, public
from chalicelib.entrypoints.log import log
from chalicelib.entrypoints.visit import Visit

web = Blueprint(__name__)

STATIC = Path(__file__).parents[1] / "pages" / "static"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}
HASHED_PARTS = 3
FOREVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"
_NOT_PAGES = ("v1", "static")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NO_STORE = "no-store"


@web.middleware("http")
def finish(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Give every answer its headers, and what the framework refuses itself the form of all other errors."""
    answer = get_response(request)
    visit = Visit(request)
    if isinstance(answer.body, dict):
        status = answer.status_code
        detail = "That did not work, and it is our fault." if status >= 500 else f"{HTTPStatus(status).phrase}."
        allow = {name: value for name, value in answer.headers.items() if name == "Allow"}
        answer = problem(visit, status, detail)
        answer.headers.update(allow)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Cache-Control", NO_STORE)
    if answer.status_code >= 500 or answer.status_code in (401, 403, 429) or _is_refused_write(visit, answer):
        level = "error" if answer.status_code >= 500 else "warning"
        log("refused", level=level, status=answer.status_code, route=visit.route, request=visit.id)
    return answer


def _is_refused_write(visit: Visit, answer: Response) -> bool:
    return visit.writes and answer.status_code >= 400


@web.route("/", methods=["GET"])
@public()
def home(visit: Visit) -> Response:
    """The page."""
    return _shell(visit)


@web.route("/{a}", methods=["GET"])
@public()
def page_of_one(visit: Visit, a: str) -> Response:
    """The page."""
    return _shell(visit, a)


@web.route("/{a}/{b}", methods=["GET"])
@public()
def page_of_two(visit: Visit, a: str, b: str) -> Response:
    """The page."""
    return _shell(visit, a)


@web.route("/{a}/{b}/{c}", methods=["GET"])
@public()
def page_of_three(visit: Visit, a: str, b: str, c: str) -> Response:
    """The page."""
    return _shell(visit, a)


@web.route("/robots.txt", methods=["GET"])
@public()
def robots() -> Response:
    """What search engines may look at."""
    return _file("robots.txt", A_DAY)


@web.route("/static/{name}", methods=["GET"])
@public()
def static(name: str) -> Response:
    """One file of the page. Those with a hash in their name never change."""
    return _file(name, FOREVER if name.count(".") == HASHED_PARTS - 1 else A_DAY)


def _shell(visit: Visit, first: str = "") -> Response:
    if first in _NOT_PAGES:
        raise errors.NotFound("There is nothing at this address.")
    shell = _read("shell.html")
    if shell is None:
        raise errors.NotFound("The page has not been built.")
    label = bootstrap.system().settings.provider_label
    content = shell.replace("{{base}}", visit.base).replace("{{provider}}", escape(label))
    etag = f'"{hashlib.sha256(content.encode()).hexdigest()[:24]}"'
    headers: dict[str, str | list[str]] = {"Cache-Control": "no-cache", "ETag": etag}
    if visit.header("If-None-Match") == etag:
        return Response("", headers, 304)
    return Response(content, {"Content-Type": KINDS[".html"], **headers})


def _file(name: str, caching: str) -> Response:
    content = _read(name)
    if content is None or name == "shell.html":
        raise errors.NotFound("There is nothing at this address.")
    return Response(content, {"Content-Type": KINDS[Path(name).suffix], "Cache-Control": caching})


class _Version(msgspec.Struct, frozen=True):
    """Which build of a file: one machine builds anew while it runs."""

    name: str
    changed_at: int


def _read(name: str) -> str | None:
    """The text of a file; only names that the folder lists are files, so no name leads out of it."""
    found = {file.name: file for file in STATIC.iterdir()} if STATIC.is_dir() else {}
    file = found.get(name)
    if file is None or file.suffix not in KINDS:
        return None
    return _text(_Version(name, file.stat().st_mtime_ns))


@lru_cache(maxsize=64)
def _text(version: _Version) -> str:
    return (STATIC / version.name).read_text(encoding="utf-8")
