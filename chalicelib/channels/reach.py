"""Where the outbound client may go: addresses as text, names as the internet resolves them, sockets as they end up.

    listed hosts     a kind's own: https, default port; `*.shops.example` stands for one label
    public sites     what merchants name: https, default port, a host name of the public internet
    origins          exact ones that the operator named: sandboxes, shops under development; may be plain, may be at home

Whatever is not an exact origin is resolved here, and every address that comes back must be globally routable: a name that also
points inward is refused altogether. We connect to the very addresses that were looked at, and look at the peer again.

What is refused reads like what does not answer: nobody learns from us what else is on our network.
"""

import re
import socket
import unicodedata
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib import errors

if TYPE_CHECKING:
    from chalicelib.channels import Kind

UNREACHED = "The shop could not be reached, or dropped the connection."
NO_SITE = "We found no shop at this address. Give the one that customers see in their browser; it begins with https://."
SITE_CHARS_MAX = 300

# Like `socket.getaddrinfo`.
Resolve = Callable[..., Sequence[tuple[Any, ...]]]
# Family, socket address, seconds: a connected socket. Raises OSError.
Dial = Callable[[int, Any, float], socket.socket]

_PORTS = {"http": 80, "https": 443}
_ORIGIN = (
    r"(?P<scheme>[Hh][Tt][Tt][Pp][Ss]?)://(?P<host>[^\s/?#@:\\%\[\]]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
)
_URL = re.compile(_ORIGIN + r"(?:[/?][!-\"$-\[\]-~]*)?")  # what is printed, but "#" and backslash
_SITE = re.compile(_ORIGIN + r"(?P<path>(?:/(?!\.\.?(?:/|$))[A-Za-z0-9._~\-]+)*)/?")

_LABEL = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
# The last label has no digits: otherwise "127.1", "0x7f.1" or "1.2.3.0x4" would be names.
_NAME = re.compile(rf"(?=.{{4,253}}$)(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9\-]{{0,58}}[a-z0-9])")
# Ends of names that are never public (IANA "Special-Use Domain Names"; RFC 6762, appendix G; ICANN's reserved "internal").
_NOT_PUBLIC = frozenset(
    [
        "alt",
        "arpa",
        "corp",
        "home",
        "internal",
        "intranet",
        "invalid",
        "lan",
        "local",
        "localdomain",
        "localhost",
        "onion",
        "private",
        "test",
    ]
)
# Older rules, which the standard library follows, make other names of these than browsers do.
_AMBIGUOUS = frozenset("ßς")


class OutOfReach(errors.PermanentError):
    """The client may not go there, whoever asks."""


def no_site() -> errors.RequestError:
    """What a merchant is told about a site that we may not or cannot ask: always the same."""
    return errors.RequestError(NO_SITE, {"site": NO_SITE})


# --- Addresses as text


def site_address(text: str, *, plain: Sequence[str] = ()) -> str:
    """The normal form of the site that a merchant named: "https://shop.example/blog".

    Its host is in lower case and ASCII; it has no user, port, query, fragment or last slash. "https://" may be left out.
    `plain` are origins that may be named although they are not public or not encrypted. Raises RequestError.
    """
    text = text.strip()
    found = _SITE.fullmatch(text if "://" in text else f"https://{text}") if len(text) <= SITE_CHARS_MAX else None
    if found is None:
        raise no_site()
    scheme, host, port = _parts(found)
    origin, path = _origin(scheme, host, port), found["path"]
    if origin in map(origin_of, plain):
        return origin + path
    name = _ascii_name(host)
    if name is None or not _is_site(scheme, name, port):
        raise no_site()
    return f"https://{name}{path}"


def origin_of(url: str) -> str:
    """Scheme, host and port, if it is not the default one. Raises ValueError if `url` is not an address in full."""
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError("an address begins with http:// or https:// and a host")
    return _origin(*_parts(found))


def same_origin(url: str, base: str) -> bool:
    """Whether `url`, an address in full, is of the same scheme, host and port as `base`."""
    try:
        return origin_of(url) == origin_of(base)
    except ValueError:
        return False


def _parts(found: re.Match[str]) -> tuple[str, str, int]:
    # Unlike text.lower(), which makes a plain "k" of the sign for kelvin.
    host = found["host"].lower() if found["host"].isascii() else found["host"]
    scheme = found["scheme"].lower()
    return scheme, host, int(found["port"] or _PORTS[scheme])


def _origin(scheme: str, host: str, port: int) -> str:
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return f"{scheme}://{host}" if port == _PORTS[scheme] else f"{scheme}://{host}:{port}"


def _is_site(scheme: str, host: str, port: int) -> bool:
    """Whether a place could be on the public internet: https, default port, a name that is not a form of address."""
    return (
        scheme == "https"
        and port == _PORTS["https"]
        and _NAME.fullmatch(host) is not None
        and host.rpartition(".")[2] not in _NOT_PUBLIC
    )


