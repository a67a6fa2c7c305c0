"""S36: what a merchant downloads runs nowhere. A corpus of cells that spreadsheets would run, read back as they read them."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.days import window_of
from chalicelib.domain.persons import Person
from chalicelib.entrypoints import csv_out
from chalicelib.entrypoints.csv_out import MARK, Number, cell, file_name, money, pieces
from chalicelib.storage.accounts import UserItem
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order, refund
from tests.support.site import Site, Visitor, json_at, open_site
from tests.support.system import ZONE

DAY = date(2026, 7, 3)
NUMBER = re.compile(r"-?\d+(\.\d+)?")

FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example";"Open")',
    "=IMPORTXML(CONCAT(A1),1)",
    "=WEBSERVICE(A1)",
    "-2+3+cmd|' /C calc'!A0",
    "+49 30 1234",
)
BLANKS = (
    "",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "  \t ",
    "\u00a0",
    "\u2003",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\u00ad",
    "\u2060",
    "\x00",
    "\x0b",
    "\x0c",
    "\x1b",
    "\x85",
    "\u2028",
    "\u2029",
    "\u3164",
    "\u2800",
    "'",
    "''",
)
WIDE = ("＝1+1", "＋1+1", "－1+1", "＠SUM(1)", "﹦1", "﹢1", "﹣1", "﹫A1", "⁺1", "⁼1", "−1+1", "₊1", "₌1")
LATER = ("Harmless\n=1+1", "Harmless\r\n+1", "a\r-1", "a\u2028@A1", "a\x85=1", "a\n\n \t=1", "a\x0b=1", "a\x0c=1")
CORPUS = sorted(
    {blank + formula for blank in BLANKS for formula in FORMULAS[:4]} | set(FORMULAS) | set(WIDE) | set(LATER)
)
HARMLESS = ("", "Blue mug", "SKU-1", "1+1", "a=b", "'quoted'", 'say "hi"', "a,b;c", "ünïcödé ☕", "#1001", "two\nlines")


def read(content: str) -> list[list[str]]:
    """The cells as a spreadsheet takes them from the file."""
    return list(csv.reader(io.StringIO(content.removeprefix(MARK), newline=""), strict=True))


def is_run(text: str) -> bool:
    """Whether a spreadsheet, a careless one, would run a cell or one of its lines."""
    if NUMBER.fullmatch(text):
        return False
    for each in re.split("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", text):
        seen = "".join(
            sign for sign in each if unicodedata.category(sign)[0] not in "ZC" and sign not in "\u3164\u2800"
        )
        if unicodedata.normalize("NFKC", seen)[:1] in ("=", "+", "-", "@", "−"):
            return True
    return False


def restored(text: str) -> str:
    """The text without what was put in front of its lines."""
    pieces_ = re.split("(\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])", text)
    return "".join(each[1:] if each.startswith("'") and csv_out.is_live(each[1:]) else each for each in pieces_)


def test_s36_there_are_eighty_live_cells():
    assert len(CORPUS) >= 80
    assert sum(map(is_run, CORPUS)) >= 80


@pytest.mark.parametrize("text", CORPUS, ids=ascii)
def test_s36_no_formula_survives(text):
    ((got, after),) = read(csv_out.line([text, "after"]))
    assert not is_run(got)
    assert after == "after"
    assert restored(got) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_s36_a_harmless_text_is_left_as_it_is(text):
    assert read(csv_out.line([text, 1])) == [[text, "1"]]


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_s36_any_text_comes_back_and_none_is_run(texts):
    (got,) = read(csv_out.line(texts))
    assert [restored(each) for each in got] == texts
    assert not any(map(is_run, got))


@given(st.integers(-(10**15), 10**15), st.sampled_from(["USD", "JPY", "KWD"]))
def test_s36_numbers_are_numbers(minor, currency):
    ((got, whole),) = read(csv_out.line([money(minor, currency), minor]))
    places = {"USD": 2, "JPY": 0, "KWD": 3}[currency]
    assert NUMBER.fullmatch(got)
    assert int(got.replace(".", "")) == minor
    assert len(got.partition(".")[2]) == places
    assert whole == str(minor)


def test_s36_every_cell_is_quoted():
    assert cell("a") == '"a"'
    assert csv_out.line(["a", 1, Number("-1.50"), None, DAY, True]) == '"a","1","-1.50","","2026-07-03","yes"\r\n'
    assert [str(pieces(quantity)) for quantity in (1.0, 1.5, -2.0, 0.125, 0.0, 100.0)] == [
        "1",
        "1.5",
        "-2",
        "0.125",
        "0",
        "100",
    ]


def test_s36_a_file_is_named_from_our_own_words():
    assert file_name(("sale", "2026-07-03", "abc", "lines")) == "daybook-sale-2026-07-03-abc-lines.csv"
    assert file_name(('x"\r\nSet-Cookie: a=b', "../../etc")) == "daybook-x-Set-Cookie-a-b-etc.csv"


# -- every list and report


class Selling:
    """A shop whose every text is a formula."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.owner: Visitor = site.merchant()
        self.connection = site.daybook.pair_shop(self.owner.workspace)
        start = window_of(DAY, ZONE).start_at
        lines = [_line(n, text) for n, text in enumerate(CORPUS)]
        made = [
            order(n, each, placed_at=start + timedelta(minutes=n), region="US-NY") for n, each in enumerate(lines, 1)
        ]
        self.orders = [
            msgspec.structs.replace(each, number=text, status=text[:20])
            for each, text in zip(made, CORPUS, strict=True)
        ]
        self.orders[0] = msgspec.structs.replace(self.orders[0], events=(refund(start + timedelta(hours=9), lines[0]),))
        site.daybook.shop.orders[DAY] = self.orders
        site.daybook.shop.persons = {
            each.id: Person(text[:90], "US-NY") for each, text in zip(made, CORPUS, strict=True)
        }
        asked = {"connection_id": self.connection.id, "from": str(DAY), "to": str(DAY)}
        self.sync = json_at(self.owner.post("/v1/syncs", asked), 202)["id"]
        site.daybook.work()
        self.sale = f"{DAY}~{self.connection.id}~USD~"

    def forget_downloads(self) -> None:
        """More files are downloaded here than an hour allows."""
        self.site.daybook.outside.table.delete(f"LIMIT#{self.owner.workspace}", "export")


