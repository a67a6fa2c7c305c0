"""What every route has in common: who may call it, how its input is read, and how its answer and its errors are written.

A route is a function that names what it takes: `who` is the person signed in, `visit` the request itself, `body` and `query`
are decoded into the wire shapes of their annotations, and the rest comes from the path. What it returns is encoded as JSON.

    @api.route("/v1/sales/{sale}", methods=["GET"])
    @may(Role.VIEWER)
    def sale(who: SignedIn, sale: str) -> wire.SaleDetailOut: ...

`may`, `public` and `hook` also keep the declaration of the route, from which `/v1/openapi.json` is made. A route without one of them
stops the start. Errors become problems (RFC 9457) with a request id; none carries a stack, a path or what was sent.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from enum import IntEnum
from functools import wraps
from http import HTTPStatus
from inspect import signature
from types import NoneType
from typing import Any, Generic, TypeVar, cast, get_args, get_origin
from urllib.parse import unquote, urlsplit

import msgspec
from chalice import Blueprint, Chalice
from chalice.app import Request, Response

from chalicelib import bootstrap, errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.ranges import is_usable
from chalicelib.entrypoints import wire
from chalicelib.entrypoints.log import log
from chalicelib.workflows.sign_in import is_token, require_recent

COOKIE = "__Host-daybook"
TOKEN = "X-Daybook"  # noqa: S105 - the name of a header
BODY_BYTES_MAX = 65_536
HOOK_BYTES_MAX = 4_000_000
ADDRESS_CHARACTERS_MAX = 2_048
TEXT_CHARACTERS_MAX = 512
# An id may become part of a sort key, which holds 1,024 bytes, and a byte takes up to three there. Ours are far shorter.
ID_BYTES_MAX = 256
VERSION_DIGITS_MAX = 18
_STAGE = re.compile(r"/[\w-]+", re.ASCII)

T = TypeVar("T")
View = Callable[..., Any]


class Role(IntEnum):
    """What somebody may do in their workspace; each may what those below may."""

    VIEWER = 1
    MEMBER = 2
    OWNER = 3


class Answer(msgspec.Struct, Generic[T]):
    """An answer with headers of its own, or with another status than the route's."""

    content: T
    headers: dict[str, str] = {}
    status: int | None = None


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """What a route says of itself. `role` None is public; a `hook` is for programs of others, which prove themselves.

    A body annotated as a shape or None may be left out. `keys` is whether API keys of that role may call it as well as people.
    """

    role: Role | None
    status: int
    body: Any
    query: Any
    answer: Any
    takes: tuple[str, ...]
    hook: bool = False
    body_may_lack: bool = False
    keys: bool = False

    @property
    def csv(self) -> bool:
        """Whether it answers as CSV to who asks for that."""
        return Response in get_args(self.answer)


