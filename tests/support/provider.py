"""Browsers that go to the sandbox identity provider and come back, over real HTTP there and through the whole application here."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import msgspec
from chalice.test import Client, HTTPResponse

from chalicelib import errors
from chalicelib.bootstrap import System
from chalicelib.settings import Settings
from chalicelib.storage.identities import Identities
from chalicelib.storage.table import Table
from chalicelib.workflows.sign_in_by_provider import SignInByProvider
from infra.sandbox.openid import CLIENT_ID, CLIENT_SECRET, Provider
from tests.support.memory import MemoryEngine
from tests.support.site import ORIGIN, Site, json_at, open_site
from tests.support.system import SETTINGS

CALLBACK = f"{ORIGIN}/v1/callback/provider"
WAY, SESSION = "__Host-daybook-provider", "__Host-daybook"


def settings_with(provider: Provider, **changed: Any) -> Settings:
    """The settings of a Daybook whose people sign in through this provider."""
    known = {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
        "oidc_algorithm": provider.algorithm,
        "plain_sites": (provider.origin,),
    }
    return msgspec.structs.replace(SETTINGS, **{**known, **changed})


class FarProvider:
    """A provider that sends people off and from which nobody comes back, without a network."""

    issuer, client_id = "https://provider.example", CLIENT_ID

    def authorize_url(self, *, state: str, nonce: str, challenge: str, again: bool) -> str:
        return f"{self.issuer}/authorize?state={state}"

    def redeem(self, code: str, verifier: str) -> bytes:
        raise errors.PermanentError("nobody was here")


def by_far_provider(daybook: System) -> SignInByProvider:
    """Signing in through it."""
    return SignInByProvider(
        provider=FarProvider(),
        identities=Identities(daybook.outside.table, daybook.new_id),
        accounts=daybook.accounts,
        sign_in=daybook.sign_in,
        record=daybook.access_record,
        mailer=None,
        base_url=ORIGIN,
        now=daybook.now,
        random=daybook.outside.random,
    )


class Browser:
    """Keeps cookies by name, and follows no redirect by itself."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.cookies: dict[str, str] = {}
        self.token = "1"

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> HTTPResponse:
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if method != "GET":
            sent |= {"Origin": ORIGIN, "X-Daybook": self.token, "Content-Type": "application/json"}
        content = b"" if body is None else msgspec.json.encode(body)
        answer = self._client.http.request(method, path, headers={**sent, **headers}, body=content)
        given = answer.headers.get("Set-Cookie") or []
        for cookie in [given] if isinstance(given, str) else given:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in cookie:
                del self.cookies[name]
        return answer

    def begin(self, **body: Any) -> str:
        """Where the provider is to be asked."""
        return str(json_at(self.ask("POST", "/v1/session/provider", body), 201)["authorize_url"])

    def connect(self, **body: Any) -> str:
        return str(json_at(self.ask("POST", "/v1/session/provider/connect", body), 201)["authorize_url"])

    @staticmethod
    def at_provider(url: str) -> dict[str, str]:
        """What the provider sends back, whose page needs no click."""
        parts = urlsplit(url)
        line = http.client.HTTPConnection(parts.netloc, timeout=10)
        line.request("GET", f"{parts.path}?{parts.query}")
        location = line.getresponse().headers["Location"]
        line.close()
        assert location.startswith(f"{CALLBACK}?"), location
        return dict(parse_qsl(urlsplit(location).query))

    def back(self, params: dict[str, str], **headers: str) -> str:
        """Bring it to us; where we lead on to."""
        query = "&".join(f"{name}={value}" for name, value in params.items())
        answer = self.ask("GET", f"/v1/callback/provider?{query}", **headers)
        assert answer.status_code == 303, answer.body
        return str(answer.headers["Location"])

    def sign_in(self, **body: Any) -> str:
        """The whole way; where it leads to."""
        return self.back(self.at_provider(self.begin(**body)))

    def session(self) -> dict[str, Any]:
        """Who is signed in."""
        found = json_at(self.ask("GET", "/v1/session"))
        self.token = found["token"]
        return found

    @property
    def is_signed_in(self) -> bool:
        return self.ask("GET", "/v1/session").status_code == 200


class Town:
    """Daybook with its provider, and everybody's browsers."""

    def __init__(self, site: Site, provider: Provider) -> None:
        self.site = site
        self.provider = provider
        self.daybook = site.daybook

    @property
    def engine(self) -> MemoryEngine:
        return self.daybook.outside.table._engine  # type: ignore[return-value]

    def browser(self) -> Browser:
        return Browser(self.site._client)

    def at(self) -> int:
        """The clock that everybody here goes by."""
        return int(self.daybook.clock.timestamp())

    def with_password(self, email: str, browser: Browser | None = None) -> Browser:
        """Somebody who has just signed up with a password."""
        owner = self.site.visitor().sign_up(email)
        found = browser or self.browser()
        found.cookies[SESSION] = owner.cookie.partition("=")[2]
        found.token = owner.token
        return found


def errors_in(location: str) -> list[str]:
    """What the page of the sign-in is told went wrong."""
    parts = urlsplit(location)
    assert parts.path == "/sign-in", location
    return parse_qs(parts.query)["error"]


def is_refused(town: Town, browser: Browser, location: str, why: str = "refused") -> bool:
    """Whether nobody got in, nothing was made, and the page can say why."""
    kinds = {pk.split("#")[0] for pk, _, _ in town.engine.items()}
    return errors_in(location) == [why] and not browser.is_signed_in and not kinds & {"USER", "SESSION", "IDENTITY"}


@contextmanager
def open_town(algorithm: str = "RS256", **changed: Any) -> Iterator[Town]:
    with (
        Provider(callbacks=(CALLBACK,), algorithm=algorithm) as provider,
        open_site(Table(MemoryEngine()), settings_with(provider, **changed)) as site,
    ):
        town = Town(site, provider)
        provider.now_s = town.at
        yield town
