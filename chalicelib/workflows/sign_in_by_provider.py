"""Signing in through an identity provider: the way there, and what happens on the way back (S14).

    POST /v1/session/provider     a state, good once for ten minutes and in one browser; where to send the browser
    (the provider)                proves who they are, as it does
    GET /v1/callback/provider     the state is spent, the code exchanged, the token checked; then a session of ours

The provider's word ends there: its tokens are used once and kept nowhere. A person is known by issuer and subject, never by the
e-mail: that opens a new account where it is verified and nobody's here, and never one that is there. Whoever has a password connects
the provider themselves, after signing in with it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from chalicelib import errors
from chalicelib.domain import mails
from chalicelib.domain.accounts import NO_PASSWORD, SignedIn, User
from chalicelib.domain.identities import (
    SKEW_S,
    Begun,
    Identity,
    challenge_of,
    derived,
    identity_in,
    own_path,
    workspace_name,
)
from chalicelib.domain.secret import Secret
from chalicelib.workflows.access_record import AccessRecord, mail_to
from chalicelib.workflows.pair_state import STATE_S, hashed, unguessable
from chalicelib.workflows.sign_in import RECENT, Opened, SignIn, network, require_recent

if TYPE_CHECKING:
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.identities import Identities

UNREACHABLE = "The sign-in service cannot be reached right now. Try again in a moment, or use your password."
_ALONE = (
    "Nothing else lets you in. Choose a password first: ask for a link on the sign-in page, under “Forgot password?”."
)

Why = Literal["expired", "declined", "refused", "unreachable", "not-again", "unverified", "taken", "other", "not-you"]


class Provider(Protocol):
    """An identity provider, as channels/openid.py asks it."""

    issuer: str
    client_id: str

    def authorize_url(self, *, state: str, nonce: str, challenge: str, again: bool) -> str:
        """Raises ChannelError."""
        ...

    def redeem(self, code: str, verifier: str) -> bytes:
        """Raises ChannelError."""
        ...


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send the browser, and what its cookie has to hold until it is back."""

    url: str
    cookie: Secret


