"""The work on days: from the ask to the documents, and what settings, locks and partings have to do with it."""

from collections.abc import Hashable
from contextlib import suppress
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, cast

from chalicelib import errors
from chalicelib.channels.kinds import KINDS
from chalicelib.domain.connections import Connection, StoreName
from chalicelib.domain.days import day_of
from chalicelib.storage.persons import PersonParts
from chalicelib.workflows.ask import Ask
from chalicelib.workflows.change import Change
from chalicelib.workflows.clean import Clean
from chalicelib.workflows.correct import Correct
from chalicelib.workflows.fetch_day import FetchDay
from chalicelib.workflows.hints import Hints
from chalicelib.workflows.listed import ListDocuments
from chalicelib.workflows.lock import PeriodLock
from chalicelib.workflows.look_back import LookBack
from chalicelib.workflows.make_revision import MakeRevision
from chalicelib.workflows.months import Months
from chalicelib.workflows.notice import Notice
from chalicelib.workflows.order_settings import ChangeOrderSettings
from chalicelib.workflows.part import Part
from chalicelib.workflows.persons import Persons
from chalicelib.workflows.plan import Plan
from chalicelib.workflows.settle import Settle
from chalicelib.workflows.sync_day import SyncDay
from chalicelib.workflows.syncs import RunSyncs

if TYPE_CHECKING:
    from chalicelib.channels import Channel
    from chalicelib.workflows.find_order import FindOrder
    from chalicelib.workflows.mirrors import Mirrors
    from chalicelib.workflows.seal_again import SealAgain


from chalicelib.bootstrap.shops import Shops


