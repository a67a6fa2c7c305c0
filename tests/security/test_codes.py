"""S9, S10, S11, S16, S29, S31, S32 where signing in asks for a one-time code beside the password."""

from base64 import b32decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from chalicelib import errors
from chalicelib.domain.accounts import NO_PASSWORD, SignedIn
from chalicelib.domain.one_time_codes import STEP_S, OneTimeCodes
from chalicelib.storage.accounts import UserItem, codes_key, user_key
from chalicelib.storage.one_time_codes import CodeRecords, CodesItem
from chalicelib.storage.sealing import LocalSealer
from chalicelib.storage.table import Table
from chalicelib.workflows.one_time_codes import PROPOSED_S
from tests.security.test_rotation import key_file
from tests.support.mail import HeldMail
from tests.support.memory import MemoryEngine
from tests.support.people import EMAIL, HOME, PASSWORD, NamedSealer, Phone, codes_on, new_id
from tests.support.shaky import every_fault
from tests.support.team import Team

ELSEWHERE = "203.0.113.9"
ANEW = "seven herons over the weir"
WRONG = "000000"


@pytest.fixture
def mail() -> HeldMail:
    return HeldMail()


@pytest.fixture
def team(memory_table: Table, mail: HeldMail) -> Team:
    return Team(memory_table, mailer=mail)


def set_up(team: Team, who: SignedIn | None = None) -> tuple[Phone, list[str]]:
    """An owner whose sign-in asks for codes from now on: their phone and their recovery codes."""
    who = who or team.owner()
    phone = Phone(team.codes.propose(who).key.reveal(), team.clock)
    recovery = [each.reveal() for each in team.codes.turn_on(who, phone.shows()).recovery]
    team.clock.move(seconds=2 * STEP_S)
    return phone, recovery


def enter(team: Team, code: str = "", address: str = HOME) -> SignedIn:
    return team.sign_in.sign_in(EMAIL, PASSWORD, code, address=address).signed_in


def written(engine: MemoryEngine) -> bytes:
    """Everything that is in a table."""
    values = [value for _, _, item in engine.items() for typed in item.values() for value in typed.values()]
    return b"\n".join(value if isinstance(value, bytes) else repr(value).encode() for value in values)


# -- what is asked for


def test_a_code_is_asked_for_beside_the_right_password_and_lets_in(team: Team) -> None:
    phone, _ = set_up(team)
    with pytest.raises(errors.CodeNeeded) as asked:
        enter(team)
    assert set(asked.value.fields) == {"code"}
    with pytest.raises(errors.NotSignedIn) as refused:
        enter(team, WRONG)
    assert set(refused.value.fields) == {"code"}
    assert enter(team, f" {phone.shows()[:3]} {phone.shows()[3:]} ").email == EMAIL


def test_s9_a_wrong_password_says_the_same_with_a_code_and_without(team: Team) -> None:
    phone, recovery = set_up(team)
    said = set()
    for code in ("", WRONG, phone.shows(), recovery[0]):
        with pytest.raises(errors.NotSignedIn) as caught:
            team.sign_in.sign_in(EMAIL, PASSWORD + "!", code, address=HOME)
        said.add((str(caught.value), str(caught.value.fields)))
    assert said == {("Email or password is not right.", "{}")}
    assert enter(team, phone.shows()).email == EMAIL  # so none of them was used up


def test_who_has_none_set_up_is_asked_for_none_whatever_they_send(team: Team) -> None:
    owner = team.owner()
    team.codes.propose(owner)  # begun and left
    assert enter(team).email == enter(team, WRONG).email == EMAIL


@pytest.mark.parametrize("beside", [-1, 0, 1])
def test_a_code_works_once_and_ends_those_before_it(team: Team, beside: int) -> None:
    phone, _ = set_up(team)
    used = phone.shows(beside)
    enter(team, used)
    for earlier in range(-1, beside + 1):
        with pytest.raises(errors.NotSignedIn):
            enter(team, phone.shows(earlier))
    team.clock.move(seconds=3 * STEP_S)
    with pytest.raises(errors.NotSignedIn):
        enter(team, used)
    assert enter(team, phone.shows()).email == EMAIL


def test_the_code_that_set_it_up_is_used(team: Team) -> None:
    owner = team.owner()
    phone = Phone(team.codes.propose(owner).key.reveal(), team.clock)
    team.codes.turn_on(owner, phone.shows())
    with pytest.raises(errors.NotSignedIn):
        enter(team, phone.shows())


