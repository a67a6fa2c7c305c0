"""Who bought: name and region by order id, kept in individual mode only and apart from the facts of a day.

A region is an ISO country, with the state behind it in the United States: "CA", "US-NY"; "" where the shop says none. Nothing
else about a person is ever read or kept. Facts, digests and documents know no persons, so they are the same in every mode.
"""

import zlib
from collections.abc import Iterator, Mapping

import msgspec

NAME_MAX = 100
# At the longest names this is under 300 KB, whatever the compression.
PERSONS_PER_PART = 600
# How long who bought on a day is told; what is older is not kept (S44).
KEPT_DAYS = 400


class Person(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The customer of one order. Both texts may be empty, not at once."""

    name: str
    region: str


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(dict[str, Person])


def person_of(name: str | None, country: str | None, state: str | None) -> Person | None:
    """The person behind what a shop says of a customer; None if it says nothing that we keep."""
    short = " ".join((name or "").split())[:NAME_MAX].rstrip()
    region = region_of(country, state)
    return Person(short, region) if short or region else None


def region_of(country: str | None, state: str | None) -> str:
    """The region by its codes, "" if there is none that we know the form of."""
    region = _code(country)
    return f"US-{_code(state)}" if region == "US" and _code(state) else region


def _code(text: str | None) -> str:
    """A code of two letters, "" for anything else."""
    code = (text or "").strip().upper()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


def pack_persons(persons: Mapping[str, Person]) -> Iterator[bytes]:
    """Yield the persons in pieces that can be read, and rid of a person, one by one; one piece at least, be it empty."""
    ids = sorted(persons)
    for first in range(0, max(len(ids), 1), PERSONS_PER_PART):
        yield pack_piece({id_: persons[id_] for id_ in ids[first : first + PERSONS_PER_PART]})


def pack_piece(persons: Mapping[str, Person]) -> bytes:
    return zlib.compress(_encoder.encode(persons), 6)


def unpack_persons(piece: bytes) -> dict[str, Person]:
    return _decoder.decode(zlib.decompress(piece))
