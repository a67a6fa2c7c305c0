"""The identity provider: where its people are sent, and what their code is worth there.

After OpenID Connect Discovery 1.0 and Core 1.0, 3.1: authorization code flow with PKCE (RFC 7636). What the provider's own
document names is believed only once that document names the issuer we know, and only where our client may go: https on the
public internet, or an origin of development.

Of a token the header is read for one thing, which of the issuer's keys it names. The algorithm is the one in our settings, keys
are that issuer's, and addresses or keys within a token (`jku`, `jwk`, `x5u`) are nothing to us.
"""

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msgspec

from chalicelib import errors
from chalicelib.channels.answers import decode
from chalicelib.channels.reach import Reach
from chalicelib.domain.secret import Secret

if TYPE_CHECKING:
    from jwt.types import JWKDict

    from chalicelib.channels.http import Http

# A document and a set of keys have some thousand bytes.
ANSWER_BYTES_MAX = 262_144
# All three questions have to fit into what a browser waits for us.
TOTAL_S = 6.0
KNOWN_S = 3_600
TOKEN_CHARACTERS_MAX = 16_384
RSA_BITS_MIN = 2_048
SCOPES = "openid email"

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}


class _Document(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Key(msgspec.Struct, frozen=True):
    """What tells whether a key of the set is for us; the key itself is read by the library."""

    kty: str
    kid: str = ""
    use: str = "sig"
    alg: str | None = None
    key_ops: tuple[str, ...] = ("verify",)


class _Keys(msgspec.Struct, frozen=True):
    keys: tuple[msgspec.Raw, ...]


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


_read_document = msgspec.json.Decoder(_Document)
_read_keys = msgspec.json.Decoder(_Keys)
_read_key = msgspec.json.Decoder(_Key)
_read_tokens = msgspec.json.Decoder(_Tokens)


class OpenId:
    """One provider. `http` gives a client that may go where `reach` says; `now` is asked how old what we know of it is."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        secret: Secret,
        algorithm: str,
        callback: str,
        reach: Reach,
        http: Callable[[Reach], "Http"],
        now: Callable[[], datetime],
    ) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self._secret = secret
        self._algorithm = algorithm
        self._callback = callback
        self._reach = reach
        self._http = http
        self._now = now
        self._known: tuple[datetime, _Document] | None = None
        self._keys: dict[str, JWKDict] = {}

    def authorize_url(self, *, state: str, nonce: str, challenge: str, again: bool) -> str:
        """Where a browser is sent; with `again` the provider is to ask for a proof anew. Raises ChannelError."""
        endpoint = self._document().authorization_endpoint
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self._callback,
            "scope": SCOPES,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if again:
            query |= {"prompt": "login", "max_age": "0"}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def redeem(self, code: str, verifier: str) -> bytes:
        """The claims that a code is worth, signed by the issuer; nothing else of them is checked. Raises ChannelError."""
        document = self._document()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": verifier,
        }
        headers = dict(_FORM)
        if "client_secret_basic" in document.token_endpoint_auth_methods_supported:
            pair = f"{quote(self.client_id, safe='')}:{quote(self._secret.reveal(), safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self.client_id, "client_secret": self._secret.reveal()}
        body = self._http(self._reach).post(document.token_endpoint, urlencode(form).encode(), headers)
        return self._signed(decode(body, _read_tokens).id_token)

    def _document(self) -> _Document:
        """What the provider says of itself, asked once an hour. Raises ChannelError."""
        if self._known is not None and 0 <= (self._now() - self._known[0]).total_seconds() < KNOWN_S:
            return self._known[1]
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        document = decode(self._http(self._reach).get(url, {}).body, _read_document)
        if document.issuer != self.issuer:
            raise errors.UnreadablePayload("The provider is not the issuer that it was taken for.")
        for endpoint in (document.authorization_endpoint, document.token_endpoint, document.jwks_uri):
            self._reach.check(endpoint)
        self._known, self._keys = (self._now(), document), {}
        return document

    def _signed(self, token: str) -> bytes:
        """The payload of a token that is signed by the issuer. Raises UnreadablePayload."""
        import jwt

        if len(token) > TOKEN_CHARACTERS_MAX:
            raise errors.UnreadablePayload("The token is without measure.")
        try:
            named = jwt.get_unverified_header(token).get("kid")
            key: Any = jwt.PyJWK(self._key(named), algorithm=self._algorithm).key
            if getattr(key, "key_size", 0) < (RSA_BITS_MIN if self._algorithm == "RS256" else 0):
                raise errors.UnreadablePayload("The provider's key is too short.")
            payload: bytes = jwt.PyJWS(algorithms=[self._algorithm]).decode(token, key, algorithms=[self._algorithm])
        except (jwt.PyJWTError, ValueError, TypeError) as exc:
            raise errors.UnreadablePayload("The token is not signed as it has to be.") from exc
        return payload

    def _key(self, named: object) -> "JWKDict":
        """The issuer's key of that name; an unknown one is looked for once more, since providers change theirs."""
        if not isinstance(named, str) or not named:
            raise errors.UnreadablePayload("The token names no key.")
        if named not in self._keys:
            self._keys = self._fetch_keys()
        if named not in self._keys:
            raise errors.UnreadablePayload("The token names a key that its issuer does not have.")
        return self._keys[named]

    def _fetch_keys(self) -> dict[str, "JWKDict"]:
        """The keys that are for signatures of our algorithm; others are as if they were not there."""
        body = self._http(self._reach).get(self._document().jwks_uri, {}).body
        found: dict[str, JWKDict] = {}
        for raw in decode(body, _read_keys).keys:
            try:
                key = _read_key.decode(raw)
            except msgspec.DecodeError:
                continue  # of a form that we need not know
            if (
                key.kid
                and key.kty == _KEY_TYPES[self._algorithm]
                and key.use == "sig"
                and key.alg in (None, self._algorithm)
                and "verify" in key.key_ops
            ):
                found[key.kid] = msgspec.json.decode(raw)
        return found
