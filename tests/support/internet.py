"""A small internet: names, public addresses that stand for servers on this machine, and a look at whoever was connected to."""

import socket
import ssl
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.channels.http import Http
from chalicelib.channels.reach import Reach

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHOP, OTHER = "shop.example", "other.example"
PUBLIC, PUBLIC_TOO, PUBLIC_V6 = "93.184.215.14", "93.184.215.15", "2606:2800:21f:cb07::1"

_connected: list[Any] = []
_watching = False


class _Claiming(socket.socket):
    """A socket that says of its peer what it was told."""

    peer: tuple[Any, ...] = ()

    def getpeername(self) -> tuple[Any, ...]:
        return self.peer


class Internet:
    """`names` are what each lookup of a name answers in turn, the last one for ever; `servers` are ports on this machine.

    `looked_up` and `dialled` remember. `ends_at` has a connection end somewhere else than asked for.
    """

    def __init__(self) -> None:
        self.names: dict[str, list[Sequence[str]]] = {}
        self.servers: dict[str, int] = {}
        self.looked_up: list[str] = []
        self.dialled: list[str] = []
        self.ends_at: dict[str, str] = {}

    def resolve(self, host: str, port: int, *, type: int) -> list[tuple[Any, ...]]:
        self.looked_up.append(host)
        script = self.names.get(host)
        if script is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [found(address, port) for address in (script.pop(0) if len(script) > 1 else script[0])]

    def dial(self, family: int, address: Any, timeout_s: float) -> socket.socket:
        self.dialled.append(address[0])
        port = self.servers.get(address[0])
        if port is None:
            raise ConnectionRefusedError
        sock = _Claiming(socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(timeout_s)
        sock.connect(("127.0.0.1", port))
        sock.peer = (self.ends_at.get(address[0], address[0]), *address[1:])
        return sock

    def reach(self, authorities: Path, **where: Any) -> Reach:
        """Public sites, unless told otherwise, as this internet has them."""
        return Reach(**({"public": True} | where), resolve=self.resolve, dial=self.dial, authorities=str(authorities))


def client_of(reach: Reach, total_s: float = 5.0) -> Http:
    return Http(reach=reach, sleep=lambda _: None, now=lambda: NOW, total_s=total_s)


def found(address: str, port: int) -> tuple[Any, ...]:
    """An address as the resolver gives it."""
    if ip_address(address).version == 4:
        return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
    return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))


def make_certificate(folder: Path, names: Sequence[str]) -> tuple[Path, Path]:
    """A certificate for these names that vouches for itself, and its key: two files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def serving(certificate: tuple[Path, Path], asked_for: list[str | None]) -> ssl.SSLContext:
    """The server's side of TLS; the names that clients ask for are put down."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.sni_callback = lambda _, name, __: asked_for.append(name)
    return context


@contextmanager
def connections() -> Iterator[list[Any]]:
    """Every address that any socket of this interpreter was sent to, by anyone."""
    global _watching
    if not _watching:
        sys.addaudithook(_note)
        _watching = True
    _connected.clear()
    yield _connected


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        _connected.append(arguments[1])
