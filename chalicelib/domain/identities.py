"""Who an identity provider says somebody is: the claims of an ID token, and what has to hold before they are believed.

After OpenID Connect Core 1.0, 3.1.3.7. The signature over the claims is checked where the token comes in (channels/openid.py);
here is everything that the claims say of themselves. Instants are epoch seconds.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import normal_email

# How far two clocks may differ, and for how long a token may have been on its way to us.
SKEW_S = 60
ISSUED_WITHIN_S = 600
SUBJECT_CHARACTERS_MAX = 255
PATH_CHARACTERS_MAX = 512

# What browsers do not read as another site: one slash, then what is printed, but no backslash. Pages only, nothing that acts.
_PATH = re.compile(r"/(?!/|v1/|static/)[!-\[\]-~]*")


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody as their provider knows them; `subject` is never given to anybody else there, an e-mail may be.

    `email` is None unless the provider says that it is theirs. `proved_at` is when they last proved to the provider who they
    are, None if it does not say.
    """

    issuer: str
    subject: str
    email: str | None
    proved_at: int | None


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A way to the provider that was begun: where it leads back to, and for whom it is.

    With `again` the provider has to ask for their proof anew. With `user` it is to be connected to that account.
    """

    next: str
    began_at: int
    until: int
    time_zone: str = "UTC"
    again: bool = False
    user: str | None = None


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    sub: str
    aud: str | tuple[str, ...]
    exp: int | float
    iat: int | float
    nonce: str
    nbf: int | float = 0
    azp: str | None = None
    auth_time: int | float | None = None
    email: str | None = None
    # Some write it as text; only the truth value counts.
    email_verified: bool | str = False


_read = msgspec.json.Decoder(_Claims)


def identity_in(payload: bytes, *, issuer: str, client_id: str, nonce: str, at: int) -> Identity:
    """The identity in the payload of a token whose signature is good. Raises UnreadablePayload naming the claim that is not."""
    try:
        claims = _read.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise errors.UnreadablePayload("The token's claims have another form than documented.") from None
    audiences = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
    holds = {
        "iss": claims.iss == issuer,
        "sub": 0 < len(claims.sub) <= SUBJECT_CHARACTERS_MAX,
        "aud": client_id in audiences,
        "azp": claims.azp == client_id if claims.azp is not None else len(audiences) == 1,
        "nonce": hmac.compare_digest(claims.nonce.encode("utf-8", "surrogatepass"), nonce.encode()),
        "exp": at < claims.exp + SKEW_S,
        "nbf": claims.nbf <= at + SKEW_S,
        "iat": at - ISSUED_WITHIN_S - SKEW_S <= claims.iat <= at + SKEW_S,
        "auth_time": claims.auth_time is None or 0 <= claims.auth_time <= at + SKEW_S,
    }
    if wrong := [name for name, good in holds.items() if not good]:
        raise errors.UnreadablePayload(f"The token's {', '.join(wrong)} cannot be accepted.")
    return Identity(
        issuer=claims.iss,
        subject=claims.sub,
        email=normal_email(claims.email) if claims.email and claims.email_verified is True else None,
        proved_at=None if claims.auth_time is None else min(int(claims.auth_time), at),
    )


def own_path(text: str) -> str:
    """The path if it is of a page of ours, else that of the first page: nobody is led to another site by us."""
    return text if len(text) <= PATH_CHARACTERS_MAX and _PATH.fullmatch(text) else "/"


def derived(secret: str, purpose: str, state: str) -> str:
    """43 characters that only the holder of a secret of 256 bits can make, for one purpose and one state."""
    made = hmac.new(secret.encode("utf-8", "surrogatepass"), f"daybook: {purpose}\0{state}".encode(), hashlib.sha256)
    return _text(made.digest())


def challenge_of(verifier: str) -> str:
    """What is told of a PKCE verifier before it is (RFC 7636, S256)."""
    return _text(hashlib.sha256(verifier.encode()).digest())


def workspace_name(email: str) -> str:
    """What a workspace is called until its owner names it: "Northwind" for owner@northwind.example."""
    return email.rpartition("@")[2].partition(".")[0].capitalize()


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).decode().rstrip("=")
