"""The table: every read and every conditional write of the system goes through here, one item at a time.

`Engine` is what we need of DynamoDB, as pynamodb's TableConnection offers it; tests hand in an engine of their own that
obeys the same contract. `Table` adds the models, and turns the engine's failures into our errors: `Refused` when a condition
did not hold, `Unanswered` when nothing is known of the outcome. No transaction, no index, no scan.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from threading import Lock
from typing import Any, Protocol, TypeVar

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session
from pynamodb.connection import Connection, TableConnection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from chalicelib import errors
from chalicelib.storage.models import Item

I = TypeVar("I", bound=Item)  # noqa: E741
Raw = dict[str, dict[str, Any]]

_BATCH = 100
_PAGES_MAX = 10_000
_REFUSED = "ConditionalCheckFailedException"


class Engine(Protocol):
    """The five single-item calls and two reads of many, in DynamoDB's own attribute form."""

    def get_item(self, hash_key: str, range_key: str, consistent_read: bool) -> dict[str, Any]: ...

    def put_item(
        self, hash_key: str, range_key: str, attributes: Raw, condition: Condition | None = None
    ) -> dict[str, Any]: ...

    def update_item(
        self, hash_key: str, range_key: str, actions: Sequence[Action], condition: Condition | None = None
    ) -> dict[str, Any]: ...

    def delete_item(self, hash_key: str, range_key: str, condition: Condition | None = None) -> dict[str, Any]: ...

    def query(
        self,
        hash_key: str,
        range_key_condition: Condition | None,
        attributes_to_get: list[str] | None,
        consistent_read: bool,
        limit: int | None,
        scan_index_forward: bool,
        exclusive_start_key: Raw | None,
    ) -> dict[str, Any]: ...

    def batch_get_item(
        self, keys: Sequence[dict[str, str]], consistent_read: bool, attributes_to_get: list[str] | None = None
    ) -> dict[str, Any]: ...


