"""Money as integer minor units.

ISO 4217 gives each currency its exponent (USD 2, JPY 0, KWD 3). Halves round away from zero, so parse(-x) = -parse(x);
text is rounded once, here, and nowhere else.
"""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import msgspec

_EXPONENTS = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
)
_EXPONENTS |= dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)
_EXPONENTS |= dict.fromkeys(["CLF", "UYW"], 4)
_ONE = Decimal(1)


def exponent(currency: str) -> int:
    """How many decimal places the currency has; 2 where ISO 4217 names no other."""
    return _EXPONENTS.get(currency, 2)


def parse_minor(text: str, places: int) -> int:
    """Read decimal text as minor units of a currency with `places` decimals. Raises ValueError.

    Text as channels write it in all but odd cases ("19.99", "5.0", "-5") is read without Decimal: measured, an eighth of the time.
    """
    whole, _, fraction = text.partition(".")
    digits = whole.removeprefix("-") + fraction
    if whole not in ("", "-") and len(fraction) <= places and digits.isdecimal() and digits.isascii():
        minor = int(digits) * 10 ** (places - len(fraction))
        return -minor if whole[0] == "-" else minor
    try:
        value = Decimal(text)
    except InvalidOperation as exc:
        raise ValueError(f"not an amount: {text[:40]!r}") from exc
    if not text.isascii() or not value.is_finite() or abs(value.adjusted()) > 18:
        raise ValueError(f"not an amount: {text[:40]!r}")
    return int(value.scaleb(places).quantize(_ONE, rounding=ROUND_HALF_UP))


def divide_half_away(numerator: int, denominator: int) -> int:
    """The quotient rounded to the nearest integer, halves away from zero. `denominator` is not 0."""
    negative = (numerator < 0) != (denominator < 0)
    quotient = (2 * abs(numerator) + abs(denominator)) // (2 * abs(denominator))
    return -quotient if negative else quotient


class Money(msgspec.Struct, frozen=True):
    """An amount that travels alone. Adding two currencies is a bug."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read decimal text. Raises ValueError."""
        return cls(parse_minor(text, exponent(currency)), currency)

    def __add__(self, other: "Money") -> "Money":
        assert self.currency == other.currency, f"{self.currency} and {other.currency} do not add"
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)
