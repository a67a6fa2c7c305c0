"""S24 to S28: where the outbound client goes, what it connects to, what it follows, how much it takes, and what it says.

Public servers are real ones on this machine, behind a resolver and a connector of ours; TLS is real.
"""

import gzip
import socket
import threading
import time
import tracemalloc
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import errors
from chalicelib.channels import Kind
from chalicelib.channels import http as http_module
from chalicelib.channels.answers import decode
from chalicelib.channels.http import Http
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
from tests.support.internet import Internet, connections, found, make_certificate, serving
from tests.support.reach import reach_to
from tests.support.shop import ScriptedShop

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHOP, OTHER = "shop.example", "other.example"
PUBLIC, PUBLIC_TOO, PUBLIC_V6 = "93.184.215.14", "93.184.215.15", "2606:2800:21f:cb07::1"
KEY = {"Authorization": "Basic canary"}


def client_of(reach, total_s=5.0):
    return Http(reach=reach, sleep=lambda _: None, now=lambda: NOW, total_s=total_s)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"), (SHOP, OTHER, "*.myshopify.com"))


@pytest.fixture
def asked_for():
    return []


@pytest.fixture
def site(certificate, asked_for):
    server = ScriptedShop(serving(certificate, asked_for))
    yield server
    server.close()


@pytest.fixture
def internet(site):
    """Both names lead to the site, each by an address of its own."""
    net = Internet()
    net.names = {SHOP: [[PUBLIC]], OTHER: [[PUBLIC_TOO]], "northwind.myshopify.com": [[PUBLIC]]}
    net.servers = dict.fromkeys((PUBLIC, PUBLIC_TOO, PUBLIC_V6), site.port)
    return net


@pytest.fixture
def client(internet, certificate):
    return client_of(internet.reach(certificate[0]))


# --- S24: one client, listed hosts, and what a store's address may look like

# Refused whoever asks: forms of address, names that are not public, other ports and schemes, user parts, tricks of spelling.
HOSTS_REFUSED = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.00.00.01", "127.000.000.001", "0", "0.0.0.0", "1",
    "2130706433", "02130706433", "017700000001", "00000000000017700000001", "0x7f000001", "0x7F.0.0.1", "0x7f.1",
    "0x7f.0x0.0x0.0x1", "0177.0.0.1", "0177.1", "0177.0x0.0.1", "127.0.0.0x1", "127.0.0.01", "4294967295", "4294967297",
    "999.999.999.999", "256.256.256.256", "1.2.3.4.5", "1.2.3", "93.184.215.14", "93.184.215.14.", "1572395790", "0x5db8d70e",
    "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "169.16689662", "10.0.0.1",
    "10.1", "172.16.0.1", "192.168.1.1", "192.168.257", "100.64.0.1", "168.63.129.16", "100.100.100.200", "255.255.255.255",
    "224.0.0.1", "shop.example.1", "shop.0x10", "shop.1e1",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::ffff:93.184.215.14]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[fd00:ec2::254]",
    "[fec0::1]", "[ff02::1]", "[2606:2800:21f:cb07::1]", "[v1.fe80]", "[127.0.0.1]", "[shop.example]", "[::1", "::1", "::1]",
    "127.0.0.1%00", "127.0.0.1%2e", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "%6c%6fcalhost", "shop%2eexample", "shop.example%00",
    "shop.example%23.internal", "shop.example%2f", "１２７.0.0.1", "127.０.0.1", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1",
    "①②⑦.0.0.1", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "٠x7f.1", "１２７。０。０。１", "shop。example", "shop．example", "ｓhop.example", "shop.ｅxample",
    "ⓢⓗⓞⓟ.example", "shop.exam\u00adple", "shop\u200b.example", "shop\u2024example", "shop.example\u3002", "\u212aelvin.example",
    "stra\u00dfe.example", "ς.example", "shop\u200d.example", "shop.\u202eexample", "℀.example", "shop.ex﹒ample",
    "localhost", "localhost.", "LOCALHOST", "localhost.localdomain", "foo.localhost", "printer.local", "shop.internal",
    "metadata.google.internal", "ip-10-0-0-1.ec2.internal", "instance-data", "metadata", "router.lan", "nas.home", "files.corp",
    "db.private", "wiki.intranet", "shop.test", "nowhere.invalid", "abcdefghijklmnop.onion", "1.0.0.127.in-addr.arpa",
    "router.home.arpa", "name.alt", "shop", "com", "", ".", "..", ".example", "shop..example", ".shop.example",
    "shop.example.", "shop.example..", "-shop.example", "shop-.example", "shop_1.example", "sh op.example", "shop!.example",
    "shop,example", "a" * 64 + ".example", "a." * 130 + "example", "shop.example\\", "shop.example\\.other.example", "shop\t.example",
    "shop\r\n.example", "shop\x00.example", "shop.example:80", "shop.example:8443", "shop.example:0", "shop.example:65536",
    "shop.example:443443", "shop.example:", "shop.example:https", "shop.example:+443", "shop.example:４４３", "shop.example:443:443",
    "shop.example: 443", "merchant@shop.example", "merchant:word@shop.example", "@shop.example", ":@shop.example", "shop.example@127.0.0.1",
    "127.0.0.1@shop.example", "shop.example:443@127.0.0.1", "shop.example%40127.0.0.1", "shop.example#@127.0.0.1",
    "shop.example\\@127.0.0.1", "shop.example;127.0.0.1", "shop.example&127.0.0.1", "xn--", "xn--.example", "*.example", "*",
]  # fmt: skip
URLS_REFUSED = [f"https://{host}/" for host in HOSTS_REFUSED] + [
    "http://shop.example/", "HTTP://SHOP.EXAMPLE/", "http://shop.example:443/", "ftp://shop.example/", "file:///etc/passwd",
    "file://shop.example/etc/passwd", "gopher://shop.example/", "ldap://shop.example/", "dict://shop.example:11211/",
    "ws://shop.example/", "wss://shop.example/", "jar:https://shop.example!/", "data:text/html,shop", "javascript:alert(1)",
    "httpſ://shop.example/", "https:shop.example", "https:/shop.example", "https:///shop.example", "https:////shop.example",
    "https:\\\\shop.example", "https://\\shop.example", "//shop.example", "\\\\shop.example", "://shop.example",
    "https:// shop.example/", "https://shop.example /", "https://shop.example/\x7f", "https://shop.example/\u3002", "https://",
    "https", "unix:///var/run/docker.sock", "https+unix://shop.example/", "url:https://shop.example/", "https://?shop.example",
    "https://#shop.example", "https://shop.example/a\\b", "https://shop.example/a b", "https://shop.example/#top",
]  # fmt: skip

