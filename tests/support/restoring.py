"""A workspace with shops and people, a snapshot of its table, and all that is erased, taken back and ended after it."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import msgspec

from chalicelib.domain.allotment import Account
from chalicelib.domain.connections import Connection, Credentials
from chalicelib.domain.days import window_of
from chalicelib.domain.identities import Begun as OnTheWay
from chalicelib.domain.identities import Identity
from chalicelib.domain.pairing import Begun
from chalicelib.domain.people import INVITATION_PREFIX
from chalicelib.domain.persons import Person
from chalicelib.domain.restoring import Key, Restored
from chalicelib.domain.secret import Secret
from chalicelib.domain.work import Attempt, DayKey
from chalicelib.storage.identities import Identities
from chalicelib.storage.resets import Resets
from chalicelib.storage.table import Raw, Table
from chalicelib.workflows.carry_over import Carried
from tests.support.memory import MemoryEngine
from tests.support.orders import order
from tests.support.people import EMAIL, HOME, PASSWORD
from tests.support.system import ZONE, Daybook

DAYS = (date(2026, 7, 3), date(2026, 7, 4))
# One for each shop, by its account; each has orders 1 to 3 on the first day, and 4 to 6 on the second.
CUSTOMER, SHOP, LEAVES, RETURNS, PARTS, STAYS = "11", "22", "33", "44", "55", "66"
# An erasure that was noted, a mode that was left, before whoever did it died; and a customer whom the channel tells no more.
NOTED, LEFT, TOLD_NO_MORE = "88", "99", "10"
ACCOUNTS = (CUSTOMER, SHOP, LEAVES, RETURNS, PARTS, STAYS, NOTED, LEFT, TOLD_NO_MORE)
SINCE = "77"
NEW_PASSWORD = "slow rivers carry lanterns"
MEMBER, LOWERED, LATE = "member@northwind.example", "lowered@northwind.example", "late@northwind.example"
INVITED, SECOND = "invited@northwind.example", "second@northwind.example"
WHO = Identity(issuer="https://id.example", subject="1", email=EMAIL, proved_at=None)
TOLD = Restored(
    to=datetime(2026, 7, 5, 12, tzinfo=UTC), at=datetime(2026, 7, 5, 15, tzinfo=UTC), reason="a defect wrote wrong days"
)


def canary(account: str, n: int) -> str:
    return f"canary {n} of {account}"


class Merchant(Daybook):
    """Daybook with one workspace of several shops."""

    def plan_year(self, workspace: str, at: datetime) -> str:
        return "2026-01-01"

    def bring_in(self, connection: Connection, *days: date, told: Iterable[int] = range(1, 10)) -> None:
        """Fetch days of a shop, each of its orders with a customer of its own, if they are told."""
        self.shop.persons = {str(n): Person(canary(connection.account, n), "US-NY") for n in told}
        for day in days:
            first = 3 * DAYS.index(day) + 1 if day in DAYS else 7
            at = window_of(day, ZONE).start_at
            self.shop.orders = {day: [order(n, placed_at=at + timedelta(minutes=n)) for n in range(first, first + 3)]}
            self.ask_day(connection, day)
            self.work()

    def reconnect(self, seen: Connection) -> Connection:
        """The same shop, paired again."""
        again = msgspec.structs.replace(
            seen, sign_in_needed=False, epoch=seen.epoch + 1, credentials_version=seen.credentials_version + 1
        )
        assert self.connections.pair(seen, again, Credentials(access=Secret("another")))
        return again

    def connection(self, account: str) -> Connection:
        return next(each for each in self.connections.list(self.workspace) if each.account == account)

    @property
    def workspace(self) -> str:
        found = self.accounts.user_of(EMAIL)
        assert found is not None
        return found.workspace

    def leave(self, connection: Connection) -> None:
        """As the settings are saved."""
        self.persons.announce(connection)
        self.persons.leave(self.switch(connection, "store"))

    def names(self, account: str) -> set[str]:
        connection = self.connection(account)
        return {
            who.name for day in DAYS for who in self.persons.names(DayKey(self.workspace, connection.id, day)).values()
        }

    def usage(self) -> dict[str, dict[str, int]]:
        return {account: dict(self.shelves.usage(Account(self.workspace, "shopify", account))) for account in ACCOUNTS}


class Secrets(msgspec.Struct, kw_only=True):
    """What people hold from before the snapshot."""

    cookie: str = ""
    kept_key: str = ""
    revoked_key: str = ""
    used_invitation: str = ""
    open_invitation: str = ""


def before(merchant: Merchant) -> Secrets:
    """What was there at the instant."""
    secrets = Secrets()
    opened = merchant.sign_in.sign_up(EMAIL, PASSWORD, "Northwind", address=HOME)
    who = opened.signed_in
    secrets.cookie = opened.cookie.reveal()
    for email, role in ((MEMBER, "member"), (LOWERED, "owner")):
        merchant.invite.join(_invited(merchant, email, role), PASSWORD, address=HOME)
    secrets.used_invitation = _invited(merchant, INVITED, "viewer")
    secrets.open_invitation = _invited(merchant, SECOND, "viewer")
    secrets.kept_key = merchant.api_keys.make(who, "kept", "read", days=30).text.reveal()
    secrets.revoked_key = merchant.api_keys.make(who, "revoked", "read", days=30).text.reveal()
    for account in ACCOUNTS:
        connection = merchant.switch(merchant.pair_shop(who.workspace, account), "individual")
        merchant.bring_in(connection, *DAYS)
        assert merchant.names(account) == {canary(account, n) for n in range(1, 7)}
    # Under way at the instant: whoever does it must not come to an end after a disconnecting that the restore goes back behind.
    _pending(merchant, who.user)
    parts = DayKey(who.workspace, merchant.connection(PARTS).id, date(2026, 7, 2))
    merchant.days.ask(parts, by_person=True)
    head = merchant.days.read(parts)
    assert head is not None
    now = int(merchant.clock.timestamp())
    assert merchant.days.claim(head, Attempt(id="old", serving=1, until=now + 310, began_at=now, cursor=None, parts=()))
    return secrets


def since(merchant: Merchant, secrets: Secrets) -> None:
    """What happened after the instant."""
    merchant.pass_time(minutes=5)
    who = merchant.sign_in.sign_in(EMAIL, PASSWORD, address=HOME).signed_in
    merchant.persons.erase_orders(merchant.connection(CUSTOMER), ["2", "5"])
    merchant.persons.erase_orders(merchant.connection(SHOP), None)
    # Whoever did this died before the walk that takes the person out.
    merchant.persons._parts.erase(who.workspace, merchant.connection(NOTED).id, ["1"])
    merchant.switch(merchant.connection(LEFT), "store")
    merchant.bring_in(merchant.connection(TOLD_NO_MORE), DAYS[1], told=(4, 5))
    merchant.leave(merchant.connection(LEAVES))
    merchant.leave(merchant.connection(RETURNS))
    merchant.bring_in(merchant.switch(merchant.connection(RETURNS), "individual"), DAYS[1])
    merchant.part.part(who.workspace, merchant.connection(PARTS).id)
    merchant.bring_in(merchant.connection(STAYS), date(2026, 7, 2))
    merchant.pair_shop(who.workspace, SINCE)
    roster = {person.email: person.id for person in merchant.people.list(who)}
    merchant.people.remove(who, roster[MEMBER])
    merchant.people.change_role(who, roster[LOWERED], "viewer")
    revoked = next(each.key for each in merchant.api_keys.list(who.workspace) if each.key.name == "revoked")
    merchant.api_keys.revoke(who, revoked.id)
    merchant.invite.join(secrets.used_invitation, PASSWORD, address=HOME)
    merchant.invite.join(_invited(merchant, LATE, "member"), PASSWORD, address=HOME)
    merchant.change.workspace(who, {"name": "Northwind & Daughters", "locked_through": date(2026, 7, 1)}, version=None)
    user = merchant.accounts.user_of(EMAIL)
    assert user is not None
    identities(merchant).release(WHO, user.id)
    resets = Resets(merchant.outside.table)
    resets.begin(user, "hash of a link", ends_at=2**31)
    found = resets.find("hash of a link")
    assert found is not None
    kept = merchant.reset._passwords.keep(NEW_PASSWORD, b"salt of sixteen b")
    assert resets.use(found, kept)


def _invited(merchant: Merchant, email: str, role: str) -> str:
    user = merchant.accounts.user_of(EMAIL)
    assert user is not None
    who = merchant.sign_in.begin(user, keep=False).signed_in
    secret = merchant.invite.invite(who, email, cast("Any", role)).link.reveal().partition("#")[2]
    assert secret.startswith(INVITATION_PREFIX)
    return secret


def identities(merchant: Merchant) -> Identities:
    return Identities(merchant.outside.table, merchant.new_id)


def _pending(merchant: Merchant, user: str) -> None:
    """What was on its way, or remembered for a while."""
    until = int(merchant.clock.timestamp()) + 600
    assert identities(merchant).claim(WHO, user)
    identities(merchant).begin(
        "hash of a state", "hash of a cookie", OnTheWay(next="/", began_at=until - 600, until=until)
    )
    begun = Begun(
        session="s", workspace=merchant.workspace, kind="shopify", shop="s", until=until, outcome="waited for"
    )
    merchant.pairings.begin("hash of a state", begun)
    assert merchant.pairings.claim_shops(merchant.workspace, "shopify", ACCOUNTS)
    merchant.shop_domains.note("shopify", "a.example", workspace=merchant.workspace, connection="c")
    merchant.once.answer(merchant.workspace, "key", b"request", lambda: b"answer")
    merchant.limits.take("pairing", merchant.workspace)
    merchant.change.note_look(merchant.sign_in.sign_in(EMAIL, PASSWORD, address=HOME).signed_in, "a sale")
    user_ = merchant.accounts.user(user)
    assert user_ is not None
    Resets(merchant.outside.table).begin(user_, "hash of an older link", ends_at=until)


class Scene:
    """The table left behind, and what the table was at the instant. `copy` puts items into a table."""

    def __init__(self, left: Table, read: Callable[[Table], list[Raw]]) -> None:
        self.merchant = Merchant(left)
        self.secrets = before(self.merchant)
        self.snapshot = read(left)
        since(self.merchant, self.secrets)
        self.read = read
        self.left = left
        self.left_items = items_of(read(left))

    def restored(self, table: Table) -> Merchant:
        """The table as it was at the instant, some hours later."""
        for item in self.snapshot:
            table.put_raw(item)
        merchant = Merchant(table)
        merchant.clock = self.merchant.clock + timedelta(hours=3)
        return merchant

    def carry(self, merchant: Merchant, *, left: Table | None = None, known: bool = True) -> Carried:
        """Carry over, as the command does with the keys it found."""
        table = merchant.outside.table
        behind = (left or self.left) if known else None
        keys = keys_of(self.read(behind)) if behind is not None else None
        return merchant.carry_over(behind).run(TOLD, keys_of(self.read(table)), keys)


def in_memory(table: Table) -> list[Raw]:
    engine = table._engine
    assert isinstance(engine, MemoryEngine)
    return [dict(item) for _, _, item in engine.items()]


def keys_of(items: list[Raw]) -> list[Key]:
    return [(item["pk"]["S"], item["sk"]["S"]) for item in items]


def items_of(items: list[Raw]) -> dict[Key, Raw]:
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}


def text_of(value: Any) -> str:
    """All that can be read in a value, with what is packed and compressed inside."""
    if isinstance(value, bytes):
        return value.decode("latin-1") + "".join(map(text_of, _opened(value)))
    if isinstance(value, dict):
        return "".join(text_of(name) + text_of(each) for name, each in value.items())
    if isinstance(value, list | tuple):
        return "".join(map(text_of, value))
    return f"{value}\n"


def _opened(packed: bytes) -> Iterator[Any]:
    with suppress(zlib.error):
        yield zlib.decompress(packed)
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        yield msgspec.msgpack.decode(packed)
