"""`python -m infra.sandbox.woocommerce --port 9101`: a WooCommerce site on this machine, for as long as it runs."""

from __future__ import annotations

import argparse
import time

from infra.sandbox.woocommerce.book import Trade
from infra.sandbox.woocommerce.sign import KEY, SECRET
from infra.sandbox.woocommerce.site import WordPress


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.sandbox.woocommerce", description=__doc__)
    parser.add_argument("--port", type=int, default=9101)
    parser.add_argument("--orders-per-day", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--zone", default="America/New_York")
    parser.add_argument("--clock-shift-s", type=float, default=0.0, help="added to this machine's clock")
    parser.add_argument("--second-currency", default="CAD", help="of some orders; empty for none")
    parser.add_argument("--old", action="store_true", help="a version that compares dates in local time only")
    parser.add_argument("--grants", default="read", help="what the keys that it makes may do")
    parser.add_argument("--folder", default="", help="where WordPress is, say /blog")
    options = parser.parse_args()
    trade = Trade(
        seed=options.seed,
        orders_per_day=options.orders_per_day,
        zone=options.zone,
        second_currency=options.second_currency or None,
    )
    site = WordPress(
        trade,
        port=options.port,
        now_s=lambda: time.time() + options.clock_shift_s,
        old=options.old,
        grants=options.grants,
        folder=options.folder,
    )
    print(f"sandbox site at {site.url}; keys {KEY} {SECRET}", flush=True)
    site.serve()


if __name__ == "__main__":
    main()
