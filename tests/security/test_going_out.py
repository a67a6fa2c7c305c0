"""S24 to S26 and S28: where the outbound client goes, what it connects to, what it follows, and what it says of it.

Public servers are real ones on this machine, behind a resolver and a connector of ours; TLS is real.
"""

import socket

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import errors
from chalicelib.channels import Kind
from chalicelib.channels.kinds import KINDS
from chalicelib.channels.reach import (
    NO_SITE,
    UNREACHED,
    OutOfReach,
    Reach,
    is_public,
    origin_of,
    reach_of,
    same_origin,
    site_address,
)
from chalicelib.domain.connections import Credentials
from chalicelib.domain.secret import Secret
from chalicelib.storage.table import Table
from tests.security.places import ADDRESSES_PUBLIC, ADDRESSES_REFUSED, NEXT, SITES, SITES_REFUSED, URLS_REFUSED
from tests.support.internet import OTHER, PUBLIC, PUBLIC_TOO, PUBLIC_V6, SHOP, client_of, connections, found
from tests.support.memory import MemoryEngine
from tests.support.pairing import connection
from tests.support.reach import reach_to
from tests.support.shop import ScriptedShop
from tests.support.system import SETTINGS, Daybook

KEY = {"Authorization": "Basic canary"}


# --- S24: one client, listed hosts, and what a store's address may look like


def test_the_tables_are_as_long_as_they_must_be():
    assert len(set(URLS_REFUSED)) == len(URLS_REFUSED) >= 120


@pytest.mark.parametrize("url", URLS_REFUSED, ids=ascii)
def test_a_place_that_is_not_public_is_refused_in_every_spelling_without_a_lookup_or_a_connection(url):
    looked_up = []

    def resolve(host, port, *, type):
        looked_up.append(host)
        return [found("127.0.0.1", port)]

    client = client_of(Reach(public=True, hosts=("*.example",), resolve=resolve))
    with connections() as connected:
        with pytest.raises(errors.RequestError) as at_the_desk:
            site_address(url)
        with pytest.raises(errors.RequestError) as at_discovery:
            client.discover(url)
        with pytest.raises(OutOfReach, match="could not be reached"):
            client.get(url, KEY)
        with pytest.raises(OutOfReach, match="could not be reached"):
            client.post(url, b"{}", KEY)
    assert looked_up == []
    assert connected == []
    for refused in (at_the_desk.value, at_discovery.value):
        assert (str(refused), refused.fields) == (NO_SITE, {"site": NO_SITE})


@pytest.mark.parametrize("text", [*SITES_REFUSED, "", "   ", "https://shop.example/" + "a" * 300, "a" * 1_000_000])
def test_what_cannot_be_the_address_of_a_site_is_refused_alike(text):
    with pytest.raises(errors.RequestError) as refused:
        site_address(text)
    assert (str(refused.value), refused.value.fields) == (NO_SITE, {"site": NO_SITE})


@pytest.mark.parametrize(("text", "address"), SITES)
def test_a_site_has_one_address_however_it_is_written(text, address):
    assert site_address(text) == address
    assert site_address(address) == address


def test_exact_plain_origins_may_be_named_and_only_they():
    plain = ("http://127.0.0.1:8081/", "http://shop.test")
    assert site_address("http://127.0.0.1:8081/blog/", plain=plain) == "http://127.0.0.1:8081/blog"
    assert site_address("http://SHOP.test:80", plain=plain) == "http://shop.test"
    for text in (
        "http://127.0.0.1:8082",
        "http://127.0.0.1",
        "https://127.0.0.1:8081",
        "http://127.1:8081",
        "https://shop.test",
    ):
        with pytest.raises(errors.RequestError):
            site_address(text, plain=plain)


HOSTED = Kind(
    kind="hosted",
    name="Hosted",
    auth="key",
    fields=(),
    statuses=(),
    many_stores=False,
    hosts=("api.example", "*.shops.example"),
)
SITED = msgspec.structs.replace(HOSTED, hosts=())
LISTED = [
    ("https://api.example/orders", True),
    ("https://API.example/orders?page=2", True),
    ("https://north.shops.example/", True),
    ("https://shops.example/", False),
    ("https://a.north.shops.example/", False),
    ("https://shops.example.other.example/", False),
    ("https://evilapi.example/", False),
    ("https://evilshops.example/", False),
    ("https://api.example.other.example/", False),
    ("https://shop.example/", False),
    ("http://api.example/", False),
    ("http://127.0.0.1:9000/", False),
    ("http://127.0.0.1:8000/north/orders", True),
]