def _line(n: int, text: str) -> Any:
    return msgspec.structs.replace(line("x", 1, 500), sku=f"{text.strip()}{n}", title=text)


@pytest.fixture(scope="module")
def selling() -> Iterator[Selling]:
    with open_site(Table(MemoryEngine())) as site:
        yield Selling(site)


@pytest.fixture(autouse=True)
def nothing_was_downloaded(selling: Selling) -> None:
    selling.forget_downloads()


def paths(selling: Selling) -> list[str]:
    return [
        "/v1/sales",
        "/v1/sales?type=individual",
        "/v1/sales?type=individual&persons=true",
        f"/v1/sales/{selling.sale}/lines",
        f"/v1/sales/{selling.sale}/orders",
        f"/v1/sales/{selling.sale}/versions",
        "/v1/activity",
        f"/v1/syncs/{selling.sync}/days",
        "/v1/usage",
        "/v1/usage/orders",
        *(f"/v1/reports/{name}" for name in ("sales", "skus", "channels", "states", "customers")),
    ]


def files(visitor: Visitor, path: str) -> Iterator[Any]:
    """Each part of a download, by the links from one to the next."""
    asked = path
    for _ in range(50):
        answer = visitor.get(asked, Accept="text/csv")
        assert answer.status_code == 200, (asked, answer.body)
        yield answer
        link = answer.headers.get("Link")
        if link is None:
            return
        found = re.fullmatch(r'<(\?[^>]+)>; rel="next"', link)
        assert found
        asked = path.partition("?")[0] + found[1]
    raise AssertionError("a download without end")


def test_s36_no_list_and_no_report_has_a_live_cell(selling):
    selling.site.daybook.switch(selling.connection, "individual")
    selling.site.daybook.ask_day(selling.connection, DAY)
    selling.site.daybook.work()
    seen: set[str] = set()
    for path in paths(selling):
        selling.forget_downloads()
        (answer,) = files(selling.owner, path)
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert re.fullmatch(r'attachment; filename="daybook-[A-Za-z0-9-]+\.csv"', answer.headers["Content-Disposition"])
        rows = read(answer.body.decode())
        assert len({len(row) for row in rows}) == 1, path
        cells = [each for row in rows for each in row]
        assert not any(map(is_run, cells)), path
        seen |= {restored(each) for each in cells}
    assert set(CORPUS) <= seen, "the corpus was in what was downloaded, and nothing of it is lost"