class Table:
    """Typed access to the items of one table."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, model: type[I], pk: str, sk: str) -> I | None:
        """Read one item, consistently."""
        raw = self._ask(lambda: self._engine.get_item(pk, sk, consistent_read=True)).get("Item")
        return model.from_raw_data(raw) if raw else None

    def get_many(self, model: type[I], keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], I]:
        """Read many items by (pk, sk), consistently each; those that are not there are left out."""
        items = map(model.from_raw_data, self._get_many(keys))
        return {(item.pk, item.sk): item for item in items}

    def get_bodies(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
        """The same of items that are a body and nothing else."""
        return {(raw["pk"]["S"], raw["sk"]["S"]): raw["body"]["B"] for raw in self._get_many(keys)}

    def get_columns(self, keys: Iterable[tuple[str, str]], *names: str) -> dict[tuple[str, str], dict[str, Any]]:
        """The same with the attributes of these names only, as `columns` has them."""
        found = self._get_many(keys, ["pk", "sk", *names])
        return {(raw["pk"]["S"], raw["sk"]["S"]): _named(raw, names) for raw in found}

    def get_raw(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Raw]:
        """The same as the engine has them, of whatever kind they are."""
        return {(raw["pk"]["S"], raw["sk"]["S"]): raw for raw in self._get_many(keys)}

    def _get_many(self, keys: Iterable[tuple[str, str]], names: list[str] | None = None) -> Iterator[Raw]:
        wanted = [{"pk": pk, "sk": sk} for pk, sk in keys]
        for _ in range(_PAGES_MAX):
            if not wanted:
                return
            batch, wanted = wanted[:_BATCH], wanted[_BATCH:]
            answer = self._ask(
                lambda batch=batch: self._engine.batch_get_item(batch, consistent_read=True, attributes_to_get=names)
            )
            yield from next(iter(answer["Responses"].values()), ())
            for left in (answer.get("UnprocessedKeys") or {}).values():
                wanted += [{"pk": key["pk"]["S"], "sk": key["sk"]["S"]} for key in left["Keys"]]
        raise errors.Unanswered("a batch read never ended")

    def query(
        self,
        model: type[I],
        pk: str,
        *,
        begins: str = "",
        between: tuple[str, str] | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[I]:
        """Yield a partition's items by sort key: those that begin so, or lie between two keys (both inside)."""
        condition = Path("sk").between(*between) if between else Path("sk").startswith(begins) if begins else None
        for raw in self._query(pk, condition, newest_first=newest_first, limit=limit):
            yield model.from_raw_data(raw)

    def columns(
        self, pk: str, between: tuple[str, str], *names: str, newest_first: bool = False
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the sort keys of a partition's items between two keys, both inside, with the attributes of these names.

        Without models, which cost more than all else where a thousand items are read for a few words of each. Numbers are text.
        """
        condition = Path("sk").between(*between)
        for raw in self._query(pk, condition, newest_first=newest_first, limit=None, names=["sk", *names]):
            yield raw["sk"]["S"], _named(raw, names)

    def _query(
        self,
        pk: str,
        condition: Condition | None,
        *,
        newest_first: bool,
        limit: int | None,
        names: list[str] | None = None,
    ) -> Iterator[Raw]:
        start: Raw | None = None
        left = limit
        for _ in range(_PAGES_MAX):
            answer = self._ask(
                lambda start=start, left=left: self._engine.query(
                    pk,
                    range_key_condition=condition,
                    attributes_to_get=names,
                    consistent_read=True,
                    limit=left,
                    scan_index_forward=not newest_first,
                    exclusive_start_key=start,
                )
            )
            yield from answer["Items"]
            left = None if left is None else left - len(answer["Items"])
            start = answer.get("LastEvaluatedKey")
            if not start or left == 0:
                return
        raise errors.Unanswered("a query never ended")

    def insert(self, item: Item) -> None:
        """Write an item that must not be there yet. Raises Refused if one is."""
        self._put(item, Path("pk").does_not_exist())

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Write an item over whatever was there, if `condition` holds of that. Raises Refused."""
        self._put(item, condition)

    def update(self, pk: str, sk: str, actions: Sequence[Action], condition: Condition | None = None) -> None:
        """Change some attributes of one item if `condition` holds. Raises Refused."""
        self._ask(lambda: self._engine.update_item(pk, sk, actions=actions, condition=condition))

    def delete(self, pk: str, sk: str, condition: Condition | None = None) -> None:
        """Delete one item if `condition` holds. Raises Refused."""
        self._ask(lambda: self._engine.delete_item(pk, sk, condition=condition))

    def put_raw(self, item: Raw) -> None:
        """Write an item as `get_raw` gives it over whatever was there."""
        self._put_attributes(item, None)

    def _put(self, item: Item, condition: Condition | None) -> None:
        self._put_attributes(item.serialize(), condition)

    def _put_attributes(self, item: Raw, condition: Condition | None) -> None:
        attributes = dict(item)
        pk, sk = attributes.pop("pk")["S"], attributes.pop("sk")["S"]
        self._ask(lambda: self._engine.put_item(pk, sk, attributes=attributes, condition=condition))

    @staticmethod
    def _ask(call: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = call() or {}
        except PynamoDBException as exc:
            # pynamodb's own `cause_response_code` trips over errors without a response, such as time-outs.
            code = (getattr(exc.cause, "response", None) or {}).get("Error", {}).get("Code")
            if code == _REFUSED:
                raise errors.Refused("a condition did not hold") from exc
            raise errors.Unanswered(f"the table answered {code or type(exc.cause).__name__}") from exc
        except (BotoCoreError, ClientError) as exc:
            raise errors.Unanswered(f"the table did not answer: {type(exc).__name__}") from exc
        return answer


def _named(raw: Raw, names: Iterable[str]) -> dict[str, Any]:
    return {name: next(iter(raw[name].values())) for name in names if name in raw}


def described(name: str) -> MetaTable:
    """What pynamodb would otherwise ask the server for."""
    return MetaTable(
        {
            "TableName": name,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        }
    )


@cache
def aws() -> Session:
    """The one session that all clients are made from: each session reads the services' descriptions anew.

    Clients that are not told what to call themselves put that together at every call, which takes a quarter of its time.
    """
    session = get_session()
    session.set_default_client_config(Config(user_agent="daybook"))
    return Session(botocore_session=session)


class _Connection(Connection):
    """A connection whose client comes from our session, made by one thread at a time, for sessions are not made for more."""

    _making = Lock()

    @property
    def session(self) -> Any:
        return aws()._session

    @property
    def client(self) -> Any:
        with self._making:
            return super().client


def dynamo(name: str, host: str | None, region: str) -> Table:
    """The table `name`, at AWS or at `host`. The clients behind it are made at the first call."""
    engine = TableConnection(name)
    engine.connection = _Connection(
        region=region,
        host=host,
        connect_timeout_seconds=2,
        read_timeout_seconds=10,
        max_retry_attempts=4,
        max_pool_connections=32,
    )
    engine.connection.add_meta_table(described(name))
    return Table(engine)  # type: ignore[arg-type]
