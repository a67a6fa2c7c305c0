"""The outbound client against a real socket: what each answer means, and what it never lets through."""

import gzip
import socket
import threading
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from chalicelib import errors
from chalicelib.channels import http as http_module
from chalicelib.channels.answers import decode, retry_after_s
from chalicelib.channels.http import Http
from tests.support.reach import reach_to

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HEADERS = {"Content-Type": "application/json", "X-Shopify-Access-Token": "shpat-canary"}


class Fine(msgspec.Struct):
    fine: bool


READ = msgspec.json.Decoder(Fine)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(shop, slept):
    return Http(reach=reach_to(shop.url), sleep=slept.append, now=lambda: NOW, total_s=2.0)


def post(client, shop):
    return client.post(f"{shop.url}/path?secret=canary", b'{"question":"canary"}', HEADERS)


STATUSES = [
    (301, errors.PermanentError),
    (302, errors.PermanentError),
    (307, errors.PermanentError),
    (204, errors.PermanentError),
    (400, errors.PermanentError),
    (401, errors.AuthExpired),
    (402, errors.PermanentError),
    (403, errors.AuthExpired),
    (404, errors.PermanentError),
    (408, errors.RetryableError),
    (423, errors.RetryableError),
    (429, errors.RateLimited),
    (430, errors.RateLimited),
    (500, errors.RetryableError),
    (502, errors.RetryableError),
    (503, errors.RetryableError),
    (504, errors.RetryableError),
    (599, errors.RetryableError),
]


@pytest.mark.parametrize(("status", "error"), STATUSES)
def test_each_status_is_its_error_and_repeats_nothing(shop, client, status, error):
    shop.answers({"errors": "canary"}, status=status, headers={"Location": f"{shop.url}/canary"})
    with pytest.raises(errors.ChannelError) as caught:
        post(client, shop)
    assert type(caught.value) is error
    assert "canary" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert len(shop.asked) == 1


def test_a_good_answer_is_given_undecoded(shop, client):
    shop.answers(b'{"fine": true}')
    assert decode(post(client, shop), READ).fine


