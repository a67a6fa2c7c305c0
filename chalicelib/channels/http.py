"""The one outbound client: what may be sent where, for how long, how much may come back, and what each failure means.

Limits: 5 s to connect, 20 s for each read, 60 s in all; 20 MB after decompression; 64 KB of headers. Where a client may go is its
`Reach`. No redirect is followed but in `discover`, no cookie is kept, proxy settings of the environment are ignored.

    401, 403                              AuthExpired
    429, 430, or 503 with Retry-After     RateLimited; waits of up to 10 s are sat out here, twice at most
    408, 423, 425, 5xx                    RetryableError, and so are timeouts, dropped connections and names not found
    3xx, other 4xx                        PermanentError
    not JSON, not the form expected       UnreadablePayload, with the field

Messages are sentences for merchants. They never hold a URL, a token or what the other side wrote.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any
from urllib.parse import urljoin

import msgspec
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from chalicelib import errors
from chalicelib.channels.answers import SIT_OUT_S, retry_after_s
from chalicelib.channels.reach import UNREACHED, OutOfReach, Reach, no_site

CONNECT_S, READ_S, TOTAL_S = 5.0, 20.0, 60.0
BODY_BYTES_MAX = 20_000_000
HEADER_BYTES_MAX = 65_536
CHUNK_BYTES = 65_536
REFUSAL_BYTES_MAX = 65_536

SIT_OUTS_MAX = 2
REDIRECTS = (301, 302, 303, 307, 308)
REDIRECTS_MAX = 3


class Answer(msgspec.Struct, frozen=True):
    """A good answer: its body, undecoded, and its headers, whose names are found in any case."""

    body: bytes
    headers: Mapping[str, str]


class Refusal(msgspec.Struct, frozen=True):
    """An answer whose status is not 200, with the beginning of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


# What a kind makes of a refusal; None leaves it to the table above.
Explain = Callable[[Refusal], errors.ChannelError | None]


class _Unanswered(errors.RetryableError):
    """No answer came, or not a whole one."""


class _Moved(errors.ChannelError):
    """What was asked for is at `location`."""

    def __init__(self, location: str) -> None:
        super().__init__("The shop's site has moved.")
        self.location = location


class Http:
    """Sends requests where `reach` allows and returns the bodies of good answers. `sleep` and `now` are handed in.

    Who asks while a person waits takes less time and smaller answers, and sits nothing out.

    Not for two threads at once.
    """

    def __init__(
        self,
        *,
        reach: Reach,
        sleep: Callable[[float], None],
        now: Callable[[], datetime],
        total_s: float = TOTAL_S,
        bytes_max: int | None = None,
        sit_outs: int = SIT_OUTS_MAX,
    ) -> None:
        self._reach = reach
        self._sleep = sleep
        self._now = now
        self._total_s = total_s
        self._bytes_max = bytes_max
        self._sit_outs = sit_outs
        self._session = _Session()
        self._session.trust_env = False
        self._session.verify = reach.authorities or True
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers["User-Agent"] = "Daybook"
        self._session.headers["Accept"] = "application/json"
        self._session.mount("http://", _GuardedAdapter())
        self._session.mount("https://", _GuardedAdapter())

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """Send `body` and return the answer's, undecoded. Raises ChannelError."""
        return self._patiently("POST", url, body, headers, None).body

    def get(self, url: str, headers: Mapping[str, str], *, explain: Explain | None = None) -> Answer:
        """Ask for `url`. Raises ChannelError."""
        return self._patiently("GET", url, None, headers, explain)

    def discover(self, url: str) -> tuple[str, Answer]:
        """Ask for a page of a site that a merchant named, without credentials; three redirects are followed, each checked anew.

        Returns where the answer came from, too. Raises RequestError, always in the same words, where we may not go or nothing
        answers, and ChannelError for what answers with another status.
        """
        deadline = monotonic() + self._total_s
        for _ in range(REDIRECTS_MAX + 1):
            try:
                return url, self._send(
                    "GET", url, None, {"Accept": "*/*"}, _explain_discovery, max(deadline - monotonic(), 0.001)
                )
            except _Moved as exc:
                url = _joined(url, exc.location)
            except (OutOfReach, _Unanswered):
                break
        raise no_site()

    def _patiently(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], explain: Explain | None
    ) -> Answer:
        """Send; sit out the short waits that the other side asks for."""
        for sat_out in range(self._sit_outs + 1):
            try:
                return self._send(method, url, body, headers, explain, self._total_s)
            except errors.RateLimited as exc:
                if sat_out == self._sit_outs or exc.retry_after_s > SIT_OUT_S:
                    raise
                self._sleep(exc.retry_after_s)
        raise AssertionError("the last round returns or raises")

    def _send(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        explain: Explain | None,
        total_s: float,
    ) -> Answer:
        self._reach.check(url)
        deadline = monotonic() + total_s
        _current.call = call = _Call(self._reach)
        watchdog = threading.Timer(total_s, call.hang_up)
        watchdog.daemon = True
        watchdog.start()
        try:
            with self._session.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=(CONNECT_S, READ_S),
                allow_redirects=False,
                stream=True,
            ) as answer:
                self._check(answer, explain)
                read = Answer(_read(answer, self._bytes_max or BODY_BYTES_MAX), answer.headers)
            if monotonic() >= deadline:
                raise TimeoutError  # a connection cut among the headers reads like an empty body
            return read
        except (requests.RequestException, HTTPError, OSError) as exc:
            raise _Unanswered(_why(exc, timed_out=monotonic() >= deadline)) from None
        finally:
            watchdog.cancel()

    def _check(self, answer: requests.Response, explain: Explain | None) -> None:
        """Turn a status that is not 200 into its error."""
        # The standard library reads at most 100 lines of 64 KB before we see them.
        if sum(len(name) + len(value) for name, value in answer.headers.items()) > HEADER_BYTES_MAX:
            raise errors.UnreadablePayload("The shop's answer has headers without measure.")
        status = answer.status_code
        if status == 200:
            return
        if explain is not None:
            body = answer.raw.read(REFUSAL_BYTES_MAX, decode_content=True)
            if (explained := explain(Refusal(status, answer.headers, body))) is not None:
                raise explained
        said = f"The shop answered with status {status}"
        if status in (429, 430) or (status == 503 and "Retry-After" in answer.headers):
            wait_s = retry_after_s(answer.headers.get("Retry-After", ""), self._now())
            raise errors.RateLimited(f"{said}: too many requests.", wait_s)
        if status in (401, 403):
            raise errors.AuthExpired("The shop no longer accepts our access.")
        if status in (408, 423, 425) or status >= 500:
            raise errors.RetryableError(f"{said}.")
        raise errors.PermanentError(f"{said}.")


