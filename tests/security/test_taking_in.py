"""S27: how long an answer may take, how much it may bring and how deep, for questions as for what we send."""

import gzip
import socket
import threading
import time
import tracemalloc

import msgspec
import pytest

from chalicelib import errors
from chalicelib.channels import http as http_module
from chalicelib.channels.answers import decode
from tests.support.internet import PUBLIC, client_of


def endless(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b" " * 65_536)


def drips(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\nConnection: close\r\n\r\n")
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.05)


def asks(client, url):
    return (
        lambda: client.get(url, {}),
        lambda: client.post(url, b"{}", {}),
    )


def test_an_answer_without_end_is_dropped(client, site):
    site.sends(endless)
    for ask in (*asks(client, "https://shop.example/"), lambda: client.discover("https://shop.example/")):
        with pytest.raises(errors.UnreadablePayload, match="larger than 20 MB"):
            ask()


def test_the_body_of_a_redirect_is_not_read(client, site):
    def moved(handler):
        handler.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: https://other.example/\r\n\r\n")
        while True:
            handler.wfile.write(b" " * 65_536)

    site.sends(moved)
    tracemalloc.start()
    for ask in asks(client, "https://shop.example/"):
        with pytest.raises(errors.PermanentError, match="status 302"):
            ask()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < http_module.BODY_BYTES_MAX


def test_an_answer_that_swells_is_dropped_at_the_bound(client, site):
    site.answers(gzip.compress(b" " * 60_000_000, 1), headers={"Content-Encoding": "gzip"})
    for ask in asks(client, "https://shop.example/"):
        tracemalloc.start()
        with pytest.raises(errors.UnreadablePayload, match="larger than 20 MB"):
            ask()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2 * http_module.BODY_BYTES_MAX


def test_headers_without_measure_are_refused(client, site):
    site.answers(b"{}", headers={f"X-Line-{n}": "a" * 2_000 for n in range(40)})
    for ask in (*asks(client, "https://shop.example/"), lambda: client.discover("https://shop.example/")):
        with pytest.raises(errors.UnreadablePayload, match="headers"):
            ask()


def test_a_slow_answer_ends_with_the_request_even_if_it_is_the_last_of_its_connection(internet, certificate, site):
    site.sends(drips)
    client = client_of(internet.reach(certificate[0]), total_s=0.5)
    for ask in asks(client, "https://shop.example/"):
        with pytest.raises(errors.RetryableError, match="in time"):
            ask()


def test_a_handshake_that_drips_ends_with_the_time_to_connect(internet, certificate, monkeypatch):
    monkeypatch.setattr(http_module, "CONNECT_S", 0.3)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            sock = server.accept()[0]
            sock.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 KB begins
            while not over.wait(0.05):
                sock.send(b"\x02")
            sock.close()

        threading.Thread(target=drip, daemon=True).start()
        internet.servers[PUBLIC] = server.getsockname()[1]
        try:
            with pytest.raises(errors.RetryableError, match="in time"):
                client_of(internet.reach(certificate[0])).get("https://shop.example/", {})
        finally:
            over.set()


def test_nothing_is_asked_after_a_lookup_that_took_all_the_time(internet, certificate, site):
    resolve = internet.resolve

    def slow(host, port, *, type):
        time.sleep(0.2)
        return resolve(host, port, type=type)

    internet.resolve = slow
    site.answers(b"{}")
    with pytest.raises(errors.RetryableError, match="in time"):
        client_of(internet.reach(certificate[0]), total_s=0.05).get("https://shop.example/", {})
    assert site.asked == []


def test_redirects_share_the_time_of_one_request(internet, certificate, site):
    def slow(handler):
        time.sleep(0.3)
        handler.wfile.write(b"HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")

    site.sends(slow)
    with pytest.raises(errors.RequestError, match="no shop at this address"):
        client_of(internet.reach(certificate[0]), total_s=0.5).discover("https://shop.example/")
    assert len(site.asked) == 2


class Known(msgspec.Struct):
    fine: bool
    more: object = None


@pytest.mark.parametrize("levels", [1_000, 10_000, 1_000_000, 19_000_000])
@pytest.mark.parametrize("name", ["skipped", "more"])
def test_a_deep_answer_is_unreadable_whether_it_is_read_or_skipped(levels, name):
    half = levels // 2 if levels > 10_000_000 else levels
    body = f'{{"{name}":'.encode() + b"[" * half + b"]" * half + b',"fine":true}'
    with pytest.raises(errors.UnreadablePayload):
        decode(body, msgspec.json.Decoder(Known))
