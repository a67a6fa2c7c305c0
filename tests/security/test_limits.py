"""S40: what one merchant may do by the second and by the hour, on both sides of each limit."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from chalicelib.entrypoints import csv_out
from chalicelib.storage.limits import Counts
from chalicelib.storage.table import Table
from chalicelib.workflows.invite import MAILS_MAX
from chalicelib.workflows.limits import A_SECOND, AN_HOUR, AT_ONCE, Pace
from tests.support.mail import HeldMail
from tests.support.memory import MemoryEngine
from tests.support.merchant import JULY_2, JULY_3, Merchant
from tests.support.people import PASSWORD, new_id
from tests.support.site import Site, json_at, open_site

SETTINGS = ("summary", "time_zone", "counting", "interval_min")
DAYS = {"from": "2026-07-02", "to": "2026-07-02"}
STRANGER = "stranger@elsewhere.example"


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


@pytest.fixture
def shop(site) -> Merchant:
    merchant = Merchant(site)
    merchant.fill(JULY_2, *range(11, 21))
    merchant.fill(JULY_3, 21, 22)
    merchant.sync(JULY_2, JULY_3)
    json_at(merchant.visitor.ask("PATCH", "/v1/workspace", {"time_zone": "America/New_York"}))
    return merchant


def download(visitor, path="/v1/sales"):
    return visitor.get(path, Accept="text/csv")


def test_s40_the_seventh_download_of_an_hour_is_refused_with_the_time_of_the_next(site, shop):
    visitor = shop.visitor
    site.daybook.pass_time(seconds=30)
    for path in ("/v1/sales", "/v1/activity", "/v1/usage", "/v1/usage/orders", "/v1/reports/sales"):
        assert download(visitor, path).status_code == 200
        site.daybook.pass_time(minutes=1)
    assert download(visitor).status_code == 200
    refused = download(visitor, "/v1/reports/skus")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, str(55 * 60))
    said = "You have downloaded 6 files this hour. The next one is possible at 9:02 AM."
    assert refused.json_body["detail"] == said
    assert visitor.get("/v1/sales").status_code == 200, "what is looked at is not downloaded"
    assert download(site.merchant("stranger")).status_code == 200
    site.daybook.pass_time(minutes=55, seconds=-1)
    assert download(visitor).status_code == 429
    site.daybook.pass_time(seconds=1)
    assert [download(visitor).status_code for _ in range(2)] == [200, 429]


def test_s40_a_download_in_many_parts_is_one(shop, monkeypatch):
    monkeypatch.setattr(csv_out, "ROWS", 1)
    visitor, parts = shop.visitor, 1
    path = f"/v1/sales/{JULY_2}~{shop.id}~USD~/orders"
    answer = download(visitor, path)
    while link := answer.headers.get("Link"):
        answer = download(visitor, path + link.partition("<")[2].partition(">")[0])
        assert answer.status_code == 200
        parts += 1
    assert parts > AN_HOUR["export"]
    left = [download(visitor).status_code for _ in range(AN_HOUR["export"])]
    assert left == [*[200] * (AN_HOUR["export"] - 1), 429]


def test_s40_no_page_and_no_made_up_cursor_leads_into_a_download_that_is_not_counted(shop):
    visitor = shop.visitor
    cursor = json_at(visitor.get("/v1/sales?limit=1"))["next"]
    assert download(visitor, f"/v1/sales?cursor={cursor}").status_code == 400
    for path in (
        "/v1/sales?cursor=x",
        "/v1/sales?q=1011&cursor=x",
        "/v1/reports/sales?cursor=x",
        "/v1/usage/orders?cursor=x",
    ):
        assert download(visitor, path).status_code == 400, path


def test_s40_a_download_that_fails_is_not_counted(shop):
    visitor = shop.visitor
    for _ in range(AN_HOUR["export"] + 1):
        assert download(visitor, "/v1/sales/none/lines").status_code == 404
    assert download(visitor).status_code == 200


def test_s40_the_sixty_first_sync_of_an_hour_is_refused_however_it_is_asked_for(site, shop):
    visitor, body = shop.visitor, {"connection_id": shop.id, **DAYS}
    settings = f"/v1/connections/{shop.id}/settings"
    kept = {name: value for name, value in json_at(visitor.get(settings)).items() if name in SETTINGS}
    version = visitor.get(settings).headers["ETag"]
    sync = json_at(visitor.post("/v1/syncs", body, Idempotency_Key="one"), 202)
    for _ in range(AN_HOUR["resync"] - 2):
        json_at(visitor.post("/v1/syncs", body), 202)
    wrong = [visitor.post("/v1/syncs", {**body, "from": "2030-01-01", "to": "2030-01-01"}) for _ in range(3)]
    assert {answer.status_code for answer in wrong} == {400}, "what is refused is not counted"
    json_at(visitor.post(f"/v1/syncs/{sync['id']}/resume"), 202)
    refused = (
        visitor.post("/v1/syncs", body),
        visitor.post(f"/v1/syncs/{sync['id']}/resume"),
        visitor.ask("PUT", settings, {**kept, "sync": DAYS}, {"If-Match": version}),
    )
    for answer in refused:
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
        assert answer.json_body["detail"] == "You have started 60 syncs this hour. The next one is possible at 9:01 AM."
    assert json_at(visitor.post("/v1/syncs", body, Idempotency_Key="one"), 202)["id"] == sync["id"]
    assert visitor.get(settings).headers["ETag"] == version
    other = site.merchant("stranger")
    connection = site.daybook.pair_shop(other.workspace)
    json_at(other.post("/v1/syncs", {"connection_id": connection.id, **DAYS}), 202)
    site.daybook.pass_time(hours=1)
    visitor.sign_in("owner@northwind.example")
    json_at(visitor.post("/v1/syncs", body), 202)


def test_s40_downloads_at_once_are_all_counted():
    counts = Counts(Table(MemoryEngine()), new_id)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: counts.take("w1", "export", most=6, at=1_000), range(12)))
    assert sorted(waits) == [*[0] * 6, *[3_600] * 6]


def test_s40_who_asks_too_fast_waits_a_second_and_nobody_else_does(site):
    owner, stranger = site.merchant(), site.merchant("stranger")
    clock = [0.0]
    site.daybook.pace = Pace(lambda: clock[0])
    assert {owner.get("/v1/connections").status_code for _ in range(AT_ONCE)} == {200}
    refused = owner.get("/v1/connections")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert owner.post("/v1/syncs", {}).status_code == 429
    assert stranger.get("/v1/connections").status_code == 200
    clock[0] = 1.0
    statuses = [owner.get("/v1/connections").status_code for _ in range(A_SECOND + 1)]
    assert statuses == [*[200] * A_SECOND, 429]
    clock[0] += 0.5 / A_SECOND
    assert owner.get("/v1/connections").status_code == 429
    clock[0] += 0.5 / A_SECOND
    assert owner.get("/v1/connections").status_code == 200


# -- invitations: mails to people who asked for none


@pytest.fixture
def mail(site) -> HeldMail:
    held = HeldMail()
    site.daybook.outside = msgspec.structs.replace(site.daybook.outside, mailer=held)
    return held


def invited(visitor, email=STRANGER):
    return visitor.post("/v1/invitations", {"email": email, "role": "viewer"})


def test_s40_the_twenty_first_invitation_of_an_hour_is_refused_with_the_time_of_the_next(site):
    owner, other = site.merchant(), site.merchant("other")
    site.daybook.pass_time(seconds=30)
    for n in range(AN_HOUR["invitation"]):
        assert invited(owner, "nobody").status_code == 400, "what is refused is not counted"
        json_at(invited(owner, f"clerk{n}@northwind.example"), 201)
    refused = invited(owner)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    said = "You have made 20 invitations this hour. The next one is possible at 1:01 PM."
    assert refused.json_body["detail"] == said
    assert len(json_at(owner.get("/v1/invitations"))["items"]) == AN_HOUR["invitation"]
    json_at(invited(other), 201)
    site.daybook.pass_time(hours=1)
    owner.sign_in("owner@northwind.example")
    json_at(invited(owner), 201)


@pytest.mark.parametrize("withdrawn", [False, True])
@pytest.mark.parametrize("addresses", [1, 1000])
def test_s10_a_thousand_invitations_send_few_mails(site, mail, addresses, withdrawn):
    owner = site.merchant()
    for n in range(1000):
        answer = invited(owner, f"stranger{n % addresses}@elsewhere.example")
        if withdrawn and answer.status_code == 201:
            assert owner.ask("DELETE", f"/v1/invitations/{answer.json_body['id']}").status_code == 204
    assert len(mail.sent) == (MAILS_MAX if addresses == 1 else AN_HOUR["invitation"])


def test_s10_many_workspaces_mail_one_address_few_times_a_day_and_the_link_is_shown_in_any_case(site, mail):
    owners = [site.merchant(f"owner{n}") for n in range(8)]
    made = [json_at(invited(owner, email), 201) for owner in owners for email in (STRANGER, STRANGER.upper())]
    assert [each["mailed"] for each in made] == [*["sent"] * MAILS_MAX, *["held"] * (16 - MAILS_MAX)]
    assert len(mail.sent) == MAILS_MAX
    assert json_at(invited(owners[0], "another@elsewhere.example"), 201)["mailed"] == "sent"
    secret = made[-1]["link"].partition("#")[2]
    assert json_at(site.visitor().post("/v1/join/look", {"secret": secret}))["email"] == STRANGER
    mail.sent.clear()
    for hours in (23, 1):
        site.daybook.pass_time(hours=hours)
        for n, owner in enumerate(owners):
            owner.sign_in(f"owner{n}@northwind.example")
            json_at(invited(owner), 201)
    assert len(mail.sent) == MAILS_MAX, "after a day's rest as many again"


def test_s10_a_mail_that_was_not_sent_is_not_counted(site, mail):
    owner = site.merchant()
    mail.fails = True
    for _ in range(MAILS_MAX + 1):
        assert json_at(invited(owner), 201)["mailed"] == "failed"
    mail.fails = False
    assert [json_at(invited(owner), 201)["mailed"] for _ in range(MAILS_MAX + 1)] == [*["sent"] * MAILS_MAX, "held"]


def test_no_word_of_who_invites_stands_in_the_subject(site, mail):
    name = "URGENT: your shop is closed, see elsewhere.example"
    body = {"email": "urgent@elsewhere.example", "password": PASSWORD, "workspace": name}
    visitor = site.visitor()
    json_at(invited(visitor.begin(visitor.post("/v1/users", body))), 201)
    (sent,) = mail.sent
    assert sent.subject == "You are invited to Daybook"
    assert name in sent.text
