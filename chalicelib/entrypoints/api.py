"""The JSON API under `/v1`: all its routes in one blueprint."""

from chalice.app import Response

from chalicelib.entrypoints import (
    api_account,
    api_codes,
    api_connections,
    api_dashboard,
    api_keys,
    api_mirrors,
    api_pairing,
    api_people,
    api_provider,
    api_ranges,
    api_reports,
    api_reset,
    api_sales,
    api_settings,
    api_syncs,
    api_usage,
    openapi,
    webhooks,
)
from chalicelib.entrypoints.http import api, public

__all__ = [
    "api",
    "api_account",
    "api_codes",
    "api_connections",
    "api_dashboard",
    "api_keys",
    "api_mirrors",
    "api_pairing",
    "api_people",
    "api_provider",
    "api_ranges",
    "api_reports",
    "api_reset",
    "api_sales",
    "api_settings",
    "api_syncs",
    "api_usage",
    "webhooks",
]


@api.route("/v1/openapi.json", methods=["GET"])
@public()
def openapi_document() -> Response:
    """This API as an OpenAPI 3.1 document."""
    return Response(openapi.text(api.current_app), {"Content-Type": "application/json"})
