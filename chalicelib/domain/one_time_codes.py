"""One-time codes: six digits that an app makes of a secret which it shares with us, and recovery codes for when it is gone.

The digits are TOTP (RFC 6238) with HMAC-SHA-1 and steps of 30 seconds, the form that every authenticator app knows. A code is good
for its own step and the ones beside it, because clocks differ, and once: a step that was used, and those before it, are over.
"""

import hashlib
import hmac
import struct
from base64 import b32encode
from urllib.parse import quote, urlencode

import msgspec

from chalicelib.domain.secret import Secret

SECRET_BYTES = 20
STEP_S = 30
DIGITS = 6
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
_RECOVERY_CHARACTERS = 16
_GROUP = 4
_PROPOSAL_CHARACTERS = 16
_STEPS_BESIDE = 1
_ISSUER = "Daybook"


class OneTimeCodes(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of somebody's codes; secrets are sealed, recovery codes hashed. Instants are epoch seconds.

    `secret` is in force since `since`, both None before; `proposed` is one that an app is being set up with. `step` is the last one
    that was used. `mark` names the write that this is of.
    """

    user: str
    workspace: str
    secret: bytes | None = None
    since: int | None = None
    step: int = 0
    recovery: tuple[str, ...] = ()
    proposed: bytes | None = None
    proposed_until: int = 0
    mark: str = ""


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a step (RFC 4226, 5.3)."""
    made = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    place = made[-1] & 15
    number: int = struct.unpack(">I", made[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"


def step_of(secret: bytes, code: str, *, at: int, after: int) -> int | None:
    """The step later than `after` that a code is of; None if it is wrong, too old, or was used."""
    now = at // STEP_S
    found = None
    for step in range(now - _STEPS_BESIDE, now + _STEPS_BESIDE + 1):
        right = hmac.compare_digest(code_at(secret, step).encode(), code.encode("utf-8", "surrogatepass"))
        if right and step > after:
            found = step
    return found


def bare(code: str) -> str:
    """A code as it is compared: without what people and apps put between its characters."""
    return "".join(sign for sign in code if not sign.isspace() and sign != "-").lower()


def key_text(secret: bytes) -> str:
    """The secret as it is typed into an app."""
    return b32encode(secret).decode().rstrip("=")


def proposal_of(secret: bytes) -> str:
    """What a proposed secret is called by those who have seen it; it tells nothing of the secret."""
    return hashlib.sha256(secret).hexdigest()[:_PROPOSAL_CHARACTERS]


def app_address(secret: bytes, email: str) -> Secret:
    """What apps read from a picture: the "Key Uri Format" of Google Authenticator, its defaults left out."""
    return Secret(
        f"otpauth://totp/{quote(f'{_ISSUER}:{email}', safe='@:')}?{urlencode({'secret': key_text(secret), 'issuer': _ISSUER})}"
    )


def recovery_code(random: bytes) -> str:
    """80 random bits as people write them down: four times four small letters and figures."""
    text = b32encode(random).decode().lower()
    return "-".join(text[place : place + _GROUP] for place in range(0, len(text), _GROUP))


def is_recovery_code(code: str) -> bool:
    return len(bare(code)) == _RECOVERY_CHARACTERS


def recovery_hash(code: str) -> str:
    """What is kept of a recovery code."""
    return hashlib.sha256(bare(code).encode("utf-8", "surrogatepass")).hexdigest()
