"""A visitor without a browser: keeps cookies, follows redirects, fills in forms, and speaks the JSON API."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from html.parser import HTMLParser
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

REDIRECTS_MAX = 10
TIMEOUT_S = 60.0
PAUSE_S_MAX = 2
_REDIRECTS = (301, 302, 303, 307, 308)


class VisitFailed(Exception):
    """A page or the API did not answer as a visitor expects."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Form(msgspec.Struct, kw_only=True):
    """One form of a page, with what its fields already hold."""

    action: str
    method: str
    fields: dict[str, str]


class Visitor:
    """One browser's worth of state. Cookies are kept by host and port; those marked Secure are sent to this machine too."""

    def __init__(self, site: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._site = site
        self._timeout_s = timeout_s
        self._token = ""
        self._cookies: dict[str, dict[str, str]] = {}

    def sign_up(self, *, email: str, password: str, workspace: str) -> None:
        """Make an account; its session and token go with every later request."""
        session = self.post("/v1/users", {"email": email, "password": password, "workspace": workspace})
        self._token = session["token"]

    def sign_in(self, *, email: str, password: str) -> None:
        """Go on with an account; its session and token go with every later request."""
        self._token = self.post("/v1/session", {"email": email, "password": password})["token"]

    def get(self, path: str, **query: object) -> Any:
        """The JSON at a path of the API. Raises VisitFailed."""
        asked = {name.rstrip("_"): value for name, value in query.items() if value is not None}
        return self._json("GET", f"{path}?{urlencode(asked)}" if asked else path, None)

    def post(self, path: str, body: object) -> Any:
        """What the API answers to a write. Raises VisitFailed."""
        return self._json("POST", path, body)

    def change(self, method: str, path: str, body: object) -> Any:
        """What the API answers to a change of settings, made to those that are in force. Raises VisitFailed."""
        return self._json(method, path, body, {"If-Match": self._etag(path)})

    def _etag(self, path: str) -> str:
        answer = self._ask("GET", self._site + path, None, {"Accept": "application/json"})
        return answer.headers.get("ETag", "")

    def open(self, url: str, form: Form | None = None) -> Answer:
        """Open a page, or send a form, and follow where it leads. Raises VisitFailed."""
        method, fields = ("GET", None) if form is None else (form.method, urlencode(form.fields))
        if fields is not None and method == "GET":
            url, fields = f"{url.partition('?')[0]}?{fields}", None
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": _origin(url)} if fields else {}
        for _ in range(REDIRECTS_MAX):
            answer = self._ask(method, url, fields.encode() if fields else None, headers)
            if answer.status not in _REDIRECTS:
                return answer
            url, method, fields, headers = urljoin(url, answer.headers["Location"]), "GET", None, {}
        raise VisitFailed(f"more than {REDIRECTS_MAX} redirects, the last to {url}")

    def _json(self, method: str, path: str, body: object, more: Mapping[str, str] | None = None) -> Any:
        headers = {"Accept": "application/json", "Origin": self._site, **(more or {})}
        if body is not None:
            headers |= {"Content-Type": "application/json", "X-Daybook": self._token or "1"}
        answer = self._ask(method, self._site + path, json.dumps(body).encode() if body is not None else None, headers)
        if answer.status >= 300:
            raise VisitFailed(f"{method} {path}: {answer.status} {answer.body[:500].decode(errors='replace')}")
        return json.loads(answer.body) if answer.body else None

    def _ask(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Ask, and once more after a pause if that was too fast."""
        answer = self._ask_once(method, url, body, headers)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS and int(answer.headers["Retry-After"]) <= PAUSE_S_MAX:
            time.sleep(int(answer.headers["Retry-After"]))
            answer = self._ask_once(method, url, body, headers)
        return answer

    def _ask_once(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        parts = urlsplit(url)
        jar = self._cookies.setdefault(parts.netloc, {})
        if jar:
            headers = headers | {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        link = http.client.HTTPConnection(parts.netloc, timeout=self._timeout_s)
        try:
            link.request(method, parts._replace(scheme="", netloc="").geturl() or "/", body, headers)
            response = link.getresponse()
            answer = Answer(url=url, status=response.status, headers=response.headers, body=response.read())
        finally:
            link.close()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            jar.update({name: morsel.value for name, morsel in SimpleCookie(cookie).items()})
        return answer


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = given.get("method", "get").upper()
            self.forms.append(Form(action=given.get("action", ""), method=method, fields={}))
        elif tag in ("input", "button") and given.get("name") and self.forms:
            self.forms[-1].fields.setdefault(given["name"], given.get("value", ""))


def forms_of(page: Answer) -> list[Form]:
    """The forms of a page in their order, each with a full address. Of several buttons with one name the first is pressed."""
    reader = _Forms()
    reader.feed(page.body.decode())
    for form in reader.forms:
        form.action = urljoin(page.url, form.action)
    return reader.forms


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
