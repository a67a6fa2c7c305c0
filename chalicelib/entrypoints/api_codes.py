"""Routes of one's own one-time codes: a second step at signing in."""

from collections.abc import Iterable

import msgspec

from chalicelib import bootstrap
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.secret import Secret
from chalicelib.entrypoints import wire_people
from chalicelib.entrypoints.api_reset import tell_of_mail
from chalicelib.entrypoints.http import Role, api, may
from chalicelib.entrypoints.visit import Visit


@api.route("/v1/codes", methods=["GET"])
@may(Role.VIEWER, keys=False)
def codes(who: SignedIn) -> wire_people.CodesOut:
    """Whether one's own sign-in asks for one-time codes."""
    state = bootstrap.system().one_time_codes.state(who)
    return wire_people.CodesOut(**msgspec.structs.asdict(state))


@api.route("/v1/codes", methods=["POST"])
@may(Role.VIEWER, status=201, keys=False)
def propose_codes(who: SignedIn) -> wire_people.CodesProposedOut:
    """Begin to set up an app; nothing is asked for before it has shown a code. Needs a sign-in of the last 10 minutes."""
    proposed = bootstrap.system().one_time_codes.propose(who)
    return wire_people.CodesProposedOut(
        proposal=proposed.proposal, key=proposed.key.reveal(), address=proposed.address.reveal()
    )


@api.route("/v1/codes/on", methods=["POST"])
@may(Role.VIEWER, keys=False)
def turn_codes_on(visit: Visit, who: SignedIn, body: wire_people.CodesOnIn) -> wire_people.RecoveryCodesOut:
    """Ask for codes at each sign-in from now on. Needs a sign-in of the last 10 minutes."""
    turned = bootstrap.system().one_time_codes.turn_on(who, body.code, body.proposal)
    tell_of_mail(visit, turned.trouble)
    return _shown(turned.recovery)


@api.route("/v1/codes/recovery", methods=["POST"])
@may(Role.VIEWER, keys=False)
def renew_recovery_codes(who: SignedIn) -> wire_people.RecoveryCodesOut:
    """New recovery codes; the old ones work no more. Needs a sign-in of the last 10 minutes."""
    return _shown(bootstrap.system().one_time_codes.renew_recovery(who))


@api.route("/v1/codes", methods=["DELETE"])
@may(Role.VIEWER, status=204, keys=False)
def turn_codes_off(visit: Visit, who: SignedIn) -> None:
    """Ask for codes no more. Needs a sign-in of the last 10 minutes."""
    tell_of_mail(visit, bootstrap.system().one_time_codes.turn_off(who))


def _shown(recovery: Iterable[Secret]) -> wire_people.RecoveryCodesOut:
    return wire_people.RecoveryCodesOut(recovery=tuple(each.reveal() for each in recovery))
