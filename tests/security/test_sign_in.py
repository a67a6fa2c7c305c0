"""S9, S10, S11, S16: passwords, tries and sessions."""

import os
import time
from contextlib import suppress
from datetime import timedelta
from statistics import median

import pytest

from chalicelib import errors
from chalicelib.domain.passwords import Cost, Passwords, what_is_wrong
from chalicelib.storage.models import Item
from chalicelib.storage.table import Table
from chalicelib.workflows.sign_in import SignIn, is_token, require_recent
from tests.support.memory import MemoryEngine
from tests.support.people import CHEAP, EMAIL, HOME, PASSWORD, Clock, sign_in_on
from tests.support.site import json_at, open_site

ELSEWHERE = "203.0.113.9"


class Counting(Passwords):
    """Counts how often a password was looked at."""

    def __init__(self, cost: Cost = CHEAP) -> None:
        super().__init__(cost)
        self.looks = 0

    def is_right(self, password: str, kept: str | None) -> bool:
        self.looks += 1
        return super().is_right(password, kept)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def passwords() -> Counting:
    return Counting()


@pytest.fixture
def people(memory_table: Table, clock: Clock, passwords: Passwords) -> SignIn:
    return sign_in_on(memory_table, clock, passwords)


def up(people: SignIn) -> str:
    return people.sign_up(EMAIL, PASSWORD, "Northwind", address=HOME).cookie.reveal()


# -- S9


def test_s9_the_hash_is_scrypt_as_published() -> None:
    # RFC 7914, 12, second vector, its first 32 bytes.
    kept = Passwords(Cost(log_n=10, r=8, p=16)).keep("password", b"NaCl")
    expected = "_bq-HJ00cgB4VucZDQHp_nxq18vII3gw53N2Y0s3MWI="
    assert kept == f"scrypt$10$8$16$TmFDbA==${expected}"
    assert Passwords(CHEAP).is_right("password", kept)
    assert not Passwords(CHEAP).is_right("Password", kept)


def test_s9_the_usual_cost_is_the_stated_one_and_works() -> None:
    assert Cost() == Cost(log_n=17, r=8, p=1)
    usual = Passwords(Cost())
    assert usual.is_right(PASSWORD, usual.keep(PASSWORD, os.urandom(16)))


def test_s9_the_same_password_is_never_stored_the_same() -> None:
    cheap = Passwords(CHEAP)
    assert cheap.keep(PASSWORD, os.urandom(16)) != cheap.keep(PASSWORD, os.urandom(16))


@pytest.mark.parametrize(
    "password",
    """
    short eleven_char passwordpassword P@ssw0rd2026!! Password1234 qwertyuiop12 qwerty123456 1234567890ab 123456789012
    iloveyou1234 aaaaaaaaaaaaaa ababababababab abcdefghijkl 1qaz2wsx3edc zaq12wsxcde3 q1w2e3r4t5y6 letmein12345! 111222333444
    Summer2026!!! Welcome@2026! asdfghjkl123 administrator1 correcthorsebatterystaple 987654321098 poiuytrewqlk
    northwind-supply2 northwindsupply
    """.split(),  # noqa: SIM905
)
def test_s9_common_and_short_passwords_are_refused(password: str) -> None:
    assert what_is_wrong(password, about=("Northwind Supply",))


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "v9F!kQ2_mmZx7",
        "jonas eats 7 pears",
        "kaffeemaschine9",
        "пароль у моря тихий",
        "x" * 60 + "yz12w" * 13 + "abc",
        "🙂🙃🐧🌊🍐🎻🚲🧭🪁🧶🪵🧊",
    ],
)
def test_s9_others_are_taken_of_12_to_128_characters_of_any_script(password: str) -> None:
    assert what_is_wrong(password) is None
    cheap = Passwords(CHEAP)
    assert cheap.is_right(password, cheap.keep(password, b"salt"))


def test_s9_more_than_128_characters_are_refused() -> None:
    assert what_is_wrong("tall ships leave " * 8)


def test_s9_an_unknown_account_costs_the_same_time(memory_table: Table, clock: Clock) -> None:
    people = sign_in_on(memory_table, clock, Passwords(Cost(log_n=12)))
    up(people)
    spent: dict[str, list[float]] = {EMAIL: [], "nobody@northwind.example": []}
    for _ in range(100):
        for email, times in spent.items():
            clock.move(hours=1)
            began = time.thread_time()
            with pytest.raises(errors.NotSignedIn):
                people.sign_in(email, "another password", address=ELSEWHERE)
            times.append(time.thread_time() - began)
    known, unknown = map(median, spent.values())
    assert abs(known - unknown) < 0.15 * known


# -- S10


