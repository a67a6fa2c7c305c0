"""Getting to know a WooCommerce shop: what it is called, its zone, currency and decimals, and how it understands our questions.

    zone       the IANA name that WordPress was given; of a fixed offset in whole hours an `Etc/GMT` zone; None of any other
    currency   of the general settings, which not every key may read, else the current one, else the newest order's
    dates      "gmt" if a probe proved that the shop compares `dates_are_gmt=true` in UTC, "local" if it showed otherwise
    bounds     "exclusive" or "inclusive", as the same probe saw it

The probe asks for the shop's newest order by its very second. Where that order's local time is UTC nothing is proved.
"""

import re
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import msgspec

from chalicelib import errors
from chalicelib.channels import woocommerce_wire as wire
from chalicelib.channels.woocommerce_orders import Row, instant, text_of
from chalicelib.channels.woocommerce_wire import NO_SHOP, Index, Site

SECOND = timedelta(seconds=1)
_EAST_MAX, _WEST_MAX = 14, 12


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """What a shop told of itself."""

    name: str
    zone: str | None
    currency: str | None
    traits: dict[str, str]
    warnings: tuple[str, ...] = ()


def check_index(index: Index) -> Index:
    """Raises PermanentError for a site without a shop."""
    # Plugins that hide the list of namespaces leave it empty.
    if index.namespaces and "wc/v3" not in index.namespaces:
        raise errors.PermanentError(NO_SHOP)
    return index


def introduce(site: Site, newest: Row | None) -> Met:
    """Ask everything there is to know before orders are read; `newest` is the shop's newest order. Raises ChannelError."""
    index = check_index(site.index())
    currency, decimals = _money(site, newest)
    zone = zone_of(index)
    warnings: tuple[str, ...] = ()
    if zone is not None and not text_of(index.timezone_string):
        warnings = (
            "The site keeps a fixed offset from UTC and no daylight saving time. If your shop does, choose a city as its time zone "
            "in WordPress under Settings, General, or here.",
        )
    return Met(
        name=unescape(text_of(index.name))[:100],
        zone=zone,
        currency=currency,
        traits={"decimals": decimals} | (_probe(site, newest) if newest is not None else {}),
        warnings=warnings,
    )


def newest_order(site: Site) -> Row | None:
    """The order placed last, by the shop's local time. Raises AuthExpired if the keys may not read orders."""
    params = (("status", "any"), ("per_page", "1"), ("orderby", "date"), ("order", "desc"))
    fields = ("_fields", "id,number,status,currency,total,date_created,date_created_gmt")
    rows = site.list("orders", (*params, fields), wire.read_rows).rows
    return rows[0] if rows else None


def zone_of(index: Index) -> str | None:
    """An IANA zone that cuts days as the site does, None if there is none."""
    name = text_of(index.timezone_string)
    if name:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # not found, not a name, a folder
            return None
        return name
    # A number as it stands: of "1e999999" an integer would be made for minutes.
    offset = re.fullmatch(r"([+-]?\d{1,2})(?:\.0+)?", text_of(index.gmt_offset))
    whole = int(offset[1]) if offset is not None else _EAST_MAX + 1
    if not -_WEST_MAX <= whole <= _EAST_MAX:
        return None
    return f"Etc/GMT{-whole:+d}" if whole else "UTC"  # their signs are those of POSIX: Etc/GMT-2 is ahead of UTC


def _money(site: Site, newest: Row | None) -> tuple[str | None, str]:
    """Currency and decimals. A key whose user may not read settings is no reason not to read orders."""
    try:
        settings = {each.id: text_of(each.value) for each in site.list("settings/general", (), wire.read_settings).rows}
    except errors.PermanentError:
        settings = {}
    currency = settings.get("woocommerce_currency", "").upper()
    if not currency:
        try:
            currency = site.read("data/currencies/current", (), wire.read_currency).code.upper()
        except errors.PermanentError:
            currency = text_of(newest.currency).upper() if newest is not None else ""
    decimals = settings.get("woocommerce_price_num_decimals", "")
    return currency if re.fullmatch("[A-Z]{3}", currency) else None, decimals if re.fullmatch(
        "[0-4]", decimals
    ) else "2"


def _probe(site: Site, newest: Row) -> dict[str, str]:
    at = newest.placed_at
    if instant(newest.date_created, "date_created") == at:
        return {}

    def finds(after: timedelta) -> bool:
        bounds = (("after", wire.utc(at - after)), ("before", wire.utc(at + SECOND)), ("dates_are_gmt", "true"))
        params = (("status", "any"), ("per_page", "100"), ("_fields", "id"))
        return any(row.key == newest.key for row in site.list("orders", (*params, *bounds), wire.read_dated).rows)

    if not finds(SECOND):
        return {"dates": "local"}
    return {"dates": "gmt", "bounds": "inclusive" if finds(timedelta(0)) else "exclusive"}
