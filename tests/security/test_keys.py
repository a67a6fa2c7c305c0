"""S8: nothing that a key is made of can leave its place in it."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.storage.models import key

PARTS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4)


@given(PARTS, PARTS)
def test_s8_different_parts_make_different_keys(one: list[str], other: list[str]) -> None:
    assert (key(*one) == key(*other)) == (one == other)


@given(PARTS)
def test_s8_no_part_contains_the_separator(parts: list[str]) -> None:
    assert key(*parts).count("#") == len(parts) - 1


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_s8_no_part_reaches_into_the_prefix_of_another(one: str, other: str) -> None:
    prefix = key("DAYS", one) + "#"
    assert key("DAYS", other, "x").startswith(prefix) == (one == other)