def test_a_download_is_the_filter_in_parts_that_make_one_file(selling, monkeypatch):
    selling.site.daybook.switch(selling.connection, "individual")
    path = f"/v1/sales/{selling.sale}/orders?limit=3"
    (whole,) = files(selling.owner, path)
    monkeypatch.setattr(csv_out, "ROWS", 7)
    for each in (path, "/v1/sales?type=individual", f"/v1/sales/{selling.sale}/lines", "/v1/reports/skus"):
        parts = [answer.body.decode() for answer in files(selling.owner, each)]
        assert len(parts) > 5
        assert all(part.startswith(MARK) == (n == 0) for n, part in enumerate(parts))
        rows = read("".join(parts))
        assert len(rows) >= len(CORPUS) - 20
        assert len({tuple(row) for row in rows}) == len(rows)
        if each == path:
            assert "".join(parts) == whole.body.decode()


def test_s5_a_link_to_the_next_part_opens_for_its_merchant_and_its_list_alone(selling, monkeypatch):
    monkeypatch.setattr(csv_out, "ROWS", 7)
    path = f"/v1/sales/{selling.sale}/orders"
    link = selling.owner.get(path, Accept="text/csv").headers["Link"]
    cursor = link.partition("cursor=")[2].partition(">")[0]
    assert selling.owner.get(f"{path}?cursor={cursor}", Accept="text/csv").status_code == 200
    changed = cursor[:-6] + ("A" if cursor[-6] != "A" else "B") + cursor[-5:]
    stranger = selling.site.merchant("stranger")
    for visitor, asked in (
        (selling.owner, f"{path}?cursor={changed}"),
        (selling.owner, f"/v1/sales/{selling.sale}/lines?cursor={cursor}"),
        (selling.owner, f"/v1/sales?cursor={cursor}"),
        (selling.owner, f"/v1/reports/skus?cursor={cursor}"),
        (stranger, f"/v1/reports/skus?cursor={cursor}"),
    ):
        assert visitor.get(asked, Accept="text/csv").status_code == 400, asked


def test_s4_s16_only_an_owner_who_has_just_signed_in_takes_persons_out(selling):
    selling.site.daybook.switch(selling.connection, "individual")
    selling.site.daybook.ask_day(selling.connection, DAY)
    selling.site.daybook.work()
    persons = ("/v1/sales?type=individual&persons=true", "/v1/reports/customers")
    before = len(list(selling.site.daybook.looks.list(selling.owner.workspace, before="~", limit=99)))
    for path in persons:
        assert selling.owner.get(path, Accept="text/csv").status_code == 200
    after = list(selling.site.daybook.looks.list(selling.owner.workspace, before="~", limit=99))
    assert len(after) == before + 2
    assert all("exported" in change.after["looked_at"] for change in after[:2])
    user = f"USER#{selling.owner.get('/v1/session').json_body['user']['id']}"
    table = selling.site.daybook.outside.table
    table.update(user, "USER", [UserItem.role.set("member")])
    assert [selling.owner.get(path, Accept="text/csv").status_code for path in persons] == [403, 403]
    table.update(user, "USER", [UserItem.role.set("owner")])
    began = selling.site.daybook.clock
    selling.site.daybook.pass_time(minutes=11)
    aged = [selling.owner.get(path, Accept="text/csv") for path in persons]
    assert [list(answer.json_body["fields"]) for answer in aged] == [["password"], ["password"]]
    assert "customer" not in selling.owner.get("/v1/sales?type=individual", Accept="text/csv").body.decode()
    selling.site.daybook.clock = began


@pytest.mark.parametrize("accept", ["text/csv", "text/csv;q=0.9, */*;q=0.1", "TEXT/CSV"])
def test_csv_is_answered_to_those_who_ask_for_it(selling, accept):
    assert selling.owner.get("/v1/sales", Accept=accept).headers["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html", "text/csvx"])
def test_others_are_answered_json(selling, accept):
    assert selling.owner.get("/v1/sales", Accept=accept).headers["Content-Type"] == "application/json"


def test_a_problem_is_a_problem_whoever_asks(selling):
    answer = selling.owner.get("/v1/sales/none/lines", Accept="text/csv")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
