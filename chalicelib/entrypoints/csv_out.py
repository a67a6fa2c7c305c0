"""Lists and reports as CSV: what a GET answers to `Accept: text/csv`.

Every cell is quoted. A text that a spreadsheet would run has a `'` put in front, in each of its lines, whatever blanks come
first and in whatever width its sign is written; whoever takes that `'` away has the text again. Numbers are numbers: amounts in
the unit of their currency, with a point.

An answer holds so many rows; `Link: <...>; rel="next"` leads to those that follow. Only the first part has the line of names,
so that the parts one after the other are one file.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.domain.money import exponent
from chalicelib.entrypoints.http import page
from chalicelib.entrypoints.visit import Visit

ROWS = 5_000
# Spreadsheets know by this that the file is UTF-8.
MARK = "\ufeff"

Columns = Sequence[tuple[str, Callable[[Any], object]]]

_NAME = re.compile(r"[^A-Za-z0-9-]+")
_LINES = re.compile("(\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029])")
_MINUS = "−"
_SIGNS = frozenset("=+-@" + _MINUS)
# Letters that show nothing, beside what Unicode counts as separators, controls and formats.
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


class Number(str):
    """A text that is a number: left as it is."""

    __slots__ = ()


def money(minor: int, currency: str) -> Number:
    """An amount in the unit of its currency."""
    places = exponent(currency)
    whole, fraction = divmod(abs(minor), 10**places)
    digits = f"{whole}.{fraction:0{places}}" if places else f"{whole}"
    return Number(f"-{digits}" if minor < 0 else digits)


def pieces(quantity: float) -> Number:
    return Number(f"{quantity:.3f}".rstrip("0").rstrip("."))


def answer(visit: Visit, name: Sequence[str], columns: Columns, rows: Iterable[Any], cursor: str | None) -> Response:
    """A part of a list; `name` are words and ids of ours, `cursor` is where the next part begins."""
    lines = [line([read(row) for _, read in columns]) for row in rows]
    if not any(said == "cursor" and any(values) for said, values in visit.query):
        lines.insert(0, MARK + line([title for title, _ in columns]))
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{file_name(name)}"',
    }
    if cursor is not None:
        headers["Link"] = f'<?{_query(visit, cursor)}>; rel="next"'
    return Response("".join(lines), dict(headers), 200)


def part(bound: tuple[str, ...], cursor: str, rows: Sequence[Any]) -> tuple[Sequence[Any], str | None]:
    """The rows of a list that is read whole, from where a cursor points, and where the next part begins."""
    first = int(page(bound, cursor) or 0)
    after = first + ROWS
    return rows[first:after], str(after) if after < len(rows) else None


def file_name(name: Sequence[str]) -> str:
    words = (_NAME.sub("-", word).strip("-") for word in ("daybook", *name))
    return "-".join(word for word in words if word)[:100] + ".csv"


def line(cells: Iterable[object]) -> str:
    return ",".join(map(cell, cells)) + "\r\n"


def cell(content: object) -> str:
    """One cell with its quotes."""
    return '"' + _text(content).replace('"', '""') + '"'


def _text(content: object) -> str:
    if content is None:
        return ""
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, int | Number):
        return str(content)
    if isinstance(content, datetime | date):
        return content.isoformat()
    assert isinstance(content, str), type(content)
    return harmless(content)


def harmless(text: str) -> str:
    """The text, so that no spreadsheet takes any of its lines for a formula."""
    return "".join(f"'{piece}" if is_live(piece) else piece for piece in _LINES.split(text))


def is_live(line_: str) -> bool:
    """Whether a line begins with a sign of formulas, behind blanks and behind any `'` that is there already."""
    for sign in line_:
        if sign == "'" or unicodedata.category(sign)[0] in "ZC" or sign in _FILLERS or unicodedata.combining(sign):
            continue
        return unicodedata.normalize("NFKC", sign)[:1] in _SIGNS
    return False


def _query(visit: Visit, cursor: str) -> str:
    kept = [(name, value) for name, values in visit.query for value in values if name != "cursor" and value]
    return urlencode([*kept, ("cursor", cursor)])
