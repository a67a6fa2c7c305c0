"""API keys: shown once, kept as a hash, ended by time, by hand and with whoever made them (S15)."""

import pytest

from chalicelib import errors
from chalicelib.storage.table import Table
from chalicelib.workflows.sign_in import require_recent
from tests.support.memory import MemoryEngine
from tests.support.shaky import every_fault
from tests.support.team import Team

PARTNER = "partner@northwind.example"


@pytest.fixture
def team(memory_table: Table) -> Team:
    return Team(memory_table)


def refused(team: Team, text: str) -> bool:
    try:
        team.api_keys.read(text)
    except errors.NotSignedIn:
        return True
    return False


def test_a_key_acts_in_its_workspace_as_its_scope_says(team: Team) -> None:
    owner = team.owner()
    for scope, role in (("read", "viewer"), ("write", "member")):
        text = team.api_keys.make(owner, " Nightly export ", scope, days=30).text.reveal()  # type: ignore[arg-type]
        assert text.startswith("daybook_key_")
        assert len(text) == len("daybook_key_") + 43  # 256 bits
        who = team.api_keys.read(text)
        assert (who.workspace, who.role, who.email) == (owner.workspace, role, "API key “Nightly export”")
        with pytest.raises(errors.Forbidden):
            require_recent(who, team.clock())


def test_what_is_no_key_opens_nothing(team: Team) -> None:
    owner = team.owner()
    text = team.api_keys.make(owner, "Nightly", "read", days=30).text.reveal()
    invitation = team.secret(owner, PARTNER)
    for wrong in ("", text[:-1], text + "A", text.swapcase(), text.removeprefix("daybook_key_"), "ä\ud800", invitation):
        assert refused(team, wrong), wrong


def test_a_key_ends_on_its_day_and_is_listed_as_ended(team: Team) -> None:
    owner = team.owner()
    text = team.api_keys.make(owner, "Nightly", "read", days=30).text.reveal()
    team.clock.move(days=30, seconds=-1)
    assert not refused(team, text)
    team.clock.move(seconds=1)
    assert refused(team, text)
    assert [listed.state for listed in team.api_keys.list(owner.workspace)] == ["ended"]


def test_a_revoked_key_stops_at_once_and_is_listed_no_more(team: Team) -> None:
    owner = team.owner()
    made = team.api_keys.make(owner, "Nightly", "read", days=30)
    team.api_keys.revoke(owner, made.key.id)
    assert refused(team, made.text.reveal())
    assert team.api_keys.list(owner.workspace) == ()
    with pytest.raises(errors.NotFound):
        team.api_keys.revoke(owner, made.key.id)


def test_another_workspaces_key_is_not_there(team: Team) -> None:
    owner, stranger = team.owner(), team.owner("stranger@northwind.example")
    made = team.api_keys.make(owner, "Nightly", "read", days=30)
    with pytest.raises(errors.NotFound):
        team.api_keys.revoke(stranger, made.key.id)
    assert team.api_keys.list(stranger.workspace) == ()
    assert not refused(team, made.text.reveal())


def test_a_key_may_never_do_more_than_whoever_made_it(team: Team) -> None:
    owner = team.owner()
    partner = team.joined(owner, PARTNER, "owner")
    text = team.api_keys.make(partner, "Nightly", "write", days=30).text.reveal()
    for role, allowed in (("member", "member"), ("viewer", "viewer")):
        team.people.change_role(owner, partner.user, role)  # type: ignore[arg-type]
        assert team.api_keys.read(text).role == allowed
    team.people.remove(owner, partner.user)
    assert refused(team, text)
    (listed,) = team.api_keys.list(owner.workspace)
    assert (listed.state, listed.maker) == ("stopped", None)


def test_its_last_use_is_noted_by_the_day(team: Team) -> None:
    owner = team.owner()
    text = team.api_keys.make(owner, "Nightly", "read", days=30).text.reveal()
    assert [listed.used_at for listed in team.api_keys.list(owner.workspace)] == [None]
    seen = []
    for _ in range(3):
        team.api_keys.read(text)
        seen += [listed.used_at for listed in team.api_keys.list(owner.workspace)]
        team.clock.move(hours=9)
    midnight = int(team.clock().timestamp()) // 86_400 * 86_400
    assert seen == [midnight - 86_400, midnight - 86_400, midnight]


def test_names_are_readable_and_keys_are_bounded(team: Team) -> None:
    owner = team.owner()
    for name in ("", " ", "x" * 81, "a\u202eb"):
        with pytest.raises(errors.RequestError) as caught:
            team.api_keys.make(owner, name, "read", days=30)
        assert list(caught.value.fields) == ["name"]
    for n in range(50):
        team.api_keys.make(owner, f"Key {n}", "read", days=30)
    with pytest.raises(errors.Conflict):
        team.api_keys.make(owner, "One more", "read", days=30)


def test_however_a_write_goes_wrong_no_key_works_unlisted_and_a_revoked_one_never() -> None:
    def make(table: Table, owner: object) -> str:
        return Team(table).api_keys.make(owner, "Nightly", "read", days=30).text.reveal()  # type: ignore[arg-type]

    for wrong, table, owner, result in every_fault(lambda table: Team(table).owner(), make, deaths=True):
        team = Team(table)
        grants = [pk for pk, _, _ in table._engine.items() if pk.startswith("KEY#")]  # type: ignore[attr-defined]
        assert len(team.api_keys.list(owner.workspace)) == len(grants), wrong
        assert not isinstance(result, str) or not refused(team, result), wrong

    def revoke(table: Table, given: object) -> bool:
        owner, made = given  # type: ignore[misc]
        Team(table).api_keys.revoke(owner, made.key.id)
        return True

    def prepare(table: Table) -> object:
        owner = Team(table).owner()
        return owner, Team(table).api_keys.make(owner, "Nightly", "read", days=30)

    for wrong, table, (owner, made), result in every_fault(prepare, revoke, deaths=True):
        team = Team(table)
        listed = team.api_keys.list(owner.workspace)
        assert (result is not True and listed) or refused(team, made.text.reveal()), wrong
        if listed:
            team.api_keys.revoke(owner, made.key.id)
            assert refused(team, made.text.reveal()), wrong


def test_no_key_stands_in_the_table_a_list_or_the_activity() -> None:
    engine = MemoryEngine()
    team = Team(Table(engine))
    owner = team.owner()
    made = team.api_keys.make(owner, "Nightly", "write", days=30)
    who = team.api_keys.read(made.text.reveal())
    said = [repr(list(engine.items())), repr(made), repr(who), repr(team.api_keys.list(owner.workspace))]
    said += team.said(owner.workspace)
    assert not any(made.text.reveal() in text for text in said)
    assert any("made the API key “Nightly” (write)" in line for line in said)