def _read(answer: requests.Response, bytes_max: int) -> bytes:
    """Read the body in pieces, so that an answer without end or one that swells is dropped at the bound."""
    pieces, total = [], 0
    while piece := answer.raw.read(CHUNK_BYTES, decode_content=True):
        total += len(piece)
        if total > bytes_max:
            raise errors.UnreadablePayload(f"The shop's answer is larger than {bytes_max / 1_000_000:.3g} MB.")
        pieces.append(piece)
    return b"".join(pieces)


def _why(exc: Exception, *, timed_out: bool) -> str:
    if timed_out or isinstance(exc, (requests.Timeout, TimeoutError)):
        return "The shop did not answer in time."
    if isinstance(exc, requests.exceptions.SSLError):
        return "No secure connection to the shop could be made."
    if isinstance(exc, requests.ConnectionError):
        return UNREACHED
    return "The shop's answer broke off."


def _explain_discovery(refusal: Refusal) -> errors.ChannelError | None:
    """Nobody has given us access yet, so that none can have ended."""
    if refusal.status in REDIRECTS and "Location" in refusal.headers:
        return _Moved(refusal.headers["Location"])
    if refusal.status in (401, 403):
        return errors.PermanentError(f"The shop answered with status {refusal.status}.")
    return None


def _joined(url: str, location: str) -> str:
    """Where a redirect leads; what cannot be read leads nowhere."""
    try:
        return urljoin(url, location).partition("#")[0]
    except ValueError:
        return ""


# --- Where a request goes, and the bound on all of it. Timeouts of sockets only bound each read, and one byte every 19 s is a read.


class _Call:
    """The request under way: where it may go, and its socket once it has one.

    The socket is kept here as well, since a connection lets go of it when an answer says that it is the last.
    """

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._sock: socket.socket | None = None
        self._is_over = False

    def hold(self, sock: socket.socket) -> None:
        """Raises TimeoutError if the time was over before there was a connection."""
        self._sock = sock
        if self._is_over:
            raise TimeoutError

    def hang_up(self) -> None:
        """End the request from the watchdog's thread: the reader sees a closed connection."""
        self._is_over = True
        sock = self._sock
        if sock is not None:
            try:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return  # closed already, or TLS is about to take it over: that is bound by the time to connect


_current = threading.local()


class _Guarded(HTTPConnection):
    """A connection that is made by the reach of the request under way, and that the watchdog can end."""

    scheme = "http"

    def _new_conn(self) -> socket.socket:
        call: _Call = _current.call
        try:
            sock = call.reach.connect(self.scheme, self.host, self.port, CONNECT_S)
            try:
                call.hold(sock)
            except BaseException:
                sock.close()
                raise
        except TimeoutError as exc:
            raise ConnectTimeoutError(self, "no connection in time") from exc
        except OSError as exc:
            raise NewConnectionError(self, "no connection") from exc
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _current.call.hold(self.sock)
        super().request(*args, **kwargs)


class _GuardedTls(_Guarded, HTTPSConnection):
    scheme = "https"


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Nowhere: even a session that is to follow no redirect reads its whole body, to be ready for the next request."""
        return None


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


class _GuardedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
