"""`make bench`: everything that DESIGN gives a number for, measured on this machine, in one run."""

import os

from infra.local.engines import CREDENTIALS


def main() -> None:
    os.environ.update(CREDENTIALS)
    from tests.bench import api, cold, worker, writes

    for title, measure in (
        ("Cold starts, from the package:", cold.measure),
        ("Worker, one big day:", worker.measure),
        ("Peak memory of the worker:", worker.peak_memory),
        ("DynamoDB write units of a day:", writes.measure),
        ("API, 400 days x 5 connections on dynalite:", api.measure),
    ):
        print(title, flush=True)
        print("\n".join(measure()), flush=True)


if __name__ == "__main__":
    main()
