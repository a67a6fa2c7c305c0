"""The identity provider that the settings name."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.records import Outside
from chalicelib.domain.secret import Secret
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from chalicelib.channels.http import Http
    from chalicelib.channels.openid import OpenId
    from chalicelib.channels.reach import Reach


def provider_of(settings: Settings, outside: Outside) -> "OpenId | None":
    """The provider, None if none is set. Its endpoints are on the public internet, or origins of development."""
    if not settings.provider_label:
        return None
    from chalicelib.channels.openid import ANSWER_BYTES_MAX, TOTAL_S, OpenId
    from chalicelib.channels.reach import Reach, origin_of

    def http(reach: "Reach") -> "Http":
        from chalicelib.channels.http import Http

        return Http(
            reach=reach, sleep=outside.sleep, now=outside.now, total_s=TOTAL_S, bytes_max=ANSWER_BYTES_MAX, sit_outs=0
        )

    return OpenId(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=Secret(settings.oidc_client_secret),
        algorithm=settings.oidc_algorithm,
        callback=f"{settings.base_url}/v1/callback/provider",
        reach=Reach(public=True, origins=tuple(map(origin_of, settings.plain_sites))),
        http=http,
        now=outside.now,
    )