@pytest.mark.parametrize("addresses", [1, 100])
def test_s10_a_thousand_tries_get_few_looks_and_shut_nobody_out(
    people: SignIn, clock: Clock, passwords: Counting, addresses: int
) -> None:
    up(people)
    waits = []
    for n in range(1000):
        try:
            people.sign_in(EMAIL, f"guess number {n}", address=f"203.0.113.{n % addresses}")
        except errors.NotSignedIn:
            pass
        except errors.TooManyTries as exc:
            waits.append(exc.retry_after_s)
        clock.move(seconds=1)
    assert passwords.looks <= 15
    assert max(waits) <= 900
    assert people.sign_in(EMAIL, PASSWORD, address=HOME).signed_in.email == EMAIL
    clock.move(seconds=900)
    assert people.sign_in(EMAIL, PASSWORD, address=ELSEWHERE).signed_in.email == EMAIL


def test_s10_a_stranger_who_does_not_stop_shuts_nobody_out(people: SignIn, clock: Clock, passwords: Counting) -> None:
    """Somebody comes from a new network once an hour, and waits once as long as they are told."""
    up(people)
    comes_again = 0
    for second in range(0, 86_400, 60):
        clock.move(seconds=60)
        if second >= comes_again:
            try:
                people.sign_in(EMAIL, "a guess", address=f"203.0.113.{second // 60 % 200}")
            except errors.TooManyTries as exc:
                comes_again = second + exc.retry_after_s
            except errors.NotSignedIn:
                pass
        if second % 3600 == 1800:
            place = f"192.0.{second // 3600}.7"
            try:
                people.sign_in(EMAIL, PASSWORD, address=place)
            except errors.TooManyTries as exc:
                clock.move(seconds=exc.retry_after_s)
                with suppress(errors.NotSignedIn, errors.TooManyTries):
                    people.sign_in(EMAIL, "a guess", address="203.0.113.9")
                people.sign_in(EMAIL, PASSWORD, address=place)
    assert passwords.looks <= 300


def test_s10_a_thousand_accounts_from_one_address_get_few_looks(
    people: SignIn, clock: Clock, passwords: Counting
) -> None:
    for n in range(1000):
        with pytest.raises((errors.NotSignedIn, errors.TooManyTries)):
            people.sign_in(f"owner{n}@northwind.example", PASSWORD, address=ELSEWHERE)
        clock.move(seconds=1)
    assert passwords.looks <= 42


def test_s10_addresses_of_one_ipv6_network_count_together(people: SignIn, passwords: Counting) -> None:
    for n in range(100):
        with pytest.raises((errors.NotSignedIn, errors.TooManyTries)):
            people.sign_in(f"owner{n}@northwind.example", PASSWORD, address=f"2001:db8:1:2::{n:x}")
    assert passwords.looks <= 31


def test_s10_ones_own_success_does_not_clear_the_address(people: SignIn, passwords: Counting) -> None:
    people.sign_up("mallory@contoso.example", PASSWORD, "Contoso", address=ELSEWHERE)
    guesses = 0
    for n in range(100):
        try:
            people.sign_in(f"owner{n}@northwind.example", PASSWORD, address=ELSEWHERE)
        except errors.NotSignedIn:
            guesses += 1
            with suppress(errors.TooManyTries):
                people.sign_in("mallory@contoso.example", PASSWORD, address=ELSEWHERE)
        except errors.TooManyTries:
            continue
    assert guesses <= 31


def test_s10_sign_ups_of_one_address_are_limited(people: SignIn) -> None:
    made = 0
    for n in range(50):
        try:
            people.sign_up(f"owner{n}@northwind.example", PASSWORD, "Northwind", address=ELSEWHERE)
            made += 1
        except errors.TooManyTries:
            continue
    assert made <= 11


# -- S11


def test_s11_a_session_is_256_random_bits_of_which_only_the_hash_is_stored(clock: Clock) -> None:
    engine = MemoryEngine()
    people = sign_in_on(Table(engine), clock)
    cookies = {up(people)} | {people.sign_in(EMAIL, PASSWORD, address=HOME).cookie.reveal() for _ in range(20)}
    assert len(cookies) == 21
    assert all(len(cookie) == 43 for cookie in cookies)
    everything = repr(list(engine.items()))
    assert not any(cookie in everything for cookie in cookies)
    assert not any(people.read(cookie).token.reveal() in everything for cookie in cookies)


