"""S37: one line for each thing that is told, whatever it holds."""

import io
import json

import pytest
from aws_lambda_powertools import Logger
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.entrypoints import log


def written(monkeypatch: pytest.MonkeyPatch, message: str, **fields: object) -> str:
    stream = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(log, "_logger", Logger(service="daybook-of-a-test", use_rfc3339=True, stream=stream))
        log._logger.handlers[0].stream = stream  # type: ignore[attr-defined]
        log.log(message, **fields)
    return stream.getvalue()


HOSTILE = ("a\nb", "\r\n{}", "\x1b[31mred", "\u2028 \u2029", '"}\n{"level":"ERROR"', "\x00\x07", "\x85next")


@given(text=st.sampled_from(HOSTILE) | st.text(max_size=800))
def test_s37_hostile_text_is_one_line_and_comes_out_as_it_went_in(text: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        line = written(monkeypatch, "a day failed", reason=text)
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert not any(ord(character) < 32 for character in line[:-1])
    told = json.loads(line)
    assert (told["message"], told["reason"]) == ("a day failed", text[: log.TEXT_MAX])


def test_s37_what_is_not_permitted_is_not_logged() -> None:
    with pytest.raises(AssertionError, match="email"):
        log.log("signed in", email="owner@northwind.example")
