"""Selling channels: paired shops with credentials that work, and what shops tell us unasked."""

import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib import errors
from chalicelib.bootstrap.records import Records
from chalicelib.channels import Channel, Kind, Means
from chalicelib.channels.kinds import KINDS, PLATFORMS
from chalicelib.domain.connections import Connection, Credentials
from chalicelib.domain.counting import Counted
from chalicelib.domain.secret import Secret
from chalicelib.workflows.hints import Hint
from chalicelib.workflows.tokens import FreshTokens

if TYPE_CHECKING:
    from chalicelib.channels.http import Http


class Shops(Records):
    """What talks to shops."""

    @cached_property
    def platforms(self) -> Mapping[str, Any]:
        """The kinds of channels at work, each as its protocol in `channels` says."""
        return {kind: make(self._means(kind)) for kind, make in PLATFORMS.items()}

    def _means(self, kind: str) -> Means:
        clients = threading.local()
        url = self.settings.channel_urls.get(kind, "")

        def http() -> "Http":
            from chalicelib.channels.http import Http
            from chalicelib.channels.reach import reach_of

            if not hasattr(clients, "http"):
                reach = reach_of(KINDS[kind], url=url, plain=self.settings.plain_sites)
                clients.http = Http(reach=reach, sleep=self.outside.sleep, now=self.now)
            client: Http = clients.http
            return client

        is_shopify = kind == "shopify"
        return Means(
            http=http,
            sleep=self.outside.sleep,
            now=self.now,
            url=url,
            client_id=self.settings.shopify_client_id if is_shopify else "",
            client_secret=Secret(self.settings.shopify_client_secret if is_shopify else ""),
            callback=f"{self.settings.base_url}/v1/callback/{kind}",
            plain_sites=self.settings.plain_sites,
        )

    @cached_property
    def tokens(self) -> FreshTokens:
        def renew(connection: Connection, refresh: Secret) -> Credentials:
            renewed: Credentials = self.platforms[connection.kind].refresh(connection.domain, refresh)
            return renewed

        return FreshTokens(connections=self.connections, refresh=renew, now=self.now, new_id=self.new_id)

    def open_channel(self, connection: Connection, *, renew: bool) -> Channel:
        """A paired shop with credentials that work; `renew` after those in use were refused."""
        credentials = self.tokens.fresh(connection, force=renew)
        channel: Channel = self.platforms[connection.kind].open(connection, credentials)
        return channel

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of channels that can be connected."""
        return tuple(KINDS.values())

    def counted_by(self, connection: Connection) -> Counted:
        """Which orders the connection's settings count."""
        settings = connection.settings
        mirrors = tuple(mirror.store for mirror in settings.mirrors)
        if settings.counting == "paid":
            paid = tuple(each.value for each in KINDS[connection.kind].statuses if each.paid)
            return Counted("paid", paid, mirrors)
        return Counted(settings.counting, settings.statuses if settings.counting == "custom" else (), mirrors)

    def revoke(self, connection: Connection) -> None:
        """Give our access to the shop back, after telling the sweep, which finishes a parting that dies. Raises ChannelError."""
        self.agenda.look_soon(connection.id)
        self.platforms[connection.kind].revoke(connection, self.tokens.fresh(connection))

    def check_shopify_hook(self, body: bytes, signature: str) -> None:
        """Raises NotSignedIn unless the body was signed with the app's secret, or the one before it."""
        from chalicelib.channels.shopify_hooks import is_genuine

        secrets = (self.settings.shopify_client_secret, self.settings.shopify_client_secret_old)
        if not is_genuine(body, signature, map(Secret, secrets)):
            raise errors.NotSignedIn("The signature does not fit.")

    def shopify_hint(self, topic: str, domain: str, name: str, at: datetime | None, body: bytes) -> Hint | None:
        """What a genuine webhook is about; None if it is nothing to us. Raises RequestError for a body that cannot be read."""
        from chalicelib.channels.shopify_hooks import TOPICS, orders_named

        about = TOPICS.get(topic)
        if about is None:
            return None
        try:
            orders = orders_named(about, body, domain)
        except errors.UnreadablePayload as exc:
            raise errors.RequestError(str(exc)) from exc
        if orders is None:
            return None
        return Hint(kind="shopify", domain=domain, about=about, name=name, at=at, orders=orders)