@pytest.mark.parametrize(("keep", "hours"), [(False, 24), (True, 7 * 24)])
def test_s11_a_session_ends_even_in_use(people: SignIn, clock: Clock, keep: bool, hours: int) -> None:
    up(people)
    opened = people.sign_in(EMAIL, PASSWORD, address=HOME, keep=keep)
    assert opened.max_age_s == (7 * 86_400 if keep else None)
    for _ in range(hours - 1):
        clock.move(hours=1)
        people.read(opened.cookie.reveal())
    clock.move(hours=1)
    with pytest.raises(errors.NotSignedIn):
        people.read(opened.cookie.reveal())


def test_s11_a_session_ends_after_12_hours_without_use(people: SignIn, clock: Clock) -> None:
    up(people)
    cookie = people.sign_in(EMAIL, PASSWORD, address=HOME, keep=True).cookie.reveal()
    clock.move(hours=11, minutes=59)
    people.read(cookie)
    clock.move(hours=11, minutes=59)
    people.read(cookie)
    clock.move(hours=12)
    with pytest.raises(errors.NotSignedIn):
        people.read(cookie)


def test_s11_every_sign_in_is_a_new_session(people: SignIn) -> None:
    old = up(people)
    new = people.sign_in(EMAIL, PASSWORD, address=HOME, old=old)
    assert new.cookie.reveal() != old
    with pytest.raises(errors.NotSignedIn):
        people.read(old)


@pytest.mark.parametrize("way", ["sign-up", "join", "sign-in"])
def test_s11_a_new_session_ends_the_one_whose_cookie_came_along(way: str) -> None:
    with open_site(Table(MemoryEngine())) as site:
        owner, visitor, before = site.merchant(), site.merchant("before"), site.visitor()
        before.cookie = visitor.cookie
        assert before.get("/v1/session").status_code == 200
        if way == "sign-up":
            visitor.sign_up("after@northwind.example")
        elif way == "sign-in":
            visitor.sign_in("before@northwind.example")
        else:
            body = {"email": "after@northwind.example", "role": "viewer"}
            secret = json_at(owner.post("/v1/invitations", body), 201)["link"].partition("#")[2]
            visitor.begin(visitor.post("/v1/join", {"secret": secret, "password": PASSWORD}))
        assert [each.get("/v1/session").status_code for each in (visitor, before)] == [200, 401]


def test_s11_sign_out_and_end_all_work_at_once(people: SignIn) -> None:
    cookies = [up(people)] + [people.sign_in(EMAIL, PASSWORD, address=HOME).cookie.reveal() for _ in range(3)]
    people.sign_out(people.read(cookies[0]))
    with pytest.raises(errors.NotSignedIn):
        people.read(cookies[0])
    people.end_all(people.read(cookies[1]))
    for cookie in cookies:
        with pytest.raises(errors.NotSignedIn):
            people.read(cookie)
    assert people.read(people.sign_in(EMAIL, PASSWORD, address=HOME).cookie.reveal())


@pytest.mark.parametrize("cookie", [None, "", "x", "A" * 43, "é", "\udc80", "#", "SESSION"])
def test_s11_no_other_cookie_is_a_session(people: SignIn, cookie: str | None) -> None:
    up(people)
    with pytest.raises(errors.NotSignedIn):
        people.read(cookie)


def test_s11_the_stored_hash_is_no_cookie(people: SignIn) -> None:
    with pytest.raises(errors.NotSignedIn):
        people.read(people.read(up(people)).session)


# -- S12: the token; the rest is in test_routes


def test_s12_each_session_has_a_token_of_its_own(people: SignIn) -> None:
    one = people.read(up(people))
    other = people.read(people.sign_in(EMAIL, PASSWORD, address=HOME).cookie.reveal())
    assert is_token(one, one.token.reveal())
    assert not is_token(one, other.token.reveal())
    assert not is_token(one, "")
    assert not is_token(one, "***")


# -- S16


def test_s16_a_sign_in_is_recent_for_ten_minutes_whatever_happens_after_it(people: SignIn, clock: Clock) -> None:
    cookie = up(people)
    clock.move(minutes=10)
    require_recent(people.read(cookie), clock())
    clock.move(seconds=1)
    with pytest.raises(errors.Forbidden) as caught:
        require_recent(people.read(cookie), clock())
    assert set(caught.value.fields) == {"password"}
    again = people.sign_in(EMAIL, PASSWORD, address=HOME, old=cookie).signed_in
    require_recent(again, clock() + timedelta(minutes=9))


def test_everything_that_ends_by_itself_says_when(clock: Clock) -> None:
    engine = MemoryEngine()
    people = sign_in_on(Table(engine), clock)
    up(people)
    people.sign_in(EMAIL, PASSWORD, address=HOME)
    for pk, _, item in engine.items():
        if pk.split("#")[0] in ("SESSION", "TRIES", "KNOWN"):
            assert Item.expires_at.attr_name in item
