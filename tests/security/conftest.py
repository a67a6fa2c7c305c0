"""The small internet, for what goes out to sites of strangers."""

import pytest

from tests.support.internet import (
    OTHER,
    PUBLIC,
    PUBLIC_TOO,
    PUBLIC_V6,
    SHOP,
    Internet,
    client_of,
    make_certificate,
    serving,
)
from tests.support.shop import ScriptedShop


@pytest.fixture(scope="session")
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
