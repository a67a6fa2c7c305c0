"""Passwords: which are taken, and the form in which they are kept.

The form is `scrypt$<log2 of N>$<r>$<p>$<salt>$<hash>`, the last two in base64url. It says what it cost, so that the cost may
rise: a password of a lower cost is kept anew at its next use.
"""

import hashlib
import hmac
import threading
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from itertools import pairwise

import msgspec

CHARACTERS_MIN = 12
CHARACTERS_MAX = 128
_DIFFERENT_MIN = 5
_HASH_BYTES = 32
SALT_BYTES = 16

# A long password is guessed first where it is popular words or walks over the keyboard, one after another or dressed with
# figures; lists of leaked passwords of this length hold little else.
_POPULAR = frozenset(
    """
    password passwort passphrase pass word letmein let me in welcome hello admin administrator administrators root login
    logon user username guest master secret changeme change default temp temporary test testing access account system
    computer internet server google facebook amazon shopify daybook store shop money business company office iloveyou
    love you lovely loveme forever friends family sunshine princess superman batman pokemon starwars dragon monkey football
    baseball basketball soccer hockey summer winter spring autumn january february march april may june july august
    september october november december monday tuesday wednesday thursday friday saturday sunday qwerty qwertyuiop qwertz
    qwertzuiop azerty azertyuiop uiop asdf asdfgh asdfghjkl hjkl zxcv zxcvbn zxcvbnm bnm qazwsx edcrfv tgbyhn qaz wsx edc
    qwe rty asd fgh zxc abc abcd abcdef abcdefg abcdefgh trustno whatever michael jennifer jordan charlie liverpool chelsea
    arsenal correct horse battery staple is the my a i
    """.split()  # noqa: SIM905 (a page of quotation marks is no easier to read)
)
_POPULAR_CHARACTERS_MAX = max(map(len, _POPULAR))
_DRESSED = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_ROWS = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyzabc",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "zaq12wsxcde34rfvbgt56yhn",
    "q1w2e3r4t5y6u7i8o9p0",
)


class Cost(msgspec.Struct, frozen=True):
    """What scrypt is told to cost: 128 x r x 2^log_n bytes of memory, p times."""

    log_n: int = 17
    r: int = 8
    p: int = 1


class Passwords:
    """Keeps and checks passwords at one cost. One at a time in a process, for each takes 128 MB at the usual cost."""

    def __init__(self, cost: Cost) -> None:
        self._cost = cost
        self._one_at_a_time = threading.Lock()

    def keep(self, password: str, salt: bytes) -> str:
        """The form in which the password is stored."""
        cost = self._cost
        return f"scrypt${cost.log_n}${cost.r}${cost.p}${_text(salt)}${_text(self._hash(password, salt, cost))}"

    def is_right(self, password: str, kept: str | None) -> bool:
        """Check a password. With nothing kept it takes the same time and is wrong."""
        if kept is None:
            self._hash(password, bytes(SALT_BYTES), self._cost)
            return False
        cost, salt, expected = _parts(kept)
        return hmac.compare_digest(self._hash(password, salt, cost), expected)

    def is_outdated(self, kept: str) -> bool:
        return _parts(kept)[0] != self._cost

    def _hash(self, password: str, salt: bytes, cost: Cost) -> bytes:
        memory = 128 * cost.r * (2**cost.log_n + cost.p + 2)
        with self._one_at_a_time:
            return hashlib.scrypt(
                _normal(password).encode("utf-8", "surrogatepass"),
                salt=salt,
                n=2**cost.log_n,
                r=cost.r,
                p=cost.p,
                maxmem=memory,
                dklen=_HASH_BYTES,
            )


def what_is_wrong(password: str, *, about: tuple[str, ...] = ()) -> str | None:
    """Why a new password is refused, as a sentence; None if it is taken. `about` are texts it must not merely repeat."""
    password = _normal(password)
    if len(password) < CHARACTERS_MIN:
        return f"Use at least {CHARACTERS_MIN} characters."
    if len(password) > CHARACTERS_MAX:
        return f"Use at most {CHARACTERS_MAX} characters."
    bare = password.lower()
    letters = "".join(filter(str.isalnum, bare))
    common = (
        len(set(bare)) < _DIFFERENT_MIN
        or letters.isdecimal()
        or any(_is_popular(text) for text in (letters.strip("0123456789"), _undressed(bare), _undressed(letters)))
        or any(_walks(letters, row) for row in _ROWS)
        or any(text and letters.strip("0123456789") == _letters(text) for text in about)
    )
    return "This one is guessed too easily. Choose a less common one." if common else None


def _is_popular(text: str) -> bool:
    """Whether popular words, one after another, make up the text."""
    reached = {0}
    for end in range(1, len(text) + 1):
        if any(
            start in reached and text[start:end] in _POPULAR
            for start in range(max(0, end - _POPULAR_CHARACTERS_MAX), end)
        ):
            reached.add(end)
    return text != "" and len(text) in reached


def _undressed(text: str) -> str:
    """`p@ssw0rd2026!!` without its figures and signs."""
    return "".join(filter(str.isalpha, text.strip("0123456789!?.,-_#*+ ").translate(_DRESSED)))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower())).strip("0123456789")


def _walks(text: str, row: str) -> bool:
    """Whether the text only walks along a row of keys or signs, in either direction, perhaps again and again."""
    steps = {a + b for line in (row, row[::-1]) for a, b in pairwise(line)}
    jumps = sum(a + b not in steps for a, b in pairwise(text))
    return text != "" and jumps <= len(text) // 6


def _normal(password: str) -> str:
    """One form for a password however a keyboard composed it (NIST SP 800-63B, normalisation)."""
    return unicodedata.normalize("NFKC", password)


def _parts(kept: str) -> tuple[Cost, bytes, bytes]:
    name, log_n, r, p, salt, expected = kept.split("$")
    assert name == "scrypt", "there is one kind of stored password"
    return Cost(int(log_n), int(r), int(p)), urlsafe_b64decode(salt), urlsafe_b64decode(expected)


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).decode()
