"""One machine for all journeys, and on it the merchant whose first days are in; a journey leaves their settings as it found them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from infra.local.machine import Machine, Plan
from tests.pages.steps import asked, connect, person, sign_up, watch_import

ORDERS_PER_DAY = 4


class Merchant(msgspec.Struct, frozen=True):
    """The owner's browser, the id of their connection, and the day it is in their shop."""

    context: BrowserContext
    connection: str
    today: date

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)


@pytest.fixture(scope="package")
def machine(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Daybook whole, with a very small sandbox shop."""
    data = tmp_path_factory.mktemp("machine")
    with Machine(Plan(data=data, orders_per_day=ORDERS_PER_DAY, rate=0)) as running:
        yield running


@pytest.fixture(scope="package")
def merchant(chromium: Browser, machine: Machine) -> Iterator[Merchant]:
    """The owner of a workspace whose Shopify shop is connected, 90 days and today so far."""
    context = person(chromium, machine)
    page = context.new_page()
    sign_up(page)
    connection = connect(page)
    watch_import(page)
    today = asked(page, f"/v1/connections/{connection}/ranges")["today"]
    page.close()
    yield Merchant(context, connection, date.fromisoformat(today))
    context.close()


@pytest.fixture
def desk(merchant: Merchant) -> Iterator[Page]:
    """A tab of the merchant's, on no page yet."""
    page = merchant.context.new_page()
    yield page
    page.close()