@pytest.mark.parametrize("recovering", [False, True])
def test_of_two_who_come_with_one_code_at_once_one_is_let_in(memory_table: Table, recovering: bool) -> None:
    team = Team(memory_table)
    phone, recovery = set_up(team)
    code, together = recovery[0] if recovering else phone.shows(), Barrier(2)
    get = CodeRecords.get
    seen = []

    def meet(self: CodeRecords, user: str) -> OneTimeCodes | None:
        found = get(self, user)
        if len(seen) < 2:
            seen.append(found)
            together.wait(10)
        return found

    user = team.accounts.user_of(EMAIL)
    assert user is not None
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(CodeRecords, "get", meet)
        let_in = list(pool.map(lambda _: team.codes.use(user, code, known=True), range(2)))
    assert sorted(let_in) == [False, True]


# -- S10


@pytest.mark.parametrize("addresses", [1, 100])
def test_s10_a_thousand_guesses_get_few_looks_and_keep_nobody_out(team: Team, addresses: int) -> None:
    phone, _ = set_up(team)
    enter(team, phone.shows())  # who has been here is not kept waiting by strangers
    waits, looks = [], 0
    for n in range(1000):
        try:
            enter(team, WRONG, address=f"203.0.113.{n % addresses}")
        except errors.NotSignedIn:
            looks += 1
        except errors.TooManyTries as exc:
            waits.append(exc.retry_after_s)
        team.clock.move(seconds=1)
    assert 5 < looks <= 15
    assert max(waits) <= 900
    assert enter(team, phone.shows()).email == EMAIL
    team.clock.move(seconds=900)
    assert enter(team, phone.shows(), address=ELSEWHERE).email == EMAIL


def test_s10_asking_for_the_code_is_no_try(team: Team) -> None:
    phone, _ = set_up(team)
    for _ in range(50):
        with pytest.raises(errors.CodeNeeded):
            enter(team, address=ELSEWHERE)
    assert enter(team, phone.shows(), address=ELSEWHERE).email == EMAIL


def test_a_stranger_with_the_password_is_told_of_and_who_mistypes_is_not(team: Team) -> None:
    phone, _ = set_up(team)
    owner = enter(team, phone.shows())
    with pytest.raises(errors.NotSignedIn):
        enter(team, WRONG)
    assert not [line for line in team.said(owner.workspace, "warning") if "without a right one-time code" in line]
    with pytest.raises(errors.NotSignedIn):
        enter(team, WRONG, address=ELSEWHERE)
    assert [line for line in team.said(owner.workspace, "warning") if "without a right one-time code" in line]


# -- recovery codes


def test_each_recovery_code_works_once_and_it_is_told_how_many_are_left(team: Team) -> None:
    phone, recovery = set_up(team)
    assert len(set(recovery)) == 10
    owner = enter(team, recovery[3].upper().replace("-", " "))
    with pytest.raises(errors.NotSignedIn):
        enter(team, recovery[3])
    assert team.codes.state(owner).recovery_left == 9
    assert f"{EMAIL} signed in by a recovery code; 9 are left." in team.said(owner.workspace)
    assert enter(team, phone.shows()).email == EMAIL


def test_new_recovery_codes_end_the_old_ones(team: Team) -> None:
    phone, recovery = set_up(team)
    owner = enter(team, phone.shows())
    anew = [each.reveal() for each in team.codes.renew_recovery(owner)]
    assert not set(anew) & set(recovery)
    with pytest.raises(errors.NotSignedIn):
        enter(team, recovery[0])
    assert enter(team, anew[0]).email == EMAIL


# -- setting up and turning off


def test_another_phone_counts_once_it_has_shown_a_code(team: Team) -> None:
    first, recovery = set_up(team)
    owner = enter(team, first.shows())
    second = Phone(team.codes.propose(owner).key.reveal(), team.clock)
    with pytest.raises(errors.RequestError) as caught:
        team.codes.turn_on(owner, WRONG)
    assert set(caught.value.fields) == {"code"}
    team.clock.move(seconds=2 * STEP_S)
    owner = enter(team, first.shows())
    team.codes.turn_on(owner, second.shows())
    team.clock.move(seconds=2 * STEP_S)
    for old in (first.shows(), recovery[0]):
        with pytest.raises(errors.NotSignedIn):
            enter(team, old)
    assert enter(team, second.shows()).email == EMAIL


def test_what_was_begun_is_over_after_ten_minutes(team: Team) -> None:
    owner = team.owner()
    phone = Phone(team.codes.propose(owner).key.reveal(), team.clock)
    team.clock.move(seconds=PROPOSED_S)
    with pytest.raises(errors.Conflict):
        team.codes.turn_on(enter(team), phone.shows())
    assert enter(team).email == EMAIL