def _ascii_name(host: str) -> str | None:
    """The name as resolvers and certificates know it; None if it cannot be one, or might be read as another."""
    if host.isascii():
        return host
    # Full-width letters and digits, circled ones, ligatures: browsers turn them into plain ones. No shop is called so.
    name = host.lower()
    if unicodedata.normalize("NFKC", host) != host or not all(map(_is_of_a_name, name)):
        return None
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return None


def _is_of_a_name(char: str) -> bool:
    """Letters, their marks, digits; of dots, only the plain one."""
    kind = unicodedata.category(char)
    return char in "-." or ((kind[0] in "LM" or kind == "Nd") and char not in _AMBIGUOUS)


# --- Addresses as numbers

# IANA, "IPv4 Special-Purpose Address Space"; multicast; and where the host of a virtual machine answers on one cloud.
_V4_REFUSED = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)
# IANA, "IPv6 Special-Purpose Address Space", as far as it lies in what is given out as global unicast.
_V6_GLOBAL = IPv6Network("2000::/3")
_V6_REFUSED = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; 2001::/32 is Teredo, which wraps IPv4
            "2001:db8::/32",
            "2002::/16",  # 6to4, which wraps IPv4
            "3fff::/20",
        ),
    )
)
# Networks without IPv4 of their own reach public IPv4 shops through this prefix (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an address is globally routable.

    IPv4 within IPv6 is unwrapped where public servers are met so (mapped, NAT64); every other wrapping - compatible, translated,
    6to4, Teredo, local NAT64, ISATAP - is refused whatever it wraps.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.scope_id is not None:
            return False
        wrapped = ip.ipv4_mapped or (IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in _NAT64 else None)
        if wrapped is None:
            return ip in _V6_GLOBAL and not any(ip in each for each in _V6_REFUSED) and not _is_isatap(ip)
        ip = wrapped
    return not any(ip in each for each in _V4_REFUSED)


def _is_isatap(ip: IPv6Address) -> bool:
    """Under any prefix: 0000:5efe or 0200:5efe, then an IPv4 address (RFC 5214)."""
    return (int(ip) >> 32) & 0xFDFF_FFFF == 0x5EFE


# --- Sockets


def dial(family: int, address: Any, timeout_s: float) -> socket.socket:
    """Connect. Raises OSError."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Where one client may go; unless told, nowhere. `resolve` and `dial` are handed in.

    `origins` are in the form of `origin_of`. `authorities` is a file of certificates to believe instead of the public ones.
    """

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    public: bool = False
    resolve: Resolve = socket.getaddrinfo
    dial: Dial = dial
    authorities: str | None = None

    def check(self, url: str) -> None:
        """Raises OutOfReach for what is not an address in full, or of a place where this client may not go."""
        found = _URL.fullmatch(url)
        if found is None or not self._may(*_parts(found)):
            raise OutOfReach(UNREACHED)

    def connect(self, scheme: str, host: str, port: int, timeout_s: float) -> socket.socket:
        """A socket to where `host` resolves to, once all of that was looked at. Raises OSError.

        `timeout_s` is for all its addresses together, each of which gets its share.
        """
        if not self._may(scheme, host, port):
            raise OSError("out of reach")
        found = self.resolve(host.strip("[]"), port, type=socket.SOCK_STREAM)
        places = [(family, address) for family, _, _, _, address in found]
        if not self._is_origin(scheme, host, port) and not all(map(_leads_out, places)):
            raise OSError("out of reach")
        deadline = monotonic() + timeout_s
        failure = OSError("no address")
        for tried, (family, address) in enumerate(places):
            try:
                sock = self.dial(family, address, max((deadline - monotonic()) / (len(places) - tried), 0.001))
            except OSError as exc:
                failure = exc
                continue
            if _is_peer(sock, address):
                sock.settimeout(timeout_s)
                return sock
            sock.close()
            raise OSError("out of reach")
        raise failure

    def _may(self, scheme: str, host: str, port: int) -> bool:
        if self._is_origin(scheme, host, port):
            return True
        return _is_site(scheme, host, port) and (self.public or any(_fits(host, each) for each in self.hosts))

    def _is_origin(self, scheme: str, host: str, port: int) -> bool:
        return _origin(scheme, host, port) in self.origins


def reach_of(kind: "Kind", *, url: str, plain: Sequence[str]) -> Reach:
    """Where the clients of a kind may go: its hosts, or public sites and the `plain` ones; and where its API is instead (`url`)."""
    origins = (*((url,) if url else ()), *(() if kind.hosts else plain))
    return Reach(hosts=kind.hosts, origins=tuple(map(origin_of, origins)), public=not kind.hosts)


def _fits(host: str, listed: str) -> bool:
    """Whether `host` is the listed one; a leading `*` stands for one label."""
    if listed.startswith("*."):
        return host.partition(".")[2] == listed[2:]
    return host == listed


def _leads_out(place: tuple[int, Any]) -> bool:
    family, address = place
    return family in (socket.AF_INET, socket.AF_INET6) and is_public(address[0])


def _is_peer(sock: socket.socket, address: Any) -> bool:
    """Whether the socket ended up where it was sent."""
    try:
        host, port = sock.getpeername()[:2]
        return ip_address(host) == ip_address(address[0]) and port == address[1]
    except (OSError, ValueError):
        return False