@pytest.mark.parametrize(("url", "may"), LISTED)
def test_a_kind_with_hosts_goes_only_there_and_where_its_api_is_instead(url, may):
    reach = reach_of(HOSTED, url="http://127.0.0.1:8000/{shop}", plain=("http://127.0.0.1:9000",))
    if may:
        reach.check(url)
        return
    with pytest.raises(OutOfReach):
        reach.check(url)


def test_a_kind_without_hosts_goes_to_public_sites_and_plain_ones():
    reach = reach_of(SITED, url="", plain=("http://127.0.0.1:9000",))
    reach.check("https://shop.example/wp-json/")
    reach.check("http://127.0.0.1:9000/wp-json/")
    with pytest.raises(OutOfReach):
        reach.check("http://127.0.0.1:9001/wp-json/")


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.kind)
def test_no_kind_at_work_reaches_this_machine(kind):
    reach = reach_of(kind, url="", plain=())
    for url in ("http://127.0.0.1/", "https://localhost/", "https://169.254.169.254/", "http://shop.example/"):
        with pytest.raises(OutOfReach):
            reach.check(url)


def test_a_client_that_was_told_nothing_goes_nowhere():
    for url in ("https://shop.example/", "http://127.0.0.1:80/", "https://northwind.myshopify.com/"):
        with pytest.raises(OutOfReach):
            client_of(Reach()).get(url, {})


def test_a_connection_is_checked_too_whatever_became_of_the_address_on_the_way_to_it(internet, certificate):
    reach = internet.reach(certificate[0])
    for scheme, host, port in (
        ("http", SHOP, 80),
        ("https", SHOP, 8443),
        ("https", "127.0.0.1", 443),
        ("https", "127.1", 443),
    ):
        with pytest.raises(OSError, match="out of reach"):
            reach.connect(scheme, host, port, 1.0)
    assert internet.looked_up == []


def test_the_clients_at_work_are_guarded():
    daybook = Daybook(Table(MemoryEngine()), SETTINGS)
    key = Credentials(access=Secret("canary"))
    with connections() as connected:
        for domain in (
            "127.0.0.1",
            "localhost",
            "shop.example",
            "northwind.myshopify.com:8443",
            "northwind.myshopify.com@127.0.0.1",
        ):
            shop = daybook.platforms["shopify"].open(msgspec.structs.replace(connection(), domain=domain), key)
            with pytest.raises(OutOfReach):
                shop.read_shop()
    assert connected == []


# --- S25: the addresses behind a name


@pytest.mark.parametrize("address", ADDRESSES_REFUSED)
def test_a_name_that_leads_inward_is_never_connected_to(address):
    client = client_of(Reach(public=True, resolve=lambda host, port, *, type: [found(address, port)]))
    with connections() as connected:
        with pytest.raises(errors.RetryableError) as asked:
            client.get("https://shop.example/", KEY)
        with pytest.raises(errors.RequestError) as discovered:
            client.discover("https://shop.example/")
    assert connected == []
    assert str(asked.value) == UNREACHED
    assert str(discovered.value) == NO_SITE


@pytest.mark.parametrize("address", ADDRESSES_PUBLIC)
def test_a_name_that_leads_out_is_connected_to_at_that_very_address(client, internet, site, address):
    internet.names[SHOP] = [[address]]
    internet.servers[address] = site.port
    site.answers(b"{}")
    assert client.get("https://shop.example/", {}).body == b"{}"
    assert internet.dialled == [address]


@given(st.ip_addresses())
def test_what_is_public_is_so_for_the_standard_library_too(ip):
    if is_public(str(ip)):
        assert ip.is_global or getattr(ip, "ipv4_mapped", None) is not None


@pytest.mark.parametrize(
    "text", ["", "shop.example", "127.1", "0x7f000001", "fe80::1%eth0", "2606:2800::1%eth0", "8.8.8.8/32"]
)
def test_what_is_not_an_address_is_not_public(text):
    assert not is_public(text)


MIXED = [
    [PUBLIC, "127.0.0.1"],
    ["127.0.0.1", PUBLIC],
    [PUBLIC, PUBLIC_TOO, "10.0.0.1"],
    [PUBLIC, "::1"],
    [PUBLIC_V6, "::ffff:127.0.0.1"],
    [PUBLIC, "169.254.169.254"],
    [],
]


@pytest.mark.parametrize("addresses", MIXED, ids=",".join)
def test_a_name_that_leads_inward_as_well_is_refused_altogether(client, internet, addresses):
    internet.names[SHOP] = [addresses]
    with pytest.raises(errors.RetryableError, match="could not be reached"):
        client.get("https://shop.example/", KEY)
    assert internet.dialled == []