class Work(Shops):
    """The workflows that move days."""

    @cached_property
    def ask(self) -> Ask:
        return Ask(days=self.days, agenda=self.agenda, send=self.queues.send_messages, now=self.now)

    @cached_property
    def clean(self) -> Clean:
        return Clean(days=self.days, revisions=self.revisions, documents=self.documents)

    @cached_property
    def persons(self) -> Persons:
        return Persons(
            parts=PersonParts(self.outside.table),
            days=self.days,
            agenda=self.agenda,
            connections=self.connections,
            touch_month=self.month_records.touch_persons,
            now=self.now,
        )

    @cached_property
    def correct(self) -> Correct:
        return Correct(days=self.days, revisions=self.revisions, documents=self.documents, corrections=self.corrections)

    @cached_property
    def lock(self) -> PeriodLock:
        return PeriodLock(
            accounts=self.accounts,
            connections=self.connections,
            revisions=self.revisions,
            documents=self.documents,
            corrections=self.corrections,
            correct=self.correct,
            rebuild=lambda day, cause: self.settle.rebuild(day, cause),
            touch_month=self.months.touch,
        )

    @cached_property
    def settle(self) -> Settle:
        return Settle(
            days=self.days,
            revisions=self.revisions,
            documents=self.documents,
            shelves=self.shelves,
            connections=self.connections,
            activity=self.activity,
            touch_month=self.months.touch,
            correct=self.correct,
            lock=self.lock,
            now=self.now,
            new_id=self.new_id,
        )

    @cached_property
    def months(self) -> Months:
        return Months(records=self.month_records, documents=self.documents, now=self.now, new_id=self.new_id)

    @cached_property
    def sync_day(self) -> SyncDay:
        fetch = FetchDay(
            days=self.days,
            revisions=self.revisions,
            agenda=self.agenda,
            ask=self.ask,
            persons=self.persons,
            open_channel=self.open_channel,
            now=self.now,
            budget_s=self.settings.budget_s,
        )
        return SyncDay(
            days=self.days,
            revisions=self.revisions,
            agenda=self.agenda,
            connections=self.connections,
            activity=self.activity,
            fetch=fetch,
            make=MakeRevision(
                revisions=self.revisions,
                counted_by=self.counted_by,
                keeps_history=lambda kind: KINDS[kind].keeps_history,
            ),
            persons=self.persons,
            settle=self.settle,
            clean=self.clean,
            plan_year=self.plan_year,
            now=self.now,
            new_id=self.new_id,
            jitter=self.outside.jitter,
            lease_s=self.settings.lease_s,
            backoff_s=self.settings.backoff_s,
        )

    @cached_property
    def run_syncs(self) -> RunSyncs:
        return RunSyncs(
            syncs=self.sync_records,
            agenda=self.agenda,
            days=self.days,
            activity=self.activity,
            connections=self.connections,
            ask=self.ask,
            send=self.queues.send_messages,
            now=self.now,
            new_id=self.new_rising_id,
            resend_s=self.settings.resend_s,
        )

    @cached_property
    def find_order(self) -> "FindOrder":
        from chalicelib.workflows.find_order import FindOrder, OpenChannel

        return FindOrder(
            syncs=self.sync_records,
            agenda=self.agenda,
            connections=self.connections,
            documents=self.documents,
            revisions=self.revisions,
            activity=self.activity,
            open_channel=cast("OpenChannel", self.open_channel),
            go_on=self.run_syncs.go_on,
            now=self.now,
            new_id=self.new_id,
        )

    @cached_property
    def seal_again(self) -> "SealAgain":
        from chalicelib.workflows.seal_again import SealAgain

        return SealAgain(agenda=self.agenda, connections=self.connections, send=self.queues.send_messages, now=self.now)

    @cached_property
    def look_back(self) -> LookBack:
        return LookBack(
            agenda=self.agenda,
            ask=self.ask,
            days=self.days,
            connections=self.connections,
            send=self.queues.send_messages,
            now=self.now,
            resend_s=self.settings.resend_s,
        )

    @cached_property
    def notice(self) -> Notice:
        return Notice(
            agenda=self.agenda,
            connections=self.connections,
            days=self.days,
            ask=self.ask,
            known=self.known,
            open_channel=self.open_channel,
            tell=self.note,
            looked=self.after_look,
            now=self.now,
            budget_s=self.settings.budget_s,
        )

    def after_look(self, connection: Connection, channel: object) -> None:
        """Once a day: what the shop says of itself is taken over, and the merchant hears of orders that come twice."""
        # What the shop does not say today it says tomorrow.
        with suppress(errors.ChannelError):
            shop = cast("Channel", channel).read_shop()
            stores = [StoreName(store.id, store.name) for store in shop.stores]
            self.connections.follow(connection, stores, shop.traits)
        self.mirrors.tell(connection, day_of(self.now(), connection.calendar))

    @cached_property
    def mirrors(self) -> "Mirrors":
        from chalicelib.workflows.mirrors import Mirrors

        return Mirrors(
            connections=self.connections,
            days=self.days,
            revisions=self.revisions,
            known=self.known,
            change=self.change,
            syncs=self.run_syncs,
            may_mirror=lambda kind: KINDS[kind].may_mirror,
            note=self.note,
        )

    @cached_property
    def change(self) -> Change:
        return Change(
            accounts=self.accounts,
            connections=self.connections,
            audit=self.audit,
            looks=self.looks,
            now=self.now,
            new_id=self.new_id,
        )

    def touches(self, workspace: str) -> Hashable:
        """Another one whenever a day of the workspace was settled, or its persons erased."""
        return tuple(self.month_records.counts(workspace, date.min, date.max))

    @cached_property
    def listed(self) -> ListDocuments:
        return ListDocuments(self.documents, self.month_records)

    @cached_property
    def order_settings(self) -> ChangeOrderSettings:
        return ChangeOrderSettings(
            connections=self.connections,
            days=self.days,
            touches=self.touches,
            list_documents=lambda *days: self.listed.list(*days).documents,
            agenda=self.agenda,
            syncs=self.run_syncs,
            change=self.change,
            statuses_of=lambda kind: KINDS[kind].statuses,
            announce_leaving=self.persons.announce,
            leave_individual=self.persons.leave,
            now=self.now,
        )

    @cached_property
    def part(self) -> Part:
        return Part(
            connections=self.connections,
            remove_attempts=self.remove_attempts,
            revoke=self.revoke,
            note=self.note,
        )

    def remove_attempts(self, workspace: str, connection: str) -> None:
        """Take every attempt of the connection away."""
        for head in self.days.list(workspace, date.min, date.max):
            if head.key.connection == connection and head.attempt is not None:
                self.days.remove_attempt(head.key, head.attempt.id)

    @cached_property
    def plan(self) -> Plan:
        return Plan(
            agenda=self.agenda,
            ask=self.ask,
            syncs=self.run_syncs,
            look_back=self.look_back,
            connections=self.connections,
            finish_parting=self.part.finish,
            cut_again=lambda workspace, connection: self.order_settings.cut_again(workspace, connection),
            finish_erasing=self.persons.finish,
            now=self.now,
            resend_s=self.settings.resend_s,
        )

    @cached_property
    def hints(self) -> Hints:
        return Hints(
            domains=self.shop_domains,
            connections=self.connections,
            agenda=self.agenda,
            known=self.known,
            erase=self.persons.erase_orders,
            tell=self.note,
            now=self.now,
        )