# Fit to be asked, as a link in an API is, but not the address of a site.
SITES_REFUSED = [
    "https://shop.example/?page=2", "https://shop.example/a/../b", "https://shop.example/./", "https://shop.example/..",
    "https://shop.example//blog", "https://shop.example/blog//", "https://shop.example/%2e%2e/", "https://shop.example/blog;x=1",
    "https://shop.example/~shop:80", "https://shop.example?", "https://shop.example/@other.example",
]  # fmt: skip


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


SITES = [
    ("https://shop.example", "https://shop.example"),
    ("https://shop.example/", "https://shop.example"),
    ("  https://Shop.EXAMPLE/Blog/ ", "https://shop.example/Blog"),
    ("HTTPS://shop.example:443", "https://shop.example"),
    ("shop.example", "https://shop.example"),
    ("shop.example/blog", "https://shop.example/blog"),
    ("shop.example:443/blog", "https://shop.example/blog"),
    ("https://shop.example/en/store-2/index.php", "https://shop.example/en/store-2/index.php"),
    ("https://shop.example/~shop/.well", "https://shop.example/~shop/.well"),
    ("https://127-0-0-1.shop.example", "https://127-0-0-1.shop.example"),
    ("https://3m.shop.example", "https://3m.shop.example"),
    ("https://münchen.example", "https://xn--mnchen-3ya.example"),
    ("https://MÜNCHEN.example", "https://xn--mnchen-3ya.example"),
    ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
    ("https://пример.рф/a", "https://xn--e1afmkfd.xn--p1ai/a"),
    ("https://例え.example", "https://xn--r8jz45g.example"),
    ("https://local.example", "https://local.example"),
]


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


# --- S25: the addresses behind a name

ADDRESSES_REFUSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::a00:1", "::5db8:d70e", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:7f00:1",
    "::ffff:0:5db8:d70e", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "64:ff9b:1::5db8:d70e",
    "64:ff9b:0:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:0:7f00:1::", "2001:0:5db8:d70e::", "2001:2::1", "2001:10::1", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:5db8:d70e::1", "2606:2800::5efe:7f00:1", "2606:2800::200:5efe:a00:1",
    "2606:2800::5efe:5db8:d70e", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::5efe:7f00:1", "fec0::1", "ff02::1",
    "ff0e::1", "4000::1", "::2:3:4",
]  # fmt: skip
ADDRESSES_PUBLIC = [
    PUBLIC, "8.8.8.8", "1.1.1.1", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "172.15.0.1", "172.32.0.1",
    "192.0.1.1", "198.20.0.1", "223.255.255.255", PUBLIC_V6, "2001:4860:4860::8888", "2a00::1", "::ffff:93.184.215.14",
    "64:ff9b::5db8:d70e",
]  # fmt: skip


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


NEXT = [
    ("https://shop.example/wp-json/wc/v3/orders?page=2", True),
    ("HTTPS://SHOP.example:443/orders", True),
    ("https://shop.example", True),
    ("http://shop.example/orders", False),
    ("https://shop.example:8443/orders", False),
    ("https://other.example/orders", False),
    ("https://shop.example.other.example/", False),
    ("https://shop.example@other.example/", False),
    ("https://other.example/https://shop.example/", False),
    ("https://shop.example\\@other.example/", False),
    ("https://shop.example#@other.example/", False),
    ("//other.example/orders", False),
    ("/orders?page=2", False),
    ("https://127.0.0.1/", False),
    ("javascript:alert(1)", False),
    ("", False),
]


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


# --- S27: how long, how much, how deep; for questions as for orders of ours


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


def test_a_handshake_that_drips_ends_with_the_request(internet, certificate):
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
                client_of(internet.reach(certificate[0]), total_s=0.5).get("https://shop.example/", {})
        finally:
            over.set()


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


# --- S28: all refusals read alike


def test_refusals_at_discovery_are_the_same_bytes(client, internet, certificate, site):
    internet.names |= {
        "inside.example": [["10.0.0.1"]],
        "mixed.example": [[PUBLIC, "10.0.0.1"]],
        "closed.example": [["93.184.215.99"]],
        "third.example": [[PUBLIC]],
    }
    site.sends(lambda handler: handler.connection.close())
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
