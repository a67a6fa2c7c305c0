"""What every route has in common: who may call it, how its input is read, and how its answer and its errors are written.

A route is a function that names what it takes: `who` is the person signed in, `visit` the request itself, `body` and `query`
are decoded into the wire shapes of their annotations, and the rest comes from the path. What it returns is encoded as JSON.

    @api.route("/v1/sales/{sale}", methods=["GET"])
    @may(Role.VIEWER)
    def sale(who: SignedIn, sale: str) -> wire.SaleDetailOut: ...

`may`, `public` and `hook` also keep the declaration of the route, from which `/v1/openapi.json` is made. A route without one of them
stops the start. Errors become problems (RFC 9457) with a request id; none carries a stack, a path or what was sent.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from functools import wraps
from http import HTTPStatus
from inspect import signature
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

import msgspec
from chalice import Blueprint, Chalice
from chalice.app import Response

from chalicelib import bootstrap, errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.entrypoints import wire
from chalicelib.entrypoints.log import log
from chalicelib.entrypoints.visit import TOKEN, Visit, body_of, check_ids, decoded, query_of
from chalicelib.workflows.sign_in import is_token, require_recent

HOOK_BYTES_MAX = 4_000_000
ADDRESS_CHARACTERS_MAX = 2_048
VERSION_DIGITS_MAX = 18

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
        check_ids(path)
    if declaration.query is not None:
        given["query"] = query_of(visit, declaration.query)
    if declaration.body is not None:
        lacks = declaration.body_may_lack and not visit.body
        given["body"] = None if lacks else body_of(visit, declaration.body)
    # What is open to all knows no value that is sent otherwise, and the page has to come at any address.
    given |= path if declaration.role is None else {name: decoded(value) for name, value in path.items()}
    return {name: given[name] for name in declaration.takes}


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
