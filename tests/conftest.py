"""Fixtures for every test: the table on each of its three engines, each test with a table of its own."""

import os
from collections.abc import Iterator
from uuid import uuid4

import hypothesis
import pytest

from chalicelib.storage.table import Table, dynamo
from infra.local.engines import CREDENTIALS, create_table
from tests.support.memory import MemoryEngine

pytest_plugins = ["tests.support.engines", "tests.support.artifact"]

os.environ.update(CREDENTIALS)  # the client library wants something to sign with; no engine checks it

# How long an example takes says how busy the machine is: the benchmarks measure, tests do not.
hypothesis.settings.register_profile("daybook", deadline=None)
hypothesis.settings.load_profile("daybook")


@pytest.fixture
def memory_table() -> Table:
    """A fresh table on the engine in memory: for tests of what is built on the table."""
    return Table(MemoryEngine())


@pytest.fixture(params=["memory", "dynalite", "ministack"])
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    """A fresh table on each engine in turn: for tests of what is asked of the table."""
    if request.param == "memory":
        yield Table(MemoryEngine())
        return
    engine = request.getfixturevalue(request.param)
    name = f"t{uuid4().hex}"
    create_table(engine.url, name)
    yield dynamo(name, engine.url, CREDENTIALS["AWS_DEFAULT_REGION"])