WAITS = [
    ("7", 7.0),
    ("0", 1.0),
    ("-5", 1.0),
    ("1.5", 1.5),
    ("32400", 3600.0),
    ("1e400", 3600.0),
    ("", 30.0),
    ("soon", 30.0),
    ("nan", 30.0),
    ("Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
    ("Tue, 24 Nov 2026 11:00:00 GMT", 1.0),
    ("Tue, 24 Nov 2026 21:00:00 GMT", 3600.0),
    ("Tue, 99 Nov 2026 21:00:00 GMT", 30.0),
]


@pytest.mark.parametrize(("header", "wait_s"), WAITS)
def test_a_rate_limit_carries_the_wait_the_shop_asked_for(shop, client, slept, header, wait_s):
    assert retry_after_s(header, NOW) == wait_s
    shop.answers(status=429, headers={"Retry-After": header})
    with pytest.raises(errors.RateLimited) as caught:
        post(client, shop)
    assert caught.value.retry_after_s == wait_s
    assert slept == ([wait_s] * 2 if wait_s <= 10 else [])


def test_a_short_wait_is_sat_out(shop, client, slept):
    shop.answers(status=503, headers={"Retry-After": "3"})
    shop.answers(b'{"fine": true}')
    assert post(client, shop)
    assert slept == [3.0]


def test_no_cookie_is_kept_and_no_proxy_of_the_environment_used(shop, client, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    shop.answers(b"{}", headers={"Set-Cookie": "name=value"})
    for _ in range(2):
        post(client, shop)
    assert all("Cookie" not in headers for _, headers, _ in shop.asked)


def test_a_swollen_answer_is_dropped_at_the_bound(shop, client, monkeypatch):
    monkeypatch.setattr(http_module, "BODY_BYTES_MAX", 1_000_000)
    shop.answers(gzip.compress(b" " * 40_000_000, 1), headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    with pytest.raises(errors.UnreadablePayload, match="larger than"):
        post(client, shop)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def endless(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        handler.wfile.write(b" " * 65_536)


def test_an_answer_without_end_is_dropped_at_the_bound(shop, client):
    shop.sends(endless)
    with pytest.raises(errors.UnreadablePayload, match="larger than 20 MB"):
        post(client, shop)


def drips_body(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n")
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.05)


def drips_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        handler.wfile.write(b"a")
        time.sleep(0.05)


def drips_chunks(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        handler.wfile.write(b"1\r\n \r\n")
        time.sleep(0.05)


@pytest.mark.parametrize("drips", [drips_body, drips_headers, drips_chunks])
def test_a_slow_answer_ends_at_the_bound_of_the_whole_request(shop, drips):
    shop.sends(drips)
    began = time.monotonic()
    with pytest.raises(errors.RetryableError, match="in time"):
        post(Http(reach=reach_to(shop.url), sleep=lambda _: None, now=lambda: NOW, total_s=0.5), shop)
    assert time.monotonic() - began < 2


def test_a_silent_shop_ends_at_the_bound_of_a_read(shop, client, monkeypatch):
    monkeypatch.setattr(http_module, "READ_S", 0.2)
    shop.sends(lambda handler: time.sleep(1))
    with pytest.raises(errors.RetryableError, match="in time"):
        post(client, shop)


def breaks_off(handler):
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"fine":')
    handler.connection.shutdown(socket.SHUT_RDWR)


def breaks_chunk(handler):
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"fine": true}')
    handler.connection.shutdown(socket.SHUT_RDWR)


def hangs_up(handler):
    handler.connection.shutdown(socket.SHUT_RDWR)


def is_no_http(handler):
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
    handler.connection.shutdown(socket.SHUT_RDWR)


def is_no_gzip(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")


def heaps_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 500 + b"\r\n")


def long_header(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n")


@pytest.mark.parametrize(
    "wire", [breaks_off, breaks_chunk, hangs_up, is_no_http, is_no_gzip, heaps_headers, long_header]
)
def test_a_broken_connection_is_retryable_and_never_half_an_answer(shop, client, wire):
    shop.sends(wire)
    with pytest.raises(errors.RetryableError):
        post(client, shop)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://nowhere.invalid/"])
def test_a_shop_that_cannot_be_reached_is_retryable(slept, url):
    client = Http(reach=reach_to(url), sleep=slept.append, now=lambda: NOW)
    with pytest.raises(errors.RetryableError, match="could not be reached") as caught:
        client.post(url, b"", HEADERS)
    assert url not in str(caught.value)


def test_headers_without_measure_are_refused(shop, client):
    shop.answers(b"{}", headers={f"X-Line-{n}": "a" * 2_000 for n in range(40)})
    with pytest.raises(errors.UnreadablePayload, match="headers"):
        post(client, shop)


NOT_JSON = [
    b"",
    b"   ",
    b"<!doctype html><title>Maintenance canary</title>",
    b'{"fine": tr',
    b'{"fine": true',
    b'{"fine": true}}',
    '{"fine": true}'.encode("utf-16"),
    b'{"fine": "\xff"}',
    b"[" * 100_000,
    b'{"more":' * 100_000,
    b"null",
    b"[]",
    b"{}",
    b'{"fine": "canary"}',
    b'{"fine": null}',
]


@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:24]))
def test_what_is_not_the_form_expected_is_unreadable_and_not_repeated(body):
    with pytest.raises(errors.UnreadablePayload) as caught:
        decode(body, READ)
    assert "canary" not in str(caught.value)


def test_the_watchdog_leaves_no_thread_behind(shop, client):
    shop.answers(b"{}")
    for _ in range(20):
        post(client, shop)
    time.sleep(0.05)
    assert sum(isinstance(each, threading.Timer) for each in threading.enumerate()) == 0


def test_a_date_without_a_zone_is_taken_as_utc():
    assert retry_after_s("Tue, 24 Nov 2026 12:00:05", NOW) == timedelta(seconds=5).total_seconds()
