"""S2, S6, S39: requests that no page of ours sends get a plain refusal, never an answer that says it is our fault."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.security.test_routes import BODIES, WITH_ID, World, in_words
from tests.security.test_routes import world as world  # a fixture

TEXTS = {
    "no UTF-8": b'{"name": "\xff"}',
    "half a character": b'{"name": "\xe2\x82"}',
    "no UTF-8 in a name": b'{"\xff": 1}',
    "half a pair": b'{"name": "\\ud800"}',
    "without end": b"[" * 30_000,
    "nothing": b"null",
}
# Of signs of one, two, three and four bytes; as part of a key some fit the table, others do not.
LONG = ["a" * 1_500, "a" * 257, "ä" * 300, "€" * 200, "€" * 86, "😀" * 65, "😀" * 150]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_s6_a_body_that_is_no_text_is_refused(world: World, text: bytes) -> None:
    before = world.stored()
    for method, path in sorted(BODIES):
        assert world.owner.ask(method, world.at(path), text).status_code == 400, (method, path)
    assert world.stored() == before


_bytes = st.binary(max_size=40) | st.binary(max_size=12).map(lambda odd: b'{"name": "' + odd + b'"}')


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_bytes)
def test_s6_no_bytes_are_too_odd_for_an_answer(world: World, odd: bytes) -> None:
    for method, path in BODIES:
        answer = world.owner.ask(method, world.at(path), odd)
        assert answer.status_code < 500, (path, answer.body)


@pytest.mark.parametrize(
    "tag", ['"9"', '"' + "9" * 19 + '"', '"' + "9" * 5_000 + '"', "W/" + "0" * 5_000, '"x"', '"²"']
)
@pytest.mark.parametrize("route", [("PATCH", "/v1/workspace"), ("PUT", "/v1/connections/{connection}/settings")])
def test_s39_a_version_that_was_never_given_is_out_of_date(world: World, route: tuple[str, str], tag: str) -> None:
    before = world.stored()
    method, path = route
    answer = world.owner.ask(method, world.at(path), BODIES[route], {"If-Match": tag})
    assert answer.status_code == 412
    assert world.stored() == before


@pytest.mark.parametrize("part", LONG, ids=lambda part: f"{len(part)} of {len(part[0].encode())} bytes")
def test_s2_an_id_of_any_length_reads_as_one_that_is_not_there(world: World, part: str) -> None:
    for method, path in WITH_ID:
        names = dict.fromkeys(world.ids, quote(part)) | {"version": "1"}
        long = in_words(world.ask(world.owner, method, path, names))
        assert long == in_words(world.ask(world.stranger, method, path, names)), (method, path)
        assert long[0] == 404, (method, path, long)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=300).filter(lambda part: "/" not in part))
def test_s2_no_id_is_too_odd_for_an_answer(world: World, part: str) -> None:
    for method, path in WITH_ID:
        answer = world.ask(world.owner, method, path, dict.fromkeys(world.ids, quote(part)))
        assert answer.status_code in (400, 404), (method, path, answer.body)
