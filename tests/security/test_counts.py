"""S50: what is refused moves the count that its alarm rests on, read from the lines that are really logged."""

import re
from collections.abc import Callable

import msgspec
import pytest
from chalice.test import Client

from app import app
from chalicelib import errors
from chalicelib.domain.work import ChangesMessage, Message
from chalicelib.entrypoints.log import FIELDS
from chalicelib.storage.table import Table
from infra.aws import alarms
from tests.support.mail import HeldMail
from tests.support.memory import MemoryEngine
from tests.support.people import EMAIL, PASSWORD, NamedSealer, Phone
from tests.support.site import Site, Visitor, json_at, open_site
from tests.support.system import Daybook

_TERM = re.compile(r'\$\.(\w+) (=|>=|>) ("[^"]*"|\$?[\d.]+)')


@pytest.fixture
def site():
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


def fits(pattern: str, line: dict[str, object]) -> bool:
    """Whether CloudWatch's filter, as far as ours use its language, takes a line."""
    terms = _TERM.findall(pattern)
    assert 0 < len(terms) == pattern.count("$."), pattern
    return all(_holds(line.get(name), operator, wanted) for name, operator, wanted in terms)


def _holds(found: object, operator: str, wanted: str) -> bool:
    if found is None:
        return False
    if wanted.startswith('"'):
        inside = re.escape(wanted.strip('"')).replace(r"\*", ".*")
        return re.fullmatch(inside, str(found)) is not None
    number = float(wanted)
    return {"=": found == number, ">": float(str(found)) > number, ">=": float(str(found)) >= number}[operator]


def counted(caplog, log: str) -> set[str]:
    """The counts on a log that the lines so far move."""
    lines = [vars(record) | {"message": record.getMessage()} for record in caplog.records]
    watched = [each for each in alarms.COUNTS if each.log == log and each.pattern.startswith("{")]
    return {each.name for each in watched if any(fits(each.pattern, line) for line in lines)}


def wrong_password(site: Site) -> None:
    site.merchant()
    site.visitor().post("/v1/session", {"email": "owner@northwind.example", "password": PASSWORD + "!"})


def foreign_page(site: Site) -> None:
    site.merchant().post("/v1/syncs", {}, Origin="https://elsewhere.example")


def forged_hook(site: Site) -> None:
    site.visitor().post("/v1/webhooks/shopify", {}, X_Shopify_Hmac_SHA256="forged")


def forged_return(site: Site) -> None:
    site.merchant().get("/v1/callback/shopify?shop=northwind-supply.myshopify.com&state=s&code=c&hmac=00&timestamp=1")


def forged_keys(site: Site) -> None:
    site.visitor().post("/v1/callback/woocommerce", {"key_id": 1, "user_id": "s", "consumer_key": "c"})


def refused_shop(site: Site) -> None:
    fields = {"site": "https://127.0.0.1/"}
    site.merchant().post("/v1/connections", {"kind": "woocommerce", "fields": fields})


def lost_mail(site: Site) -> None:
    mail = HeldMail()
    mail.fails = True
    site.daybook.outside = msgspec.structs.replace(site.daybook.outside, mailer=mail, sleep=lambda _: None)
    site.merchant()
    site.visitor().post("/v1/reset", {"email": "owner@northwind.example"})


def foreign_secret(site: Site) -> None:
    phone = turn_codes_on(site)
    site.daybook.code_records._sealer = NamedSealer()
    site.visitor().post("/v1/session", {"email": EMAIL, "password": PASSWORD, "code": phone.shows()})


def wrong_code(site: Site) -> None:
    turn_codes_on(site)
    site.visitor().post("/v1/session", {"email": EMAIL, "password": PASSWORD, "code": "000000"})


def turn_codes_on(site: Site) -> Phone:
    owner = site.merchant()
    phone = Phone(json_at(owner.post("/v1/codes"), 201)["key"], site.daybook.now)
    json_at(owner.post("/v1/codes/on", {"code": phone.shows()}))
    return phone


@pytest.mark.parametrize(
    ("refuse", "count"),
    [
        (wrong_password, "SignInsFail"),
        (wrong_code, "SignInsFail"),
        (foreign_page, "WallsAreTried"),
        (forged_hook, "HooksAreForged"),
        (forged_return, "ReturnsAreRefused"),
        (forged_keys, "ReturnsAreRefused"),
        (refused_shop, "ShopsAreRefused"),
        (lost_mail, "MailsFail"),
        (foreign_secret, "ApiSecretsStaySealed"),
    ],
)
def test_s50_what_is_refused_is_counted(site: Site, caplog, refuse: Callable[[Site], None], count: str) -> None:
    refuse(site)
    assert count in counted(caplog, "ApiLog")


def test_s50_what_goes_well_is_not_counted(site: Site, caplog) -> None:
    visitor: Visitor = site.merchant()
    visitor.get("/v1/connections")
    visitor.sign_in("owner@northwind.example")
    assert not counted(caplog, "ApiLog")


def test_s50_that_a_code_is_asked_for_is_not_counted(site: Site, caplog) -> None:
    turn_codes_on(site)
    asked = site.visitor().post("/v1/session", {"email": EMAIL, "password": PASSWORD})
    assert json_at(asked, 409)["type"] == "code-needed"
    assert not counted(caplog, "ApiLog")


def feed(daybook: Daybook, message: Message, function: str) -> None:
    with Client(app, project_dir=".") as client:
        event = client.events.generate_sqs_event([msgspec.json.encode(message).decode()], "daybook-sync.fifo")
        client.lambda_.invoke(function, event)


@pytest.mark.parametrize(
    ("function", "log", "count"),
    [("sync_worker", "SyncLog", "SyncDaysFail"), ("backfill_worker", "BackfillLog", "BackfillDaysFail")],
)
def test_a_day_that_failed_is_counted_and_a_failed_look_for_changes_is_not(site: Site, caplog, function, log, count):
    daybook = site.daybook
    connection = daybook.pair_shop()
    daybook.pass_time(days=1)
    daybook.shop.failures = [errors.PermanentError("The shop is closed.")] * 2
    feed(daybook, ChangesMessage("w1", connection.id), function)
    assert [record.outcome for record in caplog.records] == ["failed"]
    assert not counted(caplog, log)
    daybook.ask_day(connection, daybook.clock.date())
    feed(daybook, daybook.held.messages.pop(), function)
    assert counted(caplog, log) == {count}


def test_s50_counts_ask_only_for_fields_that_are_logged() -> None:
    for each in alarms.COUNTS:
        assert {name for name, _, _ in _TERM.findall(each.pattern)} <= FIELDS | {"message"}, each.name
