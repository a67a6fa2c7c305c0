"""The whole application behind Chalice's test client, on a table in memory, with visitors who keep their cookie and token."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from chalice.test import Client, HTTPResponse

from app import app
from chalicelib import bootstrap
from chalicelib.channels import Kind
from chalicelib.domain.connections import Connection
from chalicelib.domain.passwords import Passwords
from chalicelib.entrypoints.visit import COOKIE
from chalicelib.settings import Settings
from chalicelib.storage.table import Table
from chalicelib.workflows.sign_in import SignIn
from tests.support.pairing import ApprovingChannel, GrantingChannel, KeyedChannel
from tests.support.people import CHEAP, PASSWORD
from tests.support.system import SETTINGS, Daybook

ORIGIN = "http://127.0.0.1:8080"


class Visitor:
    """One browser's worth of state."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.cookie = ""
        self.token = "1"
        self.workspace = ""
        self.user = ""

    def sign_up(self, email: str) -> "Visitor":
        return self.begin(self.post("/v1/users", {"email": email, "password": PASSWORD, "workspace": "Northwind"}))

    def sign_in(self, email: str) -> "Visitor":
        return self.begin(self.post("/v1/session", {"email": email, "password": PASSWORD}))

    def begin(self, answer: HTTPResponse) -> "Visitor":
        """Go on with the session that was answered."""
        session = json_at(answer, 201)
        self.token, self.workspace = session["token"], session["workspace"]["id"]
        self.user = session["user"]["id"]
        return self

    def get(self, path: str, **headers: str) -> HTTPResponse:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: object = None, **headers: str) -> HTTPResponse:
        return self.ask("POST", path, body, headers)

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> HTTPResponse:
        """Ask as a page of ours does; a header given as "" is left out."""
        sent = {"Cookie": self.cookie, **(headers or {})}
        if method != "GET":
            sent = {"Origin": ORIGIN, "X-Daybook": self.token, "Content-Type": "application/json", **sent}
        sent = {name.replace("_", "-"): value for name, value in sent.items() if value}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        answer = self._client.http.request(method, path, headers=sent, body=content)
        given = answer.headers.get("Set-Cookie") or []
        for cookie in [given] if isinstance(given, str) else given:
            if cookie.startswith(f"{COOKIE}="):  # that of a way to the identity provider is not kept here
                self.cookie = cookie.partition(";")[0]
        return answer


class Site:
    """Daybook as visitors meet it."""

    def __init__(self, daybook: Daybook, client: Client) -> None:
        self.daybook = daybook
        self._client = client

    def visitor(self) -> Visitor:
        return Visitor(self._client)

    def merchant(self, name: str = "owner") -> Visitor:
        """Somebody who has just signed up."""
        return self.visitor().sign_up(f"{name}@northwind.example")

    def joined(self, owner: Visitor, email: str, role: str) -> Visitor:
        """Somebody whom the owner has invited and who has joined."""
        link = json_at(owner.post("/v1/invitations", {"email": email, "role": role}), 201)["link"]
        visitor = self.visitor()
        return visitor.begin(visitor.post("/v1/join", {"secret": link.partition("#")[2], "password": PASSWORD}))


class OpenDaybook(Daybook):
    """With passwords that cost little, and channels to pair with that need no network."""

    def __init__(self, table: Table, settings: Settings = SETTINGS) -> None:
        super().__init__(table, settings)
        self.channel, self.keyed, self.sites = GrantingChannel(self.now), KeyedChannel(), ApprovingChannel()

    @property
    def sign_in(self) -> SignIn:  # type: ignore[override]
        return SignIn(
            accounts=self.accounts,
            passwords=Passwords(CHEAP),
            codes=lambda: self.one_time_codes,
            now=self.now,
            random=self.outside.random,
            individual_allowed=True,
        )

    @property
    def platforms(self) -> Any:  # type: ignore[override]
        return {each.kind.kind: each for each in (self.channel, self.keyed, self.sites)}

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(each.kind for each in self.platforms.values())

    def revoke(self, connection: Connection) -> None:
        self.channel.asked.append("revoke")


@contextmanager
def open_site(table: Table, settings: Settings = SETTINGS) -> Iterator[Site]:
    daybook = OpenDaybook(table, settings)
    with pytest.MonkeyPatch.context() as patch, Client(app, project_dir=".") as client:
        # The functions of a deployed application find their system through the environment; this is ours.
        patch.setattr(bootstrap, "system", lambda: daybook)
        yield Site(daybook, client)


def json_at(answer: HTTPResponse, status: int = 200) -> dict[str, Any]:
    """The JSON of an answer that has this status."""
    assert answer.status_code == status, (answer.status_code, answer.body)
    return answer.json_body  # type: ignore[no-any-return]
