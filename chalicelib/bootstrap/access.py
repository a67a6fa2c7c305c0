"""Who comes in: signing in, people, invitations and keys; and what admins do to a workspace."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.domain.passwords import Passwords
from chalicelib.workflows.sign_in import SignIn

if TYPE_CHECKING:
    from chalicelib.domain.people import Invitation
    from chalicelib.storage.grants import Grants
    from chalicelib.storage.identities import Identities
    from chalicelib.storage.one_time_codes import CodeRecords
    from chalicelib.storage.people import People as PeopleRecords
    from chalicelib.storage.table import Table
    from chalicelib.workflows.access_record import AccessRecord
    from chalicelib.workflows.admin_backfill import AdminBackfill
    from chalicelib.workflows.administer import Administer
    from chalicelib.workflows.api_keys import ApiKeys
    from chalicelib.workflows.carry_over import CarryOver, Each
    from chalicelib.workflows.invite import Invite
    from chalicelib.workflows.one_time_codes import Codes
    from chalicelib.workflows.people import People
    from chalicelib.workflows.recount import Recount
    from chalicelib.workflows.reset import Reset
    from chalicelib.workflows.sign_in_by_provider import SignInByProvider


from chalicelib.bootstrap.work import Work


class Access(Work):
    """The workflows of who may do what. All but signing in are loaded by those functions only that use them."""

    @cached_property
    def sign_in(self) -> SignIn:
        return SignIn(
            accounts=self.accounts,
            passwords=Passwords(self.outside.cost),
            codes=lambda: self.one_time_codes,
            now=self.now,
            random=self.outside.random,
            individual_allowed=self.settings.individual_allowed,
        )

    @cached_property
    def code_records(self) -> "CodeRecords":
        from chalicelib.storage.one_time_codes import CodeRecords

        return CodeRecords(self.outside.table, self.outside.sealer, self.new_id)

    @cached_property
    def one_time_codes(self) -> "Codes":
        from chalicelib.workflows.one_time_codes import Codes

        return Codes(
            codes=self.code_records,
            accounts=self.accounts,
            record=self.access_record,
            mailer=self.outside.mailer,
            base_url=self.settings.base_url,
            now=self.now,
            random=self.outside.random,
        )

    @cached_property
    def identities(self) -> "Identities":
        from chalicelib.storage.identities import Identities

        return Identities(self.outside.table, self.new_id)

    @cached_property
    def sign_in_by_provider(self) -> "SignInByProvider":
        from chalicelib.bootstrap.provider import provider_of
        from chalicelib.workflows.sign_in_by_provider import SignInByProvider

        return SignInByProvider(
            provider=provider_of(self.settings, self.outside),
            identities=self.identities,
            accounts=self.accounts,
            sign_in=self.sign_in,
            record=self.access_record,
            mailer=self.outside.mailer,
            base_url=self.settings.base_url,
            now=self.now,
            random=self.outside.random,
        )

    @cached_property
    def access_record(self) -> "AccessRecord":
        from chalicelib.workflows.access_record import AccessRecord

        return AccessRecord(audit=self.audit, note=self.note, now=self.now, new_id=self.new_id)

    @cached_property
    def api_keys(self) -> "ApiKeys":
        from chalicelib.domain.people import ApiKey
        from chalicelib.storage.grants import Grants
        from chalicelib.workflows.api_keys import ApiKeys

        return ApiKeys(
            keys=Grants(self.outside.table, "KEY", ApiKey),
            accounts=self.accounts,
            record=self.access_record,
            now=self.now,
            random=self.outside.random,
        )

    @cached_property
    def people_records(self) -> "PeopleRecords":
        from chalicelib.storage.people import People

        return People(self.outside.table, self.accounts)

    @cached_property
    def people(self) -> "People":
        from chalicelib.workflows.people import People

        return People(people=self.people_records, record=self.access_record, now=self.now)

    @cached_property
    def invitations(self) -> "Grants[Invitation]":
        from chalicelib.domain.people import Invitation
        from chalicelib.storage.grants import Grants

        return Grants(self.outside.table, "INVITE", Invitation)

    @cached_property
    def invite(self) -> "Invite":
        from chalicelib.workflows.invite import Invite

        return Invite(
            invitations=self.invitations,
            accounts=self.accounts,
            records=self.people_records,
            people=self.people,
            sign_in=self.sign_in,
            passwords=Passwords(self.outside.cost),
            record=self.access_record,
            mailer=self.outside.mailer,
            base_url=self.settings.base_url,
            now=self.now,
            random=self.outside.random,
        )

    @cached_property
    def reset(self) -> "Reset":
        from chalicelib.storage.resets import Resets
        from chalicelib.workflows.reset import Reset

        return Reset(
            resets=Resets(self.outside.table),
            accounts=self.accounts,
            identities=self.identities,
            sign_in=self.sign_in,
            passwords=Passwords(self.outside.cost),
            record=self.access_record,
            mailer=self.outside.mailer,
            base_url=self.settings.base_url,
            now=self.now,
            random=self.outside.random,
            ticks=self.outside.ticks,
            sleep=self.outside.sleep,
        )

    @cached_property
    def administer(self) -> "Administer":
        from chalicelib.workflows.administer import Administer

        return Administer(
            accounts=self.accounts,
            codes=self.code_records,
            connections=self.connections,
            days=self.days,
            syncs=self.run_syncs,
            persons=self.persons,
            audit=self.audit,
            note=self.note,
            now=self.now,
            new_id=self.new_id,
        )

    @cached_property
    def recount(self) -> "Recount":
        from chalicelib.workflows.recount import Recount

        return Recount(days=self.days, revisions=self.revisions, shelves=self.shelves)

    @cached_property
    def admin_backfill(self) -> "AdminBackfill":
        from chalicelib.workflows.admin_backfill import AdminBackfill

        return AdminBackfill(
            connections=self.connections,
            days=self.days,
            syncs=self.run_syncs,
            audit=self.audit,
            note=self.note,
            now=self.now,
            new_id=self.new_id,
        )

    def carry_over(self, left: "Table | None", each: "Each" = map) -> "CarryOver":
        """Carries over to this table from the one that a restore left behind, or without it. No function asks for it."""
        from chalicelib.storage.accounts import Accounts
        from chalicelib.storage.carrying import Carrying
        from chalicelib.storage.people import People
        from chalicelib.storage.persons import PersonParts
        from chalicelib.workflows.carry_over import CarryOver

        table = self.outside.table
        rosters = None if left is None else People(left, Accounts(left, self.new_id))
        return CarryOver(
            carrying=Carrying(table, left, rosters),
            left_persons=None if left is None else PersonParts(left),
            persons=PersonParts(table),
            connections=self.connections,
            days=self.days,
            agenda=self.agenda,
            activity=self.activity,
            audit=self.audit,
            finish_parting=self.part.finish,
            remove_attempts=self.remove_attempts,
            now=self.now,
            each=each,
        )
