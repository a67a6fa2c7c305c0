"""What channels post to us. Everybody may ask here, so nothing is read before its signature fits (S41).

Whatever is genuine gets 200: for a shop that is not ours, for a topic that we did not ask for, for what was sent twice. So
nobody learns here who is a merchant of ours. The subscriptions are declared in `infra/shopify/shopify.app.toml`.
"""

import hashlib
from datetime import datetime

from chalicelib import bootstrap
from chalicelib.entrypoints.http import api, hook
from chalicelib.entrypoints.log import log
from chalicelib.entrypoints.visit import Visit

DOMAIN_CHARACTERS_MAX = 255


@api.route("/v1/webhooks/shopify", methods=["POST"])
@hook()
def shopify_webhook(visit: Visit) -> None:
    """A hint of Shopify's."""
    system = bootstrap.system()
    body = visit.body
    system.check_shopify_hook(body, visit.header("X-Shopify-Hmac-SHA256") or "")
    topic = (visit.header("X-Shopify-Topic") or "").lower()
    domain = (visit.header("X-Shopify-Shop-Domain") or "").lower()
    if len(domain) > DOMAIN_CHARACTERS_MAX:
        return
    name = (
        visit.header("X-Shopify-Webhook-Id") or visit.header("X-Shopify-Event-Id") or hashlib.sha256(body).hexdigest()
    )
    hint = system.shopify_hint(topic, domain, name, _instant(visit.header("X-Shopify-Triggered-At")), body)
    if hint is None:
        return
    taken = system.hints.take(hint)
    if taken == "taken" and hint.about != "changes":
        log("webhook", outcome=hint.about, request=visit.id)


def _instant(text: str | None) -> datetime | None:
    """The instant that a header names, None if it names none."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo else None
