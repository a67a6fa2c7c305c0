"""A request as routes see it, and its input decoded into wire shapes: of a sensible size, with the wrong field named."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar, cast, get_origin
from urllib.parse import unquote

import msgspec
from chalice.app import Request

from chalicelib import bootstrap, errors
from chalicelib.domain.ranges import is_usable

COOKIE = "__Host-daybook"
TOKEN = "X-Daybook"  # noqa: S105 - the name of a header
BODY_BYTES_MAX = 65_536
TEXT_CHARACTERS_MAX = 512
# An id may become part of a sort key, which holds 1,024 bytes, and a byte takes up to three there. Ours are far shorter.
ID_BYTES_MAX = 256
_STAGE = re.compile(r"/[\w-]+", re.ASCII)

T = TypeVar("T")


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


def decoded(value: str) -> str:
    """A value of the path, which API Gateway and Chalice hand over as it was sent. Raises NotFound."""
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as exc:
        raise errors.NotFound("There is nothing at this address.") from exc


def check_ids(path: Mapping[str, str]) -> None:
    """Raises NotFound for an id in the path that nothing of ours is called by."""
    if any(len(each.encode(errors="surrogatepass")) > ID_BYTES_MAX for each in path.values()):
        raise errors.NotFound("There is nothing here.")


def body_of(visit: Visit, shape: type[T]) -> T:
    """The JSON that was sent. Raises RequestError, naming the field that is wrong, and TooLarge."""
    if len(visit.body) > BODY_BYTES_MAX:
        raise errors.TooLarge("That is too much at once.")
    try:
        return _sane(msgspec.json.decode(visit.body, type=shape))
    except msgspec.ValidationError as exc:
        raise _wrong(exc, "The request cannot be used.") from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise errors.RequestError("The request is not JSON.") from exc


def query_of(visit: Visit, shape: type[T]) -> T:
    """The query of the address; of a name that stands there twice the last value counts, unless the field is a tuple.

    Raises RequestError, naming the field that is wrong.
    """
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