def test_who_turns_them_on_again_after_a_lost_answer_is_told_that_they_are_on(team: Team) -> None:
    owner = team.owner()
    proposed = team.codes.propose(owner)
    phone = Phone(proposed.key.reveal(), team.clock)
    team.codes.turn_on(owner, phone.shows(), proposed.proposal)
    with pytest.raises(errors.Conflict, match=r"^One-time codes are on\."):
        team.codes.turn_on(owner, phone.shows(), proposed.proposal)
    assert len(team.codes.renew_recovery(owner)) == 10


def test_a_window_whose_key_was_replaced_is_told_so_and_not_to_look_at_the_clock(team: Team) -> None:
    owner = team.owner()
    first, second = team.codes.propose(owner), team.codes.propose(owner)
    with pytest.raises(errors.Conflict, match="begun anew in another window"):
        team.codes.turn_on(owner, Phone(first.key.reveal(), team.clock).shows(), first.proposal)
    with pytest.raises(errors.RequestError, match="not right"):
        team.codes.turn_on(owner, Phone(first.key.reveal(), team.clock).shows())  # a program that does not say which
    assert team.codes.turn_on(owner, Phone(second.key.reveal(), team.clock).shows(), second.proposal).recovery


def test_turned_off_nothing_is_asked_for_and_nothing_is_kept(team: Team, memory_table: Table, mail: HeldMail) -> None:
    phone, recovery = set_up(team)
    owner = enter(team, phone.shows())
    team.codes.turn_off(owner)
    team.codes.turn_off(owner)  # done is done
    assert enter(team).email == enter(team, recovery[0]).email == EMAIL
    assert memory_table.get(CodesItem, *codes_key(owner.user)) is None
    assert [each.subject for each in mail.sent] == [f"One-time codes for Daybook are {word}" for word in ("on", "off")]
    assert {f"{EMAIL} turned one-time codes {word}." for word in ("on", "off")} <= set(team.said(owner.workspace))


def test_a_removed_person_leaves_no_codes(team: Team, memory_table: Table) -> None:
    owner = team.owner()
    other = team.joined(owner, "viewer@northwind.example")
    set_up(team, other)
    team.people.remove(owner, other.user)
    assert memory_table.get(CodesItem, *codes_key(other.user)) is None


def test_a_new_password_by_mail_leaves_the_codes_on(team: Team, mail: HeldMail) -> None:
    phone, _ = set_up(team)
    team.reset.ask(EMAIL, address=HOME)
    team.reset.finish(mail.secret, ANEW, address=HOME)
    with pytest.raises(errors.CodeNeeded):
        team.sign_in.sign_in(EMAIL, ANEW, address=HOME)
    assert team.sign_in.sign_in(EMAIL, ANEW, phone.shows(), address=HOME).signed_in.email == EMAIL


def test_who_has_no_password_has_nothing_to_add_a_code_to(team: Team, memory_table: Table) -> None:
    owner = team.owner()
    memory_table.update(*user_key(owner.user), [UserItem.password.set(NO_PASSWORD)], UserItem.email.exists())
    assert not team.codes.state(owner).can
    with pytest.raises(errors.Conflict):
        team.codes.propose(owner)


def test_a_mail_that_is_not_sent_undoes_nothing_and_is_told_in_the_log(team: Team, mail: HeldMail) -> None:
    owner = team.owner()
    phone = Phone(team.codes.propose(owner).key.reveal(), team.clock)
    mail.fails = True
    assert team.codes.turn_on(owner, phone.shows()).trouble == "TooManyRequestsException"
    assert team.codes.turn_off(owner) == "TooManyRequestsException"


def test_s16_an_old_sign_in_changes_nothing(team: Team) -> None:
    phone, recovery = set_up(team)
    owner = enter(team, phone.shows())
    proposed = Phone(team.codes.propose(owner).key.reveal(), team.clock)
    team.clock.move(minutes=10, seconds=1)
    for change in (
        lambda: team.codes.propose(owner),
        lambda: team.codes.turn_on(owner, proposed.shows()),
        lambda: team.codes.renew_recovery(owner),
        lambda: team.codes.turn_off(owner),
    ):
        with pytest.raises(errors.Forbidden) as caught:
            change()
        assert set(caught.value.fields) == {"password"}
    assert enter(team, recovery[0]).email == EMAIL


# -- what is kept


