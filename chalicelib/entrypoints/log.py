"""The one logger: JSON lines with a list of permitted fields, each at most 500 characters. Nothing a shopper typed."""

from aws_lambda_powertools import Logger

FIELDS = frozenset(
    [
        "workspace",
        "connection",
        "day",
        "days",
        "attempt",
        "outcome",
        "orders",
        "pages",
        "fetches",
        "reason",
        "duration_ms",
        "queue",
        "partitions",
        "left",
        "messages",
        "status",
        "method",
        "route",
        "request",
        "late_s",
        "stuck",
    ]
)
TEXT_MAX = 500

_logger = Logger(service="daybook", use_rfc3339=True)


def log(message: str, *, level: str = "info", **fields: object) -> None:
    """Write one line. A field that is not on the list is a bug."""
    assert fields.keys() <= FIELDS, f"not to be logged: {sorted(fields.keys() - FIELDS)}"
    getattr(_logger, level)(message, extra={name: _short(value) for name, value in fields.items()})


def _short(value: object) -> object:
    return value if isinstance(value, int | float) else str(value)[:TEXT_MAX]
