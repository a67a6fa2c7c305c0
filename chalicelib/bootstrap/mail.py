"""Who sends mail, if anybody does."""

from typing import TYPE_CHECKING

from chalicelib.settings import Settings
from chalicelib.storage.table import aws

if TYPE_CHECKING:
    from chalicelib.domain.mails import Mailer


def mailer_of(settings: Settings) -> "Mailer | None":
    """None without a sender. SES is waited for no longer than an answer about a reset takes in any case."""
    if not settings.mail_from:
        return None
    from botocore.config import Config

    from chalicelib.mailer import Ses

    patience = Config(connect_timeout=1, read_timeout=1.5, retries={"total_max_attempts": 1})
    return Ses(
        lambda: aws().client("sesv2", endpoint_url=settings.ses_url, region_name=settings.aws_region, config=patience),
        settings.mail_from,
    )
