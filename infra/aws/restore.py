"""`make restore STAGE=…` and `make drop STAGE=…`: a stack is moved onto its table as it was at an instant.

The table that it serves from is restored to a new one, refuses writes from then on, and is the record of what was erased,
taken back and ended since: that is carried over before anything is served from the new one (chalicelib/workflows/carry_over.py).
Stopped, it is run again with the same words, ended without a word with ANEW=yes beside them. What is left behind can be gone back to by the same command, and has to be dropped.

It runs where it is called, with the rights of who calls it: a function has a quarter of an hour at most, and none may scan.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple

from chalicelib import errors
from chalicelib.bootstrap import Outside, System
from chalicelib.domain.restoring import Key, Restored
from chalicelib.queues import Queues
from chalicelib.settings import Settings
from chalicelib.storage.table import dynamo
from chalicelib.workflows.carry_over import Carried, Counted, Move
from infra.aws import deploy
from infra.aws.cloudformation import DeployFailed
from infra.aws.tables import MOVED_AT, POLICY_S, TableFailed, is_of

AT_ONCE = 8
REASON_CHARACTERS = 3, 200
# How long CloudFormation is waited for.
REST_S, RESTS_MAX = 10, 360


class Wish(NamedTuple):
    """To which instant; or onto which table that is there, with the instant that it is of unless it was left behind by a
    restore. Why, as merchants read it. Whether an admin knows that what happened since is lost, and that one that was begun
    before runs nowhere any more."""

    at: datetime | None
    table: str
    reason: str
    lost: bool = False
    anew: bool = False


class Outcome(NamedTuple):
    """Where it is served from now, which table is left behind, what was carried over (None if it was there already)."""

    address: str
    table: str
    left: str
    carried: Carried | None


class _Course(NamedTuple):
    """From what that is served to which table, leaving which ("" if it is gone), and of which instant."""

    serving: deploy.Serving
    target: str
    left: str
    to: datetime


def restore(stack: deploy.Stack, wish: Wish, *, policy_s: float = POLICY_S) -> Outcome:
    """Move the stack. Raises DeployFailed, TableFailed, StorageError; the stack is then where it was, and can be written to,
    unless CloudFormation has not come to an end: then nothing can be until this is run again.

    Only one runs at a time: another would carry over onto a table that is served from already."""
    target = wish.table or f"{stack.name}-{wish.at:%Y%m%dT%H%M%SZ}"
    check_name(stack, target)
    with stack.alone(f"{stack.name} is being moved onto {target}", anew=wish.anew):
        return _restore(stack, wish, target, policy_s)


def _restore(stack: deploy.Stack, wish: Wish, target: str, policy_s: float) -> Outcome:
    serving = at_rest(stack)
    if target == serving.table:
        return Outcome(stack.deploy(serving.artifact, {}, None), target, "", None)
    left = serving.table if stack.tables.described(serving.table) is not None else ""
    if not left and not wish.lost:
        raise TableFailed(_GONE.format(table=serving.table))
    if wish.at is not None and stack.tables.left_at(target) is not None:
        raise TableFailed(_SERVED_SINCE.format(table=target))
    if not wish.table:
        assert wish.at is not None, "a wish names a table or an instant"
        print(f"restoring {serving.table} to {wish.at:%Y-%m-%d %H:%M:%S} UTC as {target}")
        stack.tables.restore(serving.table, target, wish.at)
    to = wish.at or stack.tables.left_at(target)
    if to is None:
        raise TableFailed(f"{target} was not left behind by a restore: say AT=… too, of which instant it is")
    # Hours may have gone by: what was deployed meanwhile is what is moved.
    return _move(stack, wish, _Course(_still(stack, serving.table), target, left, to), policy_s)


def _move(stack: deploy.Stack, wish: Wish, course: _Course, policy_s: float) -> Outcome:
    """Carry over and move, or let what is served from be written to again."""
    serving, target, left, to = course
    template, given = stack.template(serving.artifact), stack.given()
    stack.settle(target, template, given)
    # Tried again, it is the same instant, and merchants are told the same line.
    told = Restored(to=to, at=stack.tables.note(target, MOVED_AT, datetime.now(UTC)), reason=wish.reason)
    begun = False
    try:
        left_at = None
        if left:
            print(f"{left} refuses writes from now on; what happened since is carried over")
            declared = deploy.declared(template, given)
            left_at = stack.tables.freeze(left, declared, at=datetime.now(UTC), policy_s=policy_s)
        carried = carry_over(stack, target, None if wish.lost else left, told)
        # Somebody else may have moved it, or let the table left behind be written to, which each deployment does.
        if _still(stack, serving.table) != serving or (left and stack.tables.left_at(left) != left_at):
            raise TableFailed(f"{stack.name} was deployed meanwhile, and {serving.table} written to: run it again")
        begun = True
        address = stack.deploy(serving.artifact, {}, None, table=target)
    except BaseException:
        if left and _is_still_on(stack, left, begun=begun):
            stack.settle(left, template, given)
            stack.tables.take_up(left)
        _say_given_up(stack, target, left)
        raise
    return Outcome(address, target, left, carried)


def at_rest(stack: deploy.Stack) -> deploy.Serving:
    """What the stack serves from, once CloudFormation does nothing to it: until then it tells of what was before. Raises
    TableFailed, DeployFailed."""
    for tries in range(RESTS_MAX):
        status = stack.status()
        if not status.endswith("_IN_PROGRESS"):
            break
        if not tries:
            print(f"{stack.name} is {status}; waiting for its end")
        time.sleep(REST_S)
    else:
        raise TableFailed(f"{stack.name} is still {status}: run it again once that is over")
    serving = stack.serving()
    if not status.endswith("_COMPLETE"):
        raise TableFailed(f"{stack.name} is {status}, and may serve from two tables: end that in CloudFormation first")
    return serving


def _still(stack: deploy.Stack, table: str) -> deploy.Serving:
    """What the stack serves from, if that is still this table. Raises TableFailed, DeployFailed."""
    serving = at_rest(stack)
    if serving.table != table:
        raise TableFailed(f"{stack.name} was moved onto {serving.table} meanwhile, by somebody else")
    return serving


def _is_still_on(stack: deploy.Stack, table: str, *, begun: bool) -> bool:
    """Whether it is sure that the stack is on that table and stays there; it is not while CloudFormation may go on."""
    if begun:
        # An update that was just asked for shows after a moment.
        time.sleep(REST_S)
    return stack.status().endswith("_COMPLETE") and stack.outputs().get(deploy.TABLE) == table


def _say_given_up(stack: deploy.Stack, target: str, left: str) -> None:
    if left and stack.tables.left_at(left) is not None:
        where = f"{stack.status() or 'not known'} on {stack.outputs().get(deploy.TABLE, 'no table')}"
        print(f"{left} goes on refusing writes, for {stack.name} is {where}: run it again once that is over")
    else:
        print(f"{target} is there: run it again, or `make drop STAGE={stack.stage} TABLE={target}`")


def carry_over(stack: deploy.Stack, target: str, left: str | None, told: Restored) -> Carried:
    """Carry over from the table left behind, or do without it."""
    region = stack.region
    settings = Settings(
        table=target, plan_queue_url="", sync_queue_url="", backfill_queue_url="", base_url="", aws_region=region
    )
    url = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or os.environ.get("AWS_ENDPOINT_URL")
    outside = Outside(
        table=dynamo(target, url, region), queues=Queues(None, {}), sealer=_Sealed(), now=lambda: datetime.now(UTC)
    )
    behind = None if left is None else dynamo(left, url, region)
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def each(move: Move, chunks: Iterable[Sequence[Key]]) -> Iterable[Counted]:
            return pool.map(move, chunks)

        moved = System(settings, outside).carry_over(behind, each)
        return moved.run(told, stack.tables.keys(target), None if left is None else stack.tables.keys(left))


def drop(stack: deploy.Stack, table: str) -> None:
    """Delete a table that was left behind. Raises TableFailed, DeployFailed."""
    check_name(stack, table)
    if at_rest(stack).table == table:
        raise TableFailed(f"{stack.name} is served from {table}")
    stack.tables.drop(table)


def check_name(stack: deploy.Stack, table: str) -> None:
    """Raise TableFailed unless the table is one of this stage."""
    if not is_of(stack.name, table):
        raise TableFailed(f"{table} is not a table of {stack.name}")


class _Sealed:
    """Credentials are carried over as they are sealed."""

    def seal(self, plain: bytes, context: dict[str, str]) -> bytes:
        raise AssertionError("nothing is sealed here")

    def open(self, sealed: bytes, context: dict[str, str]) -> bytes:
        raise AssertionError("nothing is opened here")


_SERVED_SINCE = (
    "{table} was served from since, and is not as it was at that instant: drop it first, or say TABLE={table} without AT to "
    "go back to it as it was left"
)
_GONE = (
    "{table} is gone, and with it the record of who was erased and shut out since. Restore its last state from its backup, under "
    'its name, and run this again; or say LEFT=lost (README, "Put the table back")'
)


def told(outcome: Outcome, stage: str) -> str:
    """What the operator reads in the end."""
    lines = [f"{outcome.address} is served from {outcome.table}"]
    if outcome.carried is not None:
        found = outcome.carried
        for what, counts in (("carried over", found.brought), ("taken back", found.taken_back)):
            lines.append(f"  {what}: {', '.join(f'{kind} {n}' for kind, n in counts.items()) or 'nothing'}")
        lines.append(f"  persons erased: {found.persons}; connections disconnected: {found.parted}")
        lines.append(f"  workspaces told: {found.workspaces}")
    if outcome.left:
        lines += [
            f"{outcome.left} is left behind and refuses writes. To go back, as to any table of the stage:",
            f"  make restore STAGE={stage} TABLE={outcome.left} REASON=…",
            "Once it is not needed, within a day, for who is erased from now on is not erased there:",
            f"  make drop STAGE={stage} TABLE={outcome.left}",
        ]
    return "\n".join(lines)


def _wish(options: argparse.Namespace) -> Wish:
    """What is asked for, if it can be. Exits with one line."""
    at = None
    if not options.at and not options.table:
        sys.exit("daybook: say AT=2026-11-27T03:00:00Z, or TABLE=… for one that is there")
    if options.at:
        try:
            at = datetime.fromisoformat(options.at)
        except ValueError:
            sys.exit(f"daybook: {options.at} is no instant; it is written 2026-11-27T03:00:00Z")
        if at.tzinfo is None or at >= datetime.now(UTC):
            sys.exit("daybook: AT has a time zone, Z is UTC, and is over")
        at = at.astimezone(UTC)
    least, most = REASON_CHARACTERS
    reason = options.reason.strip()
    if not least <= len(reason) <= most or not reason.isprintable():
        sys.exit(f"daybook: REASON is why, as merchants will read it, in {least} to {most} characters")
    return Wish(at, options.table, reason, options.left == "lost", options.anew == "yes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["restore", "drop"])
    parser.add_argument("--stage", choices=sorted(deploy.stages()), required=True)
    parser.add_argument("--at", default="", help="the instant, 2026-11-27T03:00:00Z")
    parser.add_argument("--table", default="", help="a table of the stage that is there")
    parser.add_argument("--reason", default="", help="why, as merchants will read it")
    parser.add_argument("--left", choices=["", "lost"], default="", help="lost: nobody knows what happened since")
    parser.add_argument(
        "--anew", choices=["", "yes"], default="", help="yes: the one begun before runs nowhere any more"
    )
    options = parser.parse_args()
    stack = deploy.Stack(options.stage, deploy.region())
    try:
        if options.what == "restore":
            outcome = restore(stack, _wish(options))
            print(told(outcome, options.stage))
            deploy.smoke(outcome.address)
        else:
            drop(stack, options.table)
            print(f"{options.table} is deleted; its backup ends after 35 days")
    except (DeployFailed, TableFailed, errors.StorageError) as exc:
        sys.exit(f"daybook: {exc}")


if __name__ == "__main__":
    main()