def test_what_is_neither_version_of_the_internet_is_refused():
    odd = [(socket.AF_UNIX, socket.SOCK_STREAM, 0, "", "/var/run/docker.sock")]
    client = client_of(Reach(public=True, resolve=lambda host, port, *, type: odd))
    with connections() as connected, pytest.raises(errors.RetryableError):
        client.get("https://shop.example/", {})
    assert connected == []


def test_a_resolver_that_changes_its_answer_is_asked_once_a_connection(client, internet, site):
    internet.names[SHOP] = [[PUBLIC], ["127.0.0.1"]]
    site.answers(b"{}", headers={"Connection": "close"})
    assert client.get("https://shop.example/", {}).body == b"{}"
    assert (internet.looked_up, internet.dialled) == ([SHOP], [PUBLIC])
    with pytest.raises(errors.RetryableError, match="could not be reached"):
        client.get("https://shop.example/", KEY)
    assert internet.dialled == [PUBLIC]
    assert len(site.asked) == 1


def test_a_listed_host_that_leads_inward_is_refused_too(internet, certificate):
    client = client_of(internet.reach(certificate[0], public=False, hosts=("*.myshopify.com",)))
    internet.names["northwind.myshopify.com"] = [["10.0.0.1"]]
    with pytest.raises(errors.RetryableError, match="could not be reached"):
        client.post("https://northwind.myshopify.com/admin", b"{}", KEY)
    assert internet.dialled == []


@pytest.mark.parametrize("end", ["127.0.0.1", "10.0.0.1", PUBLIC_TOO, "nonsense"])
def test_a_connection_that_ends_elsewhere_is_dropped_before_a_byte_is_sent(client, internet, site, end):
    internet.ends_at[PUBLIC] = end
    site.answers(b"{}")
    with pytest.raises(errors.RetryableError, match="could not be reached"):
        client.get("https://shop.example/", KEY)
    assert site.asked == []


def test_a_dead_address_is_passed_over_for_the_next(client, internet, site):
    internet.names[SHOP] = [["2606:2800:21f:cb07::dead", PUBLIC]]
    site.answers(b"{}")
    assert client.get("https://shop.example/", {}).body == b"{}"
    assert internet.dialled == ["2606:2800:21f:cb07::dead", PUBLIC]


def test_tls_and_host_have_the_name_and_not_the_address(client, internet, site, asked_for):
    site.answers(b"{}")
    client.get("https://shop.example/orders", KEY)
    assert asked_for == [SHOP]
    assert site.asked[0][1]["Host"] == SHOP


def test_a_certificate_for_another_name_is_not_taken(client, internet, site):
    internet.names["third.example"] = [[PUBLIC]]
    site.answers(b"{}")
    with pytest.raises(errors.RetryableError, match="No secure connection"):
        client.get("https://third.example/", KEY)
    assert site.asked == []


def test_a_certificate_that_nobody_vouches_for_is_not_taken(internet, site):
    client = client_of(Reach(public=True, resolve=internet.resolve, dial=internet.dial))
    site.answers(b"{}")
    with pytest.raises(errors.RetryableError, match="No secure connection"):
        client.get("https://shop.example/", KEY)
    assert site.asked == []


def test_a_connection_is_kept_for_the_next_request(client, internet, site):
    site.answers(b"{}")
    for _ in range(3):
        client.get("https://shop.example/", {})
    assert internet.dialled == [PUBLIC]


# --- S26: redirects, next pages, proxies


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_calls_of_an_api_follow_no_redirect(client, internet, site, status):
    site.answers(b"", status=status, headers={"Location": "https://other.example/"})
    for ask in (
        lambda: client.get("https://shop.example/", KEY),
        lambda: client.post("https://shop.example/", b"{}", KEY),
    ):
        with pytest.raises(errors.PermanentError, match=f"status {status}"):
            ask()
    assert set(internet.looked_up) == {SHOP}


@pytest.mark.parametrize("location", ["https://[", "https://shop.example:port/", "\xff\xfe", ""])
def test_a_redirect_that_cannot_be_read_is_an_error_of_the_shop_and_not_ours(client, site, location):
    site.answers(b"", status=302, headers={"Location": location})
    with pytest.raises(errors.PermanentError, match="status 302"):
        client.get("https://shop.example/", KEY)


def moves(site, *locations):
    for location in locations:
        site.answers(b"moved", status=301, headers={"Location": location, "Set-Cookie": "canary=1"})


