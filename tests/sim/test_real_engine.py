"""A sample of runs on the engine in memory and on dynalite at once: each call has the same outcome on both."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from pynamodb.exceptions import PynamoDBException

from chalicelib.storage.table import dynamo
from infra.local.engines import CREDENTIALS, Engine, create_table
from tests.sim.engine import WatchedEngine
from tests.sim.run import Run

SEEDS = (3,)


class Mirrored(WatchedEngine):
    """Does everything twice and compares. `calls` counts them."""

    def __init__(self, real: Any) -> None:
        super().__init__()
        self._real = real
        self.calls = 0

    def get_item(self, *of: Any, **how: Any) -> Any:
        return self._both(super().get_item, self._real.get_item, *of, **how)

    def put_item(self, *of: Any, **how: Any) -> Any:
        return self._both(super().put_item, self._real.put_item, *of, **how)

    def update_item(self, *of: Any, **how: Any) -> Any:
        return self._both(super().update_item, self._real.update_item, *of, **how)

    def delete_item(self, *of: Any, **how: Any) -> Any:
        return self._both(super().delete_item, self._real.delete_item, *of, **how)

    def query(self, *of: Any, **how: Any) -> Any:
        return self._both(super().query, self._real.query, *of, **how)

    def batch_get_item(self, *of: Any, **how: Any) -> Any:
        return self._both(super().batch_get_item, self._real.batch_get_item, *of, **how)

    def _both(self, mine: Callable[..., Any], theirs: Callable[..., Any], *of: Any, **how: Any) -> Any:
        self.calls += 1
        expected = _seen(_outcome(lambda: theirs(*of, **how)))
        outcome = _outcome(lambda: mine(*of, **how))
        assert _seen(outcome) == expected, f"{theirs.__name__} {of}"
        if isinstance(outcome, PynamoDBException):
            raise outcome
        return outcome


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except PynamoDBException as exc:
        return exc


def _seen(outcome: Any) -> Any:
    """What the table makes of an answer."""
    if isinstance(outcome, PynamoDBException):
        return outcome.cause_response_code
    many = [item for items in outcome.get("Responses", {}).values() for item in items]
    many.sort(key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
    return outcome.get("Item"), outcome.get("Items"), many


def test_runs_go_the_same_way_on_both_engines(dynalite: Engine) -> None:
    for seed in SEEDS:
        name = f"t{uuid4().hex}"
        create_table(dynalite.url, name)
        engine = Mirrored(dynamo(name, dynalite.url, CREDENTIALS["AWS_DEFAULT_REGION"])._engine)
        run = Run(seed, engine=engine, trace=True).run()
        assert not run.wrong
        assert engine.calls > 500
        assert run.scheduler.fingerprint == Run(seed, trace=True).run().scheduler.fingerprint
