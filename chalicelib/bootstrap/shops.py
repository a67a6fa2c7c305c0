"""Selling channels: paired shops with credentials that work, and what shops tell us unasked."""

import threading
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib import errors
from chalicelib.channels import KINDS, Channel, Kind
from chalicelib.domain.connections import Connection
from chalicelib.domain.counting import Counted
from chalicelib.domain.secret import Secret
from chalicelib.workflows.hints import Hint
from chalicelib.workflows.pair import Tokens
from chalicelib.workflows.tokens import FreshTokens

if TYPE_CHECKING:
    from chalicelib.channels.shopify_app import ShopifyApp


from chalicelib.bootstrap.records import Records


class Shops(Records):
    """What talks to shops."""

    @cached_property
    def shopify(self) -> "ShopifyApp":
        from chalicelib.channels.http import Http
        from chalicelib.channels.shopify_app import ShopifyApp

        clients = threading.local()

        def http() -> Http:
            if not hasattr(clients, "http"):
                clients.http = Http(sleep=self.outside.sleep, now=self.now)
            client: Http = clients.http
            return client

        return ShopifyApp(
            http=http,
            base_url=self.settings.shopify_url,
            client_id=self.settings.shopify_client_id,
            secret=Secret(self.settings.shopify_client_secret),
            redirect_uri=f"{self.settings.base_url}/v1/callback/shopify",
            sleep=self.outside.sleep,
            now=self.now,
        )

    @cached_property
    def tokens(self) -> FreshTokens:
        def renew(connection: Connection, refresh: Secret) -> Tokens:
            return self.shopify.refresh(connection.domain, refresh)

        return FreshTokens(connections=self.connections, refresh=renew, now=self.now, new_id=self.new_id)

    def open_channel(self, connection: Connection, *, renew: bool) -> Channel:
        """A paired shop with credentials that work; `renew` after those in use were refused."""
        credentials = self.tokens.fresh(connection, force=renew)
        store = connection.stores[0].id if len(connection.stores) > 1 else ""
        return self.shopify.open(
            connection.domain,
            credentials.access,
            zone=connection.calendar,
            store=store,
            persons=connection.keeps_persons,
        )

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of channels that can be connected."""
        return tuple(KINDS.values())

    def counted_by(self, connection: Connection) -> Counted:
        """Which orders the connection's settings count."""
        settings = connection.settings
        if settings.counting == "paid":
            return Counted("paid", tuple(each.value for each in KINDS[connection.kind].statuses if each.paid))
        return Counted(settings.counting, settings.statuses if settings.counting == "custom" else ())

    def revoke(self, connection: Connection) -> None:
        """Give our access to the shop back, after telling the sweep, which finishes a parting that dies. Raises ChannelError."""
        self.agenda.look_soon(connection.id)
        credentials = self.tokens.fresh(connection)
        self.shopify.revoke(connection.domain, credentials.access)

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
