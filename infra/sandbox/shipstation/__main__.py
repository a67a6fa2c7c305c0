"""`python -m infra.sandbox.shipstation --port 9200 --orders-per-day 100 --seed 1`: a ShipStation account on this machine.

Of the sandbox shop that feeds one of its stores, `--shop`, `--orders-per-day`, `--seed` and `--zone` have to be the same.
"""

from __future__ import annotations

import argparse
import time

from infra.sandbox.server import SHOP
from infra.sandbox.shipstation.server import KEY, REQUESTS_A_MINUTE, SECRET, ShipStationSandbox


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.sandbox.shipstation", description=__doc__)
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--shop", default=SHOP)
    parser.add_argument("--orders-per-day", type=int, default=100, help="of the shop that feeds a store")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--zone", default="America/New_York", help="of the shop")
    parser.add_argument("--clock-shift-s", type=float, default=0.0, help="added to this machine's clock")
    parser.add_argument("--rate", type=int, default=REQUESTS_A_MINUTE, help="requests a minute; 0 is no limit")
    options = parser.parse_args()
    sandbox = ShipStationSandbox(
        shop=options.shop,
        orders_per_day=options.orders_per_day,
        seed=options.seed,
        zone=options.zone,
        port=options.port,
        now_s=lambda: time.time() + options.clock_shift_s,
        rate=options.rate,
    )
    print(f"sandbox ShipStation account at {sandbox.url}, API key {KEY}, API secret {SECRET}", flush=True)
    sandbox.serve()


if __name__ == "__main__":
    main()
