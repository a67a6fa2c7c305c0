"""`python -m infra.sandbox --port 9100 --orders-per-day 100 --seed 1`: a Shopify shop on this machine, for as long as it runs."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from infra.sandbox.server import SHOP, Sandbox


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--shop", default=SHOP)
    parser.add_argument("--orders-per-day", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--zone", default="America/New_York")
    parser.add_argument("--clock-shift-s", type=float, default=0.0, help="added to this machine's clock")
    parser.add_argument("--restore-rate", type=float, default=0.0, help="points a second; 0 is no limit")
    parser.add_argument("--scopes", help="grant these at most, separated by commas")
    parser.add_argument("--taxes-included", action="store_true")
    parser.add_argument("--second-currency", default="CAD", help="of some orders; empty for none")
    parser.add_argument("--state", type=Path, help="a file that remembers which tokens were used")
    parser.add_argument("--hooks-url", help="where to post what happens in the shop")
    parser.add_argument("--hooks-secret", default="sandbox-secret", help="what the posts are signed with")
    options = parser.parse_args()
    sandbox = Sandbox(
        shop=options.shop,
        orders_per_day=options.orders_per_day,
        seed=options.seed,
        zone=options.zone,
        port=options.port,
        now_s=lambda: time.time() + options.clock_shift_s,
        scopes=options.scopes,
        restore_rate=options.restore_rate,
        taxes_included=options.taxes_included,
        second_currency=options.second_currency or None,
        state=options.state,
        hooks_url=options.hooks_url,
        hooks_secret=options.hooks_secret,
    )
    print(f"sandbox shop {options.shop} at {sandbox.url}", flush=True)
    sandbox.serve()


if __name__ == "__main__":
    main()