def test_discovery_follows_three_redirects_without_anything_of_ours(client, internet, site):
    moves(site, "/shop", "https://other.example/shop?x=1#top", "HTTPS://Shop.example:443/blog/")
    site.answers(b"found")
    where, answer = client.discover("https://shop.example/")
    assert (where, answer.body) == ("https://Shop.example:443/blog/", b"found")
    assert site_address(where) == "https://shop.example/blog"
    assert [path for path, _, _ in site.asked] == ["/", "/shop", "/shop?x=1", "/blog/"]
    assert [headers["Host"] for _, headers, _ in site.asked] == [SHOP, SHOP, OTHER, SHOP]
    assert all({"Cookie", "Authorization", "Referer"}.isdisjoint(headers) for _, headers, _ in site.asked)


def test_discovery_gives_up_at_the_fourth_redirect(client, site):
    moves(site, *["https://other.example/"] * 4)
    site.answers(b"found")
    with pytest.raises(errors.RequestError, match="no shop at this address"):
        client.discover("https://shop.example/")
    assert len(site.asked) == 4


@pytest.mark.parametrize(
    "location", [*URLS_REFUSED[:40], "http://shop.example/", "https://inside.example/", "https://[", ""]
)
def test_each_redirect_is_checked_anew(client, internet, site, location):
    location = location.encode("ascii", "ignore").decode()
    internet.names["inside.example"] = [["10.0.0.1"]]
    moves(site, location)
    with pytest.raises(errors.RequestError, match="no shop at this address"):
        client.discover("https://shop.example/")
    assert set(internet.dialled) == {PUBLIC}


@pytest.mark.parametrize(("url", "same"), NEXT)
def test_a_next_page_is_of_the_same_origin(url, same):
    assert same_origin(url, "https://shop.example/blog") is same


def test_an_origin_is_of_an_address_in_full():
    assert origin_of("http://[::1]:8081/x") == "http://[::1]:8081"
    with pytest.raises(ValueError, match="begins with"):
        origin_of("shop.example")


def test_proxies_and_passwords_of_the_environment_are_not_used(client, internet, site, monkeypatch, tmp_path):
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    (tmp_path / "netrc").write_text("default login canary password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nothing.pem"))
    site.answers(b"{}")
    assert client.discover("https://shop.example/")[1].body == b"{}"
    assert client.get("https://shop.example/", {}).body == b"{}"
    assert internet.dialled == [PUBLIC]
    assert all("Authorization" not in headers for _, headers, _ in site.asked)


# --- S28: all refusals read alike


def test_refusals_at_discovery_are_the_same_bytes(client, internet, certificate, site):
    internet.names |= {
        "inside.example": [["10.0.0.1"]],
        "mixed.example": [[PUBLIC, "10.0.0.1"]],
        "closed.example": [["93.184.215.99"]],
        "third.example": [[PUBLIC]],
    }
    site.sends(lambda handler: handler.connection.shutdown(socket.SHUT_RDWR))
    texts = set()
    for url in (
        "https://127.0.0.1/",
        "http://shop.example/",
        "https://nowhere.example/",
        "https://inside.example/",
        "https://mixed.example/",
        "https://closed.example/",
        "https://third.example/",
        "https://shop.example/",
    ):
        with pytest.raises(errors.RequestError) as refused:
            client.discover(url)
        texts.add((type(refused.value), str(refused.value), *refused.value.fields.items()))
        assert refused.value.__cause__ is None
    assert texts == {(errors.RequestError, NO_SITE, ("site", NO_SITE))}


def test_a_name_that_leads_inward_reads_like_one_that_nobody_answers_at(client, internet):
    internet.names |= {"inside.example": [["10.0.0.1"]], "closed.example": [["93.184.215.99"]]}
    said = set()
    for name in ("inside.example", "closed.example", "nowhere.example"):
        with pytest.raises(errors.RetryableError) as refused:
            client.get(f"https://{name}/?canary", KEY)
        said.add((type(refused.value), str(refused.value)))
        assert refused.value.__cause__ is None
    assert len(said) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 503])
def test_what_a_site_answers_is_not_repeated(client, site, status):
    site.answers({"message": "canary"}, status=status, headers={"X-Canary": "canary"})
    with pytest.raises(errors.ChannelError) as refused:
        client.discover("https://shop.example/")
    assert not isinstance(refused.value, errors.AuthExpired)
    assert "canary" not in repr(refused.value)


def test_an_exact_origin_is_as_the_operator_says():
    shop = ScriptedShop()
    shop.answers(b"{}")
    client = client_of(reach_to(shop.url))
    assert client.get(f"{shop.url}/orders", {}).body == b"{}"
    with pytest.raises(OutOfReach):
        client.get(shop.url.replace("127.0.0.1", "localhost"), {})
    shop.close()
