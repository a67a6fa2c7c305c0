"""What the API would answer of a workspace with a channel of each way to pair; names of shops and products only."""

from __future__ import annotations

from typing import Any

SITE = {
    "name": "site",
    "label": "Site address",
    "help": "The address of your shop's site, such as https://shop.example.com.",
    "secret": False,
    "pattern": ".+",
    "required": True,
    "default": "",
}


def _secret(name: str, label: str, help_: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "help": help_,
        "secret": True,
        "pattern": ".+",
        "required": True,
        "default": "",
    }


SHOPIFY = {
    "kind": "shopify",
    "name": "Shopify",
    "auth": "oauth",
    "fields": [SITE | {"name": "shop", "label": "Shop address", "help": "name.myshopify.com"}],
    "statuses": [],
    "many_stores": False,
    "key_fields": [],
}
WOOCOMMERCE = {
    "kind": "woocommerce",
    "name": "WooCommerce",
    "auth": "approve",
    "fields": [SITE],
    "statuses": [],
    "many_stores": False,
    "key_fields": [
        SITE,
        _secret("consumer_key", "Consumer key", "Begins with ck_."),
        _secret("consumer_secret", "Consumer secret", "Begins with cs_. Your site shows it only once."),
    ],
}
SHIPSTATION = {
    "kind": "shipstation",
    "name": "ShipStation",
    "auth": "key",
    "fields": [
        _secret("api_key", "API key", "Under Settings, Account, API Settings: the key of version 1.")
        | {"secret": False},
        _secret("api_secret", "API secret", "It stands beside the key."),
        SITE
        | {
            "name": "clock",
            "label": "Clock of the account",
            "help": "The time zone of the times that ShipStation gives to programs; leave it unless a warning says otherwise.",
            "required": False,
            "default": "America/Los_Angeles",
        },
    ],
    "statuses": [],
    "many_stores": True,
    "key_fields": [],
}
KINDS = {"items": [SHOPIFY, WOOCOMMERCE, SHIPSTATION], "next": None}
USAGE = {
    "year_from": "2026-03-01",
    "year_to": "2027-03-01",
    "allotment": 50_000,
    "overage": None,
    "used": 38_000,
    "connections": [],
}


def found(*, stores: int = 2, **other: Any) -> dict[str, Any]:
    """A shop that answered to keys."""
    names = ("Northwind Shopify US", "Northwind Outlet")
    return {
        "name": "Warehouse",
        "domain": "ssapi.shipstation.com",
        "time_zone": None,
        "currency": None,
        "stores": [
            {"id": str(100 + at), "name": names[at] if at < len(names) else f"Northwind Store {at + 1}"}
            for at in range(stores)
        ],
        "warnings": [],
        "expected_orders": 4_318,
    } | other


def connection(name: str = "Warehouse", *, kind: str = "shipstation", **other: Any) -> dict[str, Any]:
    """A connection in sync."""
    return {
        "id": name.lower().replace(" ", "-"),
        "kind": kind,
        "name": name,
        "domain": "ssapi.shipstation.com" if kind == "shipstation" else f"{kind}.northwind.example",
        "state": "in_sync",
        "state_detail": "",
        "stores": [{"id": "100", "name": "Northwind Shopify US"}, {"id": "101", "name": "Northwind Outlet"}],
        "time_zone": "America/New_York",
        "currency": "USD",
        "colour": 2,
        "reach_days": None,
        "last_synced_at": "2026-11-26T05:46:00Z",
        "next_sync_at": "2026-11-27T05:45:00Z",
        "sync_id": None,
    } | other


def sync(**other: Any) -> dict[str, Any]:
    """The first download of a connection, on its way."""
    return {
        "id": "s1",
        "connection_id": "warehouse",
        "reason": "pairing",
        "from": "2026-08-28",
        "to": "2026-11-25",
        "state": "running",
        "days": "d" * 57 + "r" + "w" * 32,
        "days_total": 90,
        "days_done": 57,
        "days_failed": 0,
        "days_retrying": 0,
        "orders": 4_318,
        "new_orders": 4_318,
        "eta_s": 360,
        "resume_at": None,
        "began_at": "2026-11-26T15:00:00Z",
        "ended_at": None,
        "batches": [],
        "batch": 1,
        "order_number": None,
    } | other


def mirror(*, linked: bool = False, **other: Any) -> dict[str, Any]:
    """A store whose orders also come through a connection of its own."""
    return {
        "store_id": "100",
        "store_name": "Northwind Shopify US",
        "connection_id": "northwind-supply",
        "connection_name": "Northwind Supply",
        "agreed": 38,
        "orders": 40,
        "from": "2026-10-01",
        "to": "2026-11-25",
        "linked": linked,
    } | other
