"""Every error Daybook raises by name. The class says what to do next, the message what happened.

DaybookError
├── ChannelError                 a selling channel did not give us its orders
│   ├── RetryableError           timeout, dropped connection, 5xx: the day is parked, the sweep brings it back
│   │   └── RateLimited          the same, and the channel said how long: `retry_after_s`
│   └── PermanentError           the same request will fail again
│       ├── AuthExpired          the merchant must pair again
│       └── UnreadablePayload    the answer does not fit the documented form; names the field
├── StorageError                 the table gave no usable answer
│   ├── Refused                  a conditional write did not find what it asked for
│   ├── Unanswered               a write was sent and nothing is known of it; read before going on
│   ├── TornRead                 a reader could not see one whole revision three times in a row
│   └── NotCarriedOver           the table left behind by a restore does not say what happened since; nothing was changed
├── MailFailed                   a mail is not known to be on its way; what it is about stands
├── PublishConflict              an immutable part holds other content; never overwritten
└── RequestError                 a visitor's input; becomes a 4xx with its field
    ├── NotSignedIn              401
    ├── Forbidden                403
    │   └── OtherSession         the token is that of another session
    ├── NotFound                 404: not there, or not yours; both read alike
    ├── Conflict                 409
    │   └── NeedsIndividual      only where a connection shows individual sales
    ├── OutOfDate                412: the settings were changed since they were read
    ├── PreconditionRequired     428: it was not said which settings were read
    ├── TooLarge                 413
    ├── KeyReused                422
    └── TooManyTries             429, with `retry_after_s`

Messages carry no secret and nothing a shopper typed.
"""


class DaybookError(Exception):
    """The root of what we raise on purpose."""


class ChannelError(DaybookError):
    """A selling channel did not give us its orders."""


class RetryableError(ChannelError):
    """The same request may succeed later."""


class RateLimited(RetryableError):
    """The channel asked us to wait `retry_after_s` seconds, at least."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class PermanentError(ChannelError):
    """The same request will fail again."""


class AuthExpired(PermanentError):
    """The channel no longer accepts our access; the merchant must pair again."""


class UnreadablePayload(PermanentError):
    """An answer does not fit its documented form; the message names the field."""


class StorageError(DaybookError):
    """The table gave no usable answer."""


class Refused(StorageError):
    """A conditional write did not find what it asked for. It may still be the echo of our own first try."""


class Unanswered(StorageError):
    """A request was sent and nothing is known of it."""


class TornRead(StorageError):
    """One whole revision could not be read three times in a row."""


class NotCarriedOver(StorageError):
    """The table left behind by a restore does not say, or not in words we know, what was erased and taken back since."""


class MailFailed(DaybookError):
    """A mail is not known to be on its way. The message names no address."""


class PublishConflict(DaybookError):
    """An immutable part holds other content."""


class RequestError(DaybookError):
    """A visitor's input cannot be used. `fields` names each wrong field with a text for its reader."""

    status = 400
    type = "about:blank"

    def __init__(self, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}


class NotSignedIn(RequestError):
    """Nobody is signed in, or the session is over."""

    status = 401


class Forbidden(RequestError):
    """Signed in, but this may not be done: wrong origin, missing token, too small a role."""

    status = 403


class OtherSession(Forbidden):
    """The token is not of this session: the page was opened in another one, which may have been the same person's."""

    type = "other-session"


class NotFound(RequestError):
    """It is not there, or not yours; both read alike."""

    status = 404


class Conflict(RequestError):
    """The state of things does not allow it now."""

    status = 409


class CodeNeeded(Conflict):
    """The password is right, and a one-time code has to come with it: a question, not a try that failed."""

    type = "code-needed"


class NeedsIndividual(Conflict):
    """What is asked for is only kept where a connection shows individual sales."""

    type = "needs-individual"


class OutOfDate(RequestError):
    """What is to be changed was changed since it was read."""

    status = 412


class PreconditionRequired(RequestError):
    """What is to be changed is guarded by the version that was read, and none was named."""

    status = 428


class TooLarge(RequestError):
    """The request is longer than any that makes sense."""

    status = 413


class KeyReused(RequestError):
    """An idempotency key came again with another request."""

    status = 422


class TooManyTries(RequestError):
    """Too many tries in a short time."""

    status = 429

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
