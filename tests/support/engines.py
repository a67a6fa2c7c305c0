"""Both engines as session fixtures: one of each for a pytest worker, on free ports, stopped at the end.

`pytest_plugins = ["tests.support.engines"]` in `tests/conftest.py` makes them known. A test that stops or kills an engine
starts its own with `infra.local.engines.start_dynalite`. Engines are shared, so each test makes a table of its own:
`create_table(dynalite.url, f"t{uuid4().hex}")`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.engines import (
    CREDENTIALS,
    Engine,
    create_queues,
    create_table,
    start_dynalite,
    start_ministack,
)

__all__ = ["CREDENTIALS", "Engine", "create_queues", "create_table", "start_dynalite", "start_ministack"]


@pytest.fixture(scope="session")
def dynalite() -> Iterator[Engine]:
    """DynamoDB as dynalite, keeping nothing."""
    engine = start_dynalite(None)
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def ministack() -> Iterator[Engine]:
    """SQS and the second DynamoDB engine."""
    engine = start_ministack("sqs,dynamodb")
    yield engine
    engine.stop()
