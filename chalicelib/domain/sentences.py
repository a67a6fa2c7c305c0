"""Words and figures for sentences that people read, in English."""

from datetime import date

from chalicelib.domain.money import exponent

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def money_text(minor: int, currency: str) -> str:
    """An amount as people write it: $6,248.60, CAD 12.00, JPY 1,000."""
    places = exponent(currency)
    whole, fraction = divmod(abs(minor), 10**places)
    digits = f"{whole:,}.{fraction:0{places}}" if places else f"{whole:,}"
    sign = "-" if minor < 0 else ""
    return f"{sign}{_SIGNS[currency]}{digits}" if currency in _SIGNS else f"{sign}{currency} {digits}"


def counted(number: int, one: str, many: str) -> str:
    """131 orders; 1 order."""
    return f"{number:,} {one if number == 1 else many}"


def day_name(day: date) -> str:
    """Nov 23."""
    return f"{day:%b} {day.day}"


def day_name_in(day: date) -> str:
    """Nov 23, 2026: a day with its year."""
    return f"{day_name(day)}, {day.year}"