def test_s29_what_is_sealed_for_one_opens_for_no_other(team: Team, memory_table: Table) -> None:
    owner = team.owner()
    other = team.joined(owner, "viewer@northwind.example")
    set_up(team, other)
    records = CodeRecords(memory_table, NamedSealer(), new_id)
    theirs = records.get(other.user)
    assert theirs is not None
    assert theirs.secret is not None
    assert records.open(theirs, theirs.secret)
    for name in ("user", "workspace"):
        mine = OneTimeCodes(**{"user": theirs.user, "workspace": theirs.workspace, name: "another"})
        with pytest.raises(errors.StorageError):
            records.open(mine, theirs.secret)


@pytest.mark.parametrize("sealed", [True, False])
def test_s31_neither_secret_nor_recovery_code_is_written_down(tmp_path: Path, mail: HeldMail, sealed: bool) -> None:
    engine = MemoryEngine()
    team = Team(Table(engine), mailer=mail)
    sealer = LocalSealer(key_file(tmp_path / "key")) if sealed else NamedSealer()
    team.codes._codes = CodeRecords(Table(engine), sealer, new_id)
    owner = team.owner()
    proposed = team.codes.propose(owner)
    turned = team.codes.turn_on(owner, Phone(proposed.key.reveal(), team.clock).shows())
    recovery = [each.reveal() for each in turned.recovery]
    texts = [proposed.key.reveal(), *recovery, *(each.replace("-", "") for each in recovery)]
    told = written(engine) + repr((mail.sent, proposed, turned)).encode()
    assert not [each for each in texts if each.encode() in told]
    assert (b32decode(proposed.key.reveal()) in told) is not sealed


def test_s32_each_use_seals_anew_so_that_an_old_key_goes_out_of_use(tmp_path: Path) -> None:
    table, before, after = Table(MemoryEngine()), key_file(tmp_path / "before"), key_file(tmp_path / "after")
    team = Team(table)

    def under(sealer: LocalSealer) -> None:
        team.codes._codes = CodeRecords(table, sealer, new_id)

    under(LocalSealer(before))
    phone, recovery = set_up(team)
    under(LocalSealer(after, old=before))
    enter(team, phone.shows())
    under(LocalSealer(after))
    team.clock.move(seconds=2 * STEP_S)
    assert enter(team, phone.shows()).email == EMAIL
    under(LocalSealer(before))
    with pytest.raises(errors.StorageError):
        enter(team, phone.shows(1))
    assert enter(team, recovery[0]).email == EMAIL  # which needs no key


# -- faults


def test_whatever_a_write_meets_a_code_lets_in_once_at_most() -> None:
    def prepare(table: Table) -> tuple[Team, Phone]:
        team = Team(table)
        return team, set_up(team)[0]

    def act(table: Table, prepared: tuple[Team, Phone]) -> bool:
        team, phone = prepared
        user = team.accounts.user_of(EMAIL)
        assert user is not None
        return codes_on(table, team.clock).use(user, phone.shows(), known=True)

    for wrong, table, prepared, result in every_fault(prepare, act, deaths=True):
        assert result is True or isinstance(result, BaseException), wrong
        again = act(table, prepared)
        assert not (again and result is True), wrong
        assert again or "death before" not in wrong, wrong


def test_wherever_setting_up_dies_one_can_sign_in_and_set_up() -> None:
    def prepare(table: Table) -> tuple[Team, SignedIn]:
        team = Team(table)
        return team, team.owner()

    def act(table: Table, prepared: tuple[Team, SignedIn]) -> list[str]:
        team, owner = prepared
        return set_up(team, owner)[1]

    for wrong, _, (team, owner), result in every_fault(prepare, act, deaths=True):
        on = team.codes.state(owner).since is not None
        if isinstance(result, list):
            assert on, wrong
            assert enter(team, result[0]).email == EMAIL
            continue
        if on:  # its recovery codes were not seen: an admin or the phone helps
            with pytest.raises(errors.CodeNeeded):
                enter(team)
        else:
            assert enter(team).email == EMAIL
        phone, _ = set_up(team, owner)
        assert enter(team, phone.shows()).email == EMAIL, wrong


def test_s10_who_has_the_mailbox_guesses_no_more_than_who_has_the_password(team: Team, mail: HeldMail) -> None:
    """A link makes the network known that it was used from, but not to what asks for codes."""
    set_up(team)
    guesses = 0
    for n in range(1000):
        here, before = (f"2001:db8:{each:x}::1" for each in (n + 1, n))
        try:
            team.reset.ask(EMAIL, address=before)
            password = f"{ANEW} {n}"
            team.reset.finish(mail.secret, password, address=here)
            team.sign_in.sign_in(EMAIL, password, WRONG, address=here)
        except errors.TooManyTries:
            pass
        except errors.NotSignedIn as exc:
            guesses += "code" in exc.fields
        team.clock.move(seconds=1)
    assert 5 < guesses <= 15