class Visit:
    """One request, as far as routes have to do with it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.id = request.context.get("requestId") or bootstrap.system().new_id()

    @property
    def route(self) -> str:
        return f"{self._request.method} {self._request.path}"

    @property
    def cookie(self) -> str | None:
        """What our cookie holds."""
        return self.cookie_called(COOKIE)

    def cookie_called(self, wanted: str) -> str | None:
        for pair in self._request.headers.get("cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == wanted:
                return str(value)
        return None

    @property
    def key(self) -> str | None:
        """The API key that the request came with."""
        scheme, _, text = (self.header("authorization") or "").strip().partition(" ")
        return text.strip() if scheme.lower() == "bearer" else None

    @property
    def address(self) -> str:
        """The network address that the gateway saw; never one that a header claims."""
        return str(self._request.context["identity"]["sourceIp"])

    @property
    def base(self) -> str:
        """What comes before the route's path: the stage of an execute-api address, else nothing, whatever was asked for.

        Both paths are as they were sent: values of the path are decoded only for routes.
        """
        path = self._request.path
        for name, value in (self._request.uri_params or {}).items():
            path = path.replace(f"{{{name}}}", value)
        asked: str = self._request.context.get("path", path)
        before = asked.rstrip("/").removesuffix(path.rstrip("/"))
        return before if _STAGE.fullmatch(before) else ""

    @property
    def wants_csv(self) -> bool:
        kinds = [part.partition(";")[0].strip().lower() for part in (self.header("accept") or "").split(",")]
        return "text/csv" in kinds

    @property
    def writes(self) -> bool:
        return self._request.method not in ("GET", "HEAD")

    @property
    def body(self) -> bytes:
        raw = self._request.raw_body or b""
        return raw if isinstance(raw, bytes) else raw.encode()

    def header(self, name: str) -> str | None:
        found = self._request.headers.get(name)
        return None if found is None else str(found)

    @property
    def query(self) -> list[tuple[str, list[str]]]:
        """Each name in the query with all its values."""
        params = self._request.query_params
        return [] if params is None else [(name, params.getlist(name)) for name in params]


api = Blueprint(__name__)


def may(role: Role, *, status: int = 200, keys: bool = True) -> Callable[[View], View]:
    """Declare a route for whoever is signed in with at least this role; without `keys`, for people only.

    No key is an owner, so what owners do is for people in any case.
    """
    return lambda view: _declared(view, role, status, keys=keys and role < Role.OWNER)


def public(*, status: int = 200) -> Callable[[View], View]:
    """Declare a route for everybody."""
    return lambda view: _declared(view, None, status)


def hook(*, status: int = 200) -> Callable[[View], View]:
    """Declare a route that channels post to: from no page of ours, with a body that only the route itself can judge."""
    return lambda view: _declared(view, None, status, hook=True)


def declaration_of(view: View) -> Declaration | None:
    return getattr(view, "declaration", None)


def refuse_undeclared(app: Chalice) -> None:
    """Stop the start if a route does not say who may call it."""
    for path, methods in app.routes.items():
        for method, route in methods.items():
            if declaration_of(route.view_function) is None:
                raise RuntimeError(f"{method} {path} does not say who may call it")


def _declared(view: View, role: Role | None, status: int, *, hook: bool = False, keys: bool = False) -> View:
    parameters = {name: each.annotation for name, each in signature(view).parameters.items()}
    answer = signature(view).return_annotation
    body = parameters.get("body")
    shapes = [shape for shape in get_args(body) if shape is not NoneType]
    declaration = Declaration(
        role=role,
        status=status,
        body=shapes[0] if shapes else body,
        query=parameters.get("query"),
        answer=get_args(answer)[0] if get_origin(answer) is Answer else answer,
        takes=tuple(parameters),
        hook=hook,
        body_may_lack=bool(shapes),
        keys=keys,
    )

    @wraps(view)
    def answer_it(**path: str) -> Response:
        visit = Visit(api.current_request)
        try:
            given = _input(declaration, visit, path)
            with _exporting(declaration, visit, given):
                return _encoded(view(**given), status)
        except errors.RequestError as exc:
            return problem(visit, exc.status, str(exc), exc)
        except errors.ChannelError as exc:
            return problem(visit, 503 if isinstance(exc, errors.RetryableError) else 502, str(exc))
        except errors.StorageError as exc:
            # What is said is ours, and names neither what was sent nor who sent it.
            log("not read or written", level="error", route=visit.route, request=visit.id, reason=str(exc))
            return problem(visit, 503, "This cannot be read or written right now. Try again in a moment.")

    answer_it.declaration = declaration  # type: ignore[attr-defined]
    return answer_it


def _input(declaration: Declaration, visit: Visit, path: Mapping[str, str]) -> dict[str, Any]:
    """What the view takes. Raises RequestError."""
    given: dict[str, Any] = {"visit": visit}
    if len(str(path)) + sum(len(name) + len(str(values)) for name, values in visit.query) > ADDRESS_CHARACTERS_MAX:
        raise errors.RequestError("The address is too long.")
    if declaration.hook:
        if len(visit.body) > HOOK_BYTES_MAX:
            raise errors.TooLarge("That is too much at once.")
    elif declaration.role is None:
        if visit.writes:
            _check_origin(visit)
    else:
        given["who"] = _signed_in(declaration.role, visit, keys=declaration.keys)
        _check_ids(path)
    if declaration.query is not None:
        given["query"] = _query(visit, declaration.query)
    if declaration.body is not None:
        lacks = declaration.body_may_lack and not visit.body
        given["body"] = None if lacks else _body(visit, declaration.body)
    # What is open to all knows no value that is sent otherwise, and the page has to come at any address.
    given |= path if declaration.role is None else {name: _decoded(value) for name, value in path.items()}
    return {name: given[name] for name in declaration.takes}


def _decoded(value: str) -> str:
    """A value of the path, which API Gateway and Chalice hand over as it was sent. Raises NotFound."""
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as exc:
        raise errors.NotFound("There is nothing at this address.") from exc


@contextmanager
def _exporting(declaration: Declaration, visit: Visit, given: Mapping[str, Any]) -> Iterator[None]:
    """Count a download before it is read. Raises TooManyTries.

    The parts that follow the first are of the same download: their cursors open nothing else.
    """
    query = given.get("query")
    goes_on = isinstance(query, wire.PageQuery) and query.cursor
    if goes_on or not (declaration.csv and visit.wants_csv):
        yield
        return
    with bootstrap.system().limits.taken("export", given["who"].workspace):
        yield


def _signed_in(role: Role, visit: Visit, *, keys: bool) -> SignedIn:
    """Who asks, if they may. Raises NotSignedIn, Forbidden.

    A request with an API key is a program's, whatever cookie came along: browsers send no such header for foreign pages, so
    there is no origin to check.
    """
    who: SignedIn
    if visit.key is not None:
        who = bootstrap.system().api_keys.read(visit.key)
        if not keys:
            raise errors.Forbidden("API keys cannot do this. A person has to sign in for it.")
    else:
        who = bootstrap.system().sign_in.read(visit.cookie)
    if visit.writes and visit.key is None:
        _check_origin(visit)
        if not is_token(who, visit.header(TOKEN) or ""):
            raise errors.OtherSession("This did not come from a page of ours. Reload the page and try again.")
    if Role[who.role.upper()] < role:
        raise errors.Forbidden("Your role does not allow this. Ask the owner of the workspace.")
    bootstrap.system().pace.take(who.workspace)
    return who


def signed_in_lately_as_owner(who: SignedIn) -> None:
    """Who takes persons out of Daybook is the owner, and has just signed in. Raises Forbidden."""
    if Role[who.role.upper()] < Role.OWNER:
        raise errors.Forbidden("Your role does not allow this. Ask the owner of the workspace.")
    require_recent(who, bootstrap.system().now())


def _check_origin(visit: Visit) -> None:
    """A write comes from our own pages. Raises Forbidden.

    Browsers name the origin of every write. A program may leave it out, for the header with the token cannot be sent by a
    foreign page without our consent.
    """
    ours = urlsplit(bootstrap.system().settings.base_url)
    origin, site = visit.header("origin"), visit.header("sec-fetch-site")
    own = origin in (None, f"{ours.scheme}://{ours.netloc}") and site in (None, "same-origin", "none")
    if not own or not visit.header(TOKEN):
        raise errors.Forbidden("This did not come from a page of ours.")


# -- input


def _check_ids(path: Mapping[str, str]) -> None:
    """Raises NotFound for an id in the path that nothing of ours is called by."""
    if any(len(each.encode(errors="surrogatepass")) > ID_BYTES_MAX for each in path.values()):
        raise errors.NotFound("There is nothing here.")


def _body(visit: Visit, shape: type[T]) -> T:
    if len(visit.body) > BODY_BYTES_MAX:
        raise errors.TooLarge("That is too much at once.")
    try:
        return _sane(msgspec.json.decode(visit.body, type=shape))
    except msgspec.ValidationError as exc:
        raise _wrong(exc, "The request cannot be used.") from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise errors.RequestError("The request is not JSON.") from exc


def _query(visit: Visit, shape: type[T]) -> T:
    many = {
        field.encode_name for field in msgspec.structs.fields(cast("Any", shape)) if get_origin(field.type) is tuple
    }
    found = {
        name: values if name in many else values[-1]
        for name, given in visit.query
        if (values := [value for value in given if value])
    }
    try:
        return _sane(msgspec.convert(found, shape, strict=False))
    except msgspec.ValidationError as exc:
        raise _wrong(exc, "The address cannot be used.") from exc


_FIELD = re.compile(r"`\$\.([\w-]+)|(?:unknown|required) field `([\w-]+)`")


def _wrong(exc: msgspec.ValidationError, message: str) -> errors.RequestError:
    """The error with the field that msgspec names in its own."""
    found = _FIELD.search(str(exc))
    name = (found[1] or found[2]) if found else ""
    said = str(exc).partition(" - at ")[0].replace("Object ", "It ").replace("`", "")
    return errors.RequestError(message, {name: said + "."} if name else None)


def _sane(value: T) -> T:
    """The value, if its texts are of a sensible length and its days of this age. Raises RequestError."""
    for name in value.__struct_fields__:  # type: ignore[attr-defined]
        for each in _leaves(getattr(value, name)):
            if isinstance(each, str) and (len(each) > TEXT_CHARACTERS_MAX or any(ord(sign) < 32 for sign in each)):
                raise errors.RequestError(
                    "The request cannot be used.", {name.rstrip("_"): "This text cannot be used."}
                )
            if isinstance(each, date) and not is_usable(each):
                raise errors.RequestError("The request cannot be used.", {name.rstrip("_"): "This day cannot be used."})
    return value


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return list(value) if isinstance(value, tuple) else [value]


# -- answers


def _encoded(answer: object, status: int) -> Response:
    headers: dict[str, str] = {}
    if isinstance(answer, Response):
        return answer
    if isinstance(answer, Answer):
        headers, status, answer = answer.headers, answer.status or status, answer.content
    if answer is None:
        return Response("", dict(headers), status)
    return Response(msgspec.json.encode(answer).decode(), {"Content-Type": "application/json", **headers}, status)


def problem(visit: Visit, status: int, detail: str, exc: errors.RequestError | None = None) -> Response:
    """An RFC 9457 problem."""
    told = wire.Problem(
        type=exc.type if exc else "about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=visit.id,
        fields=exc.fields if exc else {},
    )
    headers: dict[str, str | list[str]] = {"Content-Type": "application/problem+json"}
    if isinstance(exc, errors.TooManyTries):
        headers["Retry-After"] = str(exc.retry_after_s)
    return Response(msgspec.json.encode(told).decode(), headers, status)


def etag(version: int) -> str:
    """The `ETag` of settings."""
    return f'"{version}"'


def if_match(visit: Visit) -> int | None:
    """The version of settings that `If-Match` asks for; None without it. Raises OutOfDate for one that was never given."""
    asked = visit.header("If-Match")
    if asked is None or asked == "*":
        return None
    digits = asked.strip().removeprefix("W/").strip('"')
    if not digits.isascii() or not digits.isdecimal() or len(digits) > VERSION_DIGITS_MAX:
        raise errors.OutOfDate("These settings were never like that.")
    return int(digits)


def page(bound: tuple[str, ...], cursor: str) -> str | None:
    """The place in a list that a cursor names, None for its beginning. Raises RequestError."""
    cursors = bootstrap.system().cursors
    return cursors.open(cursor, *bound) if cursor else None


def next_page(bound: tuple[str, ...], place: str | None) -> str | None:
    return None if place is None else bootstrap.system().cursors.seal(place, *bound)


def bound_to(who: SignedIn, visit: Visit, query: wire.PageQuery, *names: str) -> tuple[str, ...]:
    """What a cursor of this list is bound to: the workspace, the route with the names in its path, the filter, and whether it
    is a download, so that no page of a list leads into a download that was not counted."""
    asked = msgspec.structs.replace(query, cursor="", limit=1)
    form = "csv" if visit.wants_csv else "json"
    return who.workspace, visit.route, *names, form, msgspec.json.encode(asked).decode()
