"""Every setting: its environment variable, type and default, read once at start.

A variable that is missing and has no default, or cannot be read as its type, stops the start with its name.
"""

import os
from collections.abc import Mapping
from typing import Literal

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What can be set. Each field is the variable of the same name in capitals, those of Daybook after `DAYBOOK_`.

    `channel_urls` (JSON) is where the APIs of kinds of channels are, if not at home; `plain_sites` (JSON) are origins that may
    be shops without being public or encrypted. Both are for development. `secrets` (JSON) are parameters of Parameter Store that take
    the place of the settings of the same names. Without `mail_from` no mail is sent. People sign in through an identity provider
    once `oidc_issuer`, the client's id and its secret are all set.
    """

    table: str = "daybook"
    plan_queue_url: str
    sync_queue_url: str
    backfill_queue_url: str
    base_url: str
    key_file: str = ""
    key_file_old: str = ""
    kms_key_id: str = ""
    channel_urls: dict[str, str] = {}
    plain_sites: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    shopify_client_id: str = ""
    shopify_client_secret: str = ""
    shopify_client_secret_old: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_algorithm: Literal["RS256", "ES256"] = "RS256"
    oidc_label: str = "Continue with single sign-on"
    cursor_key: str = ""
    cursor_key_old: str = ""
    clock_shift_s: float = 0.0
    lease_s: int = 310
    budget_s: int = 240
    backoff_s: int = 30
    resend_s: int = 900
    agenda_partitions: int = 256
    plan_messages: int = 4
    allotment: int = 0
    individual_allowed: bool = True
    aws_region: str = "us-east-1"
    dynamodb_url: str | None = None
    sqs_url: str | None = None
    ses_url: str | None = None
    mail_from: str = ""

    @property
    def provider_label(self) -> str:
        """What the button to the identity provider says; empty without one."""
        return self.oidc_label if self.oidc_issuer and self.oidc_client_id and self.oidc_client_secret else ""


_JSON = {"DAYBOOK_CHANNEL_URLS", "DAYBOOK_PLAIN_SITES", "DAYBOOK_SECRETS"}
_AWS = {
    "aws_region": "AWS_DEFAULT_REGION",
    "dynamodb_url": "AWS_ENDPOINT_URL_DYNAMODB",
    "sqs_url": "AWS_ENDPOINT_URL_SQS",
    "ses_url": "AWS_ENDPOINT_URL_SESV2",
}


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises SystemExit with one line that names the variable."""
    found: dict[str, object] = {}
    for field in msgspec.structs.fields(Settings):
        name = _AWS.get(field.name, f"DAYBOOK_{field.name.upper()}")
        if name in environment:
            text = environment[name]
            found[field.name] = _json(name, text) if name in _JSON else text
        elif field.required:
            raise SystemExit(f"{name} is not set.")
    try:
        return msgspec.convert(found, Settings, strict=False)
    except msgspec.ValidationError as exc:
        raise SystemExit(f"A setting cannot be read: {exc}.") from exc


def _json(name: str, text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as exc:
        raise SystemExit(f"{name} is not JSON: {exc}.") from exc
