"""What the sandbox shop sells, where it ships, and when people buy: plain tables."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate

import msgspec


class Variant(msgspec.Struct, frozen=True, gc=False):
    title: str
    sku: str | None
    product: int
    variant: int
    price: int


_PRODUCTS = (
    ("Harbour Mug", "MUG", 1800),
    ("Linen Tea Towel", "TOWEL", 1450),
    ("Oak Cutting Board", "BOARD", 5400),
    ("Enamel Kettle", "KETTLE", 6900),
    ("Beeswax Candle", "CANDLE", 1299),
    ("Wool Throw", "THROW", 11900),
    ("Canvas Tote", "TOTE", 2400),
    ("Field Notebook", "NOTE", 950),
    ("Brass Pen", "PEN", 3800),
    ("Stoneware Bowl", "BOWL", 2650),
    ("Olive Soap", "SOAP", 799),
    ("Cast Iron Pan", "PAN", 7450),
    ("Picnic Blanket", "BLANKET", 8200),
    ("Garden Trowel", "TROWEL", 2199),
    ("Seed Box", "SEEDS", 1999),
    ("Coffee Dripper", "DRIP", 3275),
    ("Walnut Tray", "TRAY", 4650),
    ("Rain Hat", "HAT", 3999),
    ("Merino Socks", "SOCKS", 1850),
    ("Lantern", "LAMP", 5725),
)
_COLOURS = (("Blue", "BLU", 0), ("Sand", "SND", 0), ("Large", "LRG", 600))
# Merchants leave the field empty, or leave a blank behind it; both happen here.
_ODD_SKUS: dict[str, str | None] = {"SOAP-LRG": None, "SEEDS-BLU": None, "TOTE-SND": "TOTE-SND "}

VARIANTS = tuple(
    Variant(
        f"{title} - {colour}",
        _ODD_SKUS.get(f"{sku}-{code}", f"{sku}-{code}"),
        7000 + p,
        44000 + 3 * p + c,
        price + more,
    )
    for p, (title, sku, price) in enumerate(_PRODUCTS)
    for c, (colour, code, more) in enumerate(_COLOURS)
)
_POPULARITY = tuple(accumulate(1 / (n + 4) for n in range(len(VARIANTS))))

GIFT_CARD = Variant("Gift Card", "GIFT-CARD", 7999, 49999, 5000)
CUSTOM_LINES = (("Engraving", 1500), ("Gift wrapping", 495))

# Tax titles with their rate in millionths; one entry for each kind of place, as often as it is named.
US_TAXES = (
    (),
    (),
    (("New Jersey State Tax", 66250),),
    (("Connecticut State Tax", 63500),),
    (("New York State Tax", 40000), ("New York City Tax", 45000)),
)
CA_TAXES = ((("GST", 50000),), (("GST", 50000), ("PST", 70000)))
# Where orders with such tax titles go. No tax is asked for in some states, and by most shops in those they have no presence in.
WHERE: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {
    (): ("US", ("CA", "CA", "CA", "TX", "TX", "FL", "PA", "MA", "IL", "OR", "DE", "NH", "MT", "WA", "OH", "DC")),
    ("New Jersey State Tax",): ("US", ("NJ",)),
    ("Connecticut State Tax",): ("US", ("CT",)),
    ("New York State Tax", "New York City Tax"): ("US", ("NY",)),
    ("GST",): ("CA", ("AB", "NT", "YT")),
    ("GST", "PST"): ("CA", ("BC", "SK", "MB")),
}
# Customers are labels and shops, never people.
PLACES = ("Harbor", "Hillside", "Old Mill", "Lakeview", "Corner", "Station", "Maple", "Riverside")
TRADES = ("Cafe", "Bakery", "Bookshop", "Florist", "Hardware", "Guest House", "Studio", "Market")
SHIPPING = (("Standard", 800), ("Express", 1850), ("Economy", 499))
CODES = (("WELCOME10", 10), ("FRIENDS15", 15), ("HARBOUR20", 20))

WEEKDAYS = (1.05, 0.95, 0.92, 0.97, 1.08, 1.06, 0.97)
HOURS = (
    1,
    0.6,
    0.4,
    0.3,
    0.3,
    0.5,
    1.2,
    2.4,
    3.6,
    4.5,
    5.2,
    5.6,
    5.9,
    5.4,
    5.0,
    4.8,
    4.6,
    4.7,
    5.2,
    6.1,
    6.6,
    5.8,
    3.9,
    2.1,
)


def variant_at(chance: float) -> Variant:
    """The variant that a number from 0 to 1 falls on; the first ones sell best."""
    return VARIANTS[bisect(_POPULARITY, chance * _POPULARITY[-1])]