class Connected(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the provider lets somebody in; `alone` if they have no password."""

    connected: bool
    alone: bool


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """How it ended well: a path of ours, and a new session unless one was going on to which the provider was connected.

    `trouble` is why they were not told of that by mail, for the log.
    """

    next: str
    opened: Opened | None
    trouble: str | None = None


class ProviderError(Exception):
    """Nobody was signed in; the page has a sentence for `why`. `next` is where the person wanted to go.

    With `connecting` somebody is signed in, and still is.
    """

    def __init__(self, why: Why, begun: Begun | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.next = begun.next if begun else "/"
        self.connecting = begun is not None and begun.user is not None


class SignInByProvider:
    """Signs people in through `provider`; None where none is set, and then there is nothing of this.

    `base_url` is where our pages are.
    """

    def __init__(
        self,
        *,
        provider: Provider | None,
        identities: "Identities",
        accounts: "Accounts",
        sign_in: SignIn,
        record: AccessRecord,
        mailer: mails.Mailer | None,
        base_url: str,
        now: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._provider = provider
        self._identities = identities
        self._accounts = accounts
        self._sign_in = sign_in
        self._record = record
        self._mailer = mailer
        self._base_url = base_url
        self._now = now
        self._random = random

    def begin(self, *, next: str, address: str, again: bool = False, time_zone: str = "UTC") -> Sent:
        """Begin a way to the provider. Raises NotFound, TooManyTries, ChannelError."""
        self._sign_in.take_try("provider", network(address))
        at = self._seconds()
        return self._begin(
            Begun(next=own_path(next), again=again, time_zone=time_zone, began_at=at, until=at + STATE_S)
        )

    def connect(self, who: SignedIn, *, next: str) -> Sent:
        """The same for somebody who is signed in and may come in so from now on, too. Raises Forbidden after an old sign-in.

        The provider is to ask who they are, so that they do not connect whoever was signed in there before.
        """
        require_recent(who, self._now())
        at = self._seconds()
        return self._begin(Begun(next=own_path(next), user=who.user, again=True, began_at=at, until=at + STATE_S))

    def state(self, who: SignedIn) -> Connected:
        """Whether the provider lets them in, and whether nothing else does. Raises NotFound where none is set."""
        self._set()
        return Connected(connected=self._identities.are_of(who.user), alone=not self._has_password(who))

    def disconnect(self, who: SignedIn) -> str | None:
        """Let the provider bring them in no more, and end every session of theirs, for some may have begun there.

        Returns why they were not told by mail, for the log. Raises Forbidden after an old sign-in, Conflict where nothing else
        would let them in, NotFound where no provider is set.
        """
        self._set()
        if not self._has_password(who):
            raise errors.Conflict(_ALONE)
        require_recent(who, self._now())
        if not self._identities.are_of(who.user):
            return None
        self._record.keep(who.workspace, who.email, "provider", "connected", "disconnected")
        self._sign_in.end_all(who)  # before, so that whoever dies in between comes back and finds it connected
        self._identities.release_all(who.user)
        self._sign_in.end_all(who)
        return self._told(who, "disconnected the sign-in service from their account", on=False)

    def _told(self, who: SignedIn, what: str, *, on: bool) -> str | None:
        self._record.tell(who.workspace, f"{who.email} {what}.")
        return mail_to(self._mailer, who.email, mails.provider_changed(on=on, base_url=self._base_url))

    def _has_password(self, who: SignedIn) -> bool:
        user = self._accounts.user(who.user)
        return user is not None and user.password != NO_PASSWORD

    def finish(self, params: Mapping[str, str], *, browser: str | None, old: str | None, address: str) -> Returned:
        """Go on with what came back. Raises ProviderError; NotFound where no provider is set.

        `browser` is what its cookie of the way holds, `old` that of its session.
        """
        provider = self._set()
        state = params.get("state", "")
        begun = self._identities.spend(hashed(state), browser=hashed(browser or ""), at=self._seconds())
        if begun is None or browser is None:
            raise ProviderError("expired")
        if params.get("iss", provider.issuer) != provider.issuer:
            raise ProviderError("refused", begun)  # what another provider made of it (RFC 9207)
        if not params.get("code"):
            raise ProviderError("declined", begun)
        try:
            payload = provider.redeem(params["code"], derived(browser, "verifier", state))
            identity = identity_in(
                payload,
                issuer=provider.issuer,
                client_id=provider.client_id,
                nonce=derived(browser, "nonce", state),
                at=self._seconds(),
            )
        except errors.RetryableError as exc:
            raise ProviderError("unreachable", begun) from exc
        except errors.ChannelError as exc:
            raise ProviderError("refused", begun) from exc
        if begun.again and (identity.proved_at is None or identity.proved_at < begun.began_at - SKEW_S):
            raise ProviderError("not-again", begun)
        if begun.user is not None:
            return Returned(next=begun.next, opened=None, trouble=self._connect(identity, begun, old))
        user = self._user_of(identity, begun, address)
        self._accounts.give_try_back("provider", network(address))
        opened = self._sign_in.begin(user, keep=False, proved_at=self._proved_at(identity), old=old)
        # Sessions end after an identity is released; one that begins even later finds here that it is.
        if self._identities.user_of(identity) != user.id:
            self._sign_in.sign_out(opened.signed_in)
            raise ProviderError("refused", begun)
        return Returned(next=begun.next, opened=opened)

    def _begin(self, begun: Begun) -> Sent:
        provider = self._set()
        state, browser = unguessable(self._random), unguessable(self._random)
        try:
            url = provider.authorize_url(
                state=state,
                nonce=derived(browser, "nonce", state),
                challenge=challenge_of(derived(browser, "verifier", state)),
                again=begun.again,
            )
        except errors.ChannelError as exc:
            raise errors.RetryableError(UNREACHABLE) from exc
        self._identities.begin(hashed(state), hashed(browser), begun)
        return Sent(url=url, cookie=Secret(browser))

    def _proved_at(self, identity: Identity) -> int:
        """When they proved who they are. Of a provider that does not say, it may have been long ago: then not lately (S16)."""
        if identity.proved_at is not None:
            return identity.proved_at
        return self._seconds() - int(RECENT.total_seconds()) - 1

    def _connect(self, identity: Identity, begun: Begun, old: str | None) -> str | None:
        """Let the person whose session began the way sign in by the identity; why they were not told by mail, for the log.

        Raises ProviderError.
        """
        who = self._still(begun, old)
        claimed = self._identities.user_of(identity)
        gone = claimed if self._there(claimed) is None else None
        if claimed not in (None, gone, who.user):
            raise ProviderError("other", begun)
        before = self._identities.are_of(who.user)
        after = "connected to one more" if before and claimed != who.user else "connected"
        self._record.keep(who.workspace, who.email, "provider", "connected" if before else "disconnected", after)
        if not self._identities.claim(identity, who.user, instead_of=gone):
            raise ProviderError("other", begun)
        try:
            self._still(begun, old)
        except ProviderError:
            # Whoever ended the session may have released all others before this one was claimed.
            self._identities.release(identity, who.user)
            raise
        return self._told(who, "connected the sign-in service to their account", on=True)

    def _still(self, begun: Begun, session: str | None) -> SignedIn:
        """The person who began to connect the provider, if they are still signed in. Raises ProviderError."""
        try:
            who = self._sign_in.read(session)
        except errors.NotSignedIn as exc:
            raise ProviderError("not-you", begun) from exc
        if who.user != begun.user:
            raise ProviderError("not-you", begun)
        return who

    def _user_of(self, identity: Identity, begun: Begun, address: str) -> User:
        """Whose identity it is; a new account for one that nobody has. Raises ProviderError, TooManyTries."""
        claimed = self._identities.user_of(identity)
        return self._there(claimed) or self._sign_up(identity, begun, address, instead_of=claimed)

    def _sign_up(self, identity: Identity, begun: Begun, address: str, *, instead_of: str | None) -> User:
        """A new workspace with its owner. Raises ProviderError, TooManyTries.

        The claim of the e-mail comes last and decides, as at every sign-up: what a crash leaves behind is litter.
        """
        if identity.email is None:
            raise ProviderError("unverified", begun)
        if self._accounts.user_of(identity.email) is not None:
            raise ProviderError("taken", begun)
        self._sign_in.take_try("sign-up", network(address))
        name = workspace_name(identity.email)
        workspace, user = self._sign_in.founded(identity.email, name, begun.time_zone, password=NO_PASSWORD)
        self._accounts.write(workspace, user)
        if not self._identities.claim(identity, user.id, instead_of=instead_of):
            self._accounts.drop(user)
            raise ProviderError("expired", begun)  # the same person, twice at once: the other one is in
        if not self._accounts.claim_email(user):
            self._identities.release(identity, user.id)
            self._accounts.drop(user)
            raise ProviderError("taken", begun)
        return user

    def _there(self, user: str | None) -> User | None:
        """The user, unless they are gone, are being removed, or never came to be: then their e-mail does not lead to them."""
        found = self._accounts.user(user) if user else None
        named = self._accounts.user_of(found.email) if found else None
        return named if named and found and named.id == found.id else None

    def _set(self) -> Provider:
        if self._provider is None:
            raise errors.NotFound("There is nothing at this address.")
        return self._provider

    def _seconds(self) -> int:
        return int(self._now().timestamp())
