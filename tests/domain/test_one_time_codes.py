"""One-time codes against the published vectors, and what a code is good for."""

from base64 import b32decode
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.one_time_codes import (
    RECOVERY_BYTES,
    STEP_S,
    app_address,
    bare,
    code_at,
    is_recovery_code,
    key_text,
    recovery_code,
    recovery_hash,
    step_of,
)

SECRET = b"12345678901234567890"
secrets = st.binary(min_size=20, max_size=20)
instants = st.integers(min_value=10 * STEP_S, max_value=2**33)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(at: int, code: str) -> None:
    assert code_at(SECRET, at // STEP_S, digits=8) == code
    assert code_at(SECRET, at // STEP_S) == code[-6:]
    assert step_of(SECRET, code[-6:], at=at, after=0) == at // STEP_S


@given(secret=secrets, at=instants, ahead=st.integers(-5, 5))
def test_a_code_is_good_for_its_own_step_and_those_beside_it(secret: bytes, at: int, ahead: int) -> None:
    step = at // STEP_S + ahead
    found = step_of(secret, code_at(secret, step), at=at, after=0)
    if abs(ahead) <= 1:
        assert found is not None
        assert code_at(secret, found) == code_at(secret, step)
    else:
        near = {code_at(secret, at // STEP_S + beside) for beside in (-1, 0, 1)}
        assert (found is None) == (code_at(secret, step) not in near)


@given(secret=secrets, at=instants, after=st.integers(-2, 2))
def test_no_step_is_used_twice_nor_one_before_it(secret: bytes, at: int, after: int) -> None:
    used = at // STEP_S + after
    for step in range(at // STEP_S - 1, at // STEP_S + 2):
        found = step_of(secret, code_at(secret, step), at=at, after=used)
        assert found is None or found > used


@given(at=instants, text=st.text(max_size=8))
def test_any_other_text_is_no_code(at: int, text: str) -> None:
    near = {code_at(SECRET, at // STEP_S + beside) for beside in (-1, 0, 1)}
    assert (step_of(SECRET, text, at=at, after=0) is not None) == (text in near)


def test_figures_of_other_scripts_and_blanks_between_them() -> None:
    code = code_at(SECRET, 100)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    assert step_of(SECRET, wide, at=100 * STEP_S, after=0) is None
    assert bare(f" {code[:3]} {code[3:]}\u00a0") == code


@given(secret=secrets, email=st.emails())
def test_an_app_reads_the_secret_and_whose_it_is(secret: bytes, email: str) -> None:
    address = app_address(secret, email).reveal()
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("otpauth", "totp", "")
    assert unquote(parts.path) == f"/Daybook:{email}"
    (key,), (issuer,) = parse_qs(parts.query)["secret"], parse_qs(parts.query)["issuer"]
    assert (b32decode(key), key, issuer) == (secret, key_text(secret), "Daybook")


@given(random=st.binary(min_size=RECOVERY_BYTES, max_size=RECOVERY_BYTES))
def test_a_recovery_code_is_known_again_however_it_is_typed(random: bytes) -> None:
    code = recovery_code(random)
    assert [len(part) for part in code.split("-")] == [4, 4, 4, 4]
    for typed in (code, code.upper(), code.replace("-", " "), f" {bare(code)} "):
        assert is_recovery_code(typed)
        assert recovery_hash(typed) == recovery_hash(code)
    assert not is_recovery_code(code[:-1])
