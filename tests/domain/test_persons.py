"""Persons: name and region, nothing else; packed in pieces that can be rid of a person one by one."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.persons import NAME_MAX, PERSONS_PER_PART, Person, pack_persons, person_of, unpack_persons
from chalicelib.storage.flip import PART_BYTES_MAX


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (("Harbor Cafe", "US", "NY"), Person("Harbor Cafe", "US-NY")),
        (("Harbor Cafe", "CA", "ON"), Person("Harbor Cafe", "CA")),
        (("Harbor Cafe", "us", "ny"), Person("Harbor Cafe", "US-NY")),
        (("Harbor Cafe", "US", None), Person("Harbor Cafe", "US")),
        (("Harbor Cafe", None, "NY"), Person("Harbor Cafe", "")),
        (("  Harbor \n Cafe ", None, None), Person("Harbor Cafe", "")),
        ((None, "GB", "ENG"), Person("", "GB")),
        (("", "12 Quay Street", "New York"), None),
        ((None, None, None), None),
    ],
)
def test_a_person_is_a_name_and_a_region(said, kept):
    assert person_of(*said) == kept


def test_a_name_without_end_is_cut():
    kept = person_of("x" * 5_000, None, None)
    assert kept is not None
    assert len(kept.name) == NAME_MAX


_persons = st.dictionaries(
    st.text(min_size=1, max_size=12),
    st.builds(Person, st.text(max_size=NAME_MAX), st.sampled_from(["", "US-NY", "CA"])),
    max_size=8,
)


@given(_persons)
def test_persons_come_back_as_they_went_in(persons):
    assert {id_: who for piece in pack_persons(persons) for id_, who in unpack_persons(piece).items()} == persons


@given(_persons, st.randoms(use_true_random=False))
def test_the_same_persons_are_the_same_bytes_in_any_sequence(persons, random):
    ids = random.sample(sorted(persons), len(persons))
    assert list(pack_persons({id_: persons[id_] for id_ in ids})) == list(pack_persons(persons))


def test_no_persons_are_a_piece_too():
    assert [unpack_persons(piece) for piece in pack_persons({})] == [{}]


def test_the_longest_names_fit_a_part():
    random = Random(1)
    many = {
        f"{n:020}": Person("".join(chr(random.randrange(0x20000, 0x2A000)) for _ in range(NAME_MAX)), "US-NY")
        for n in range(2 * PERSONS_PER_PART + 1)
    }
    pieces = list(pack_persons(many))
    assert len(pieces) == 3
    assert max(map(len, pieces)) < PART_BYTES_MAX
