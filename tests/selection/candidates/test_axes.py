from __future__ import annotations

import re
from typing import Any

import pytest

from shoal.errors import ConfigurationError
from shoal.selection.candidates.axes import USUAL, Choices, Span, axis_of, parse_axis


def test_a_logarithmic_span_has_as_many_values_in_every_decade() -> None:
    span = Span(1e-4, 1.0, log=True)
    assert [span.at(u) for u in (0.0, 0.25, 0.5, 0.75)] == [1e-4, 1e-3, 1e-2, 0.1]
    assert Span(0, 10).at(0.25) == 2.5


def test_drawn_numbers_have_three_digits_and_stay_within_the_ends() -> None:
    assert Span(0, 1).at(1 / 3) == 0.333
    assert Span(0.12345, 0.2).at(0.0) == 0.12345
    assert Span(0.1, 0.99999).at(0.999999) == 0.99999


def test_a_span_in_steps_has_both_ends() -> None:
    span = Span(1, 100, log=True, steps=3)
    assert span.values == (1.0, 10.0, 100.0)
    assert [span.at(u) for u in (0.0, 0.33, 0.34, 0.99)] == [1.0, 1.0, 10.0, 100.0]
    assert Span(1, 100).values == ()


@pytest.mark.parametrize("ends", [(1, 1), (2, 1), (0, float("nan")), (0, float("inf")), ("a", 1), (True, 2)])
def test_a_span_goes_from_a_smaller_number_to_a_larger(ends: Any) -> None:
    with pytest.raises(ConfigurationError, match="an axis goes from a smaller number to a larger, got"):
        Span(*ends)


def test_logarithms_begin_above_zero_and_steps_are_two() -> None:
    with pytest.raises(ConfigurationError, match=r"begins above 0, got 0; give such as 0\.01"):
        Span(0, 10, log=True)
    with pytest.raises(ConfigurationError, match="steps must be a whole number ≥ 2, got 1"):
        Span(0, 1, steps=1)


def test_choices_are_some_and_differ() -> None:
    with pytest.raises(ConfigurationError, match="an axis has no values"):
        axis_of("solver", [])
    with pytest.raises(ConfigurationError, match="an axis holds 'adam' more than once"):
        axis_of("solver", ["adam", "sgd", "adam"])


@pytest.mark.parametrize(
    ("name", "given", "axis"),
    [
        ("learning_rate", (1e-3, 0.1), Span(1e-3, 0.1, log=True)),
        ("weight_decay", (0, 0.1), Span(0, 0.1)),
        ("dropout", (0, 0.5), Span(0, 0.5)),
        ("dropout", Span(0, 0.5, steps=3), Span(0, 0.5, steps=3)),
        ("l2", [0.0, 1.0], Choices((0.0, 1.0))),
        ("solver", "sgd", Choices(("sgd",))),
        ("batch_size", (32, 130), Choices((32, 64, 128))),
        ("batch_size", Span(32, 130), Choices((32, 64, 128))),
        ("batch_size", Span(16, 33, steps=3), Choices((16, 24, 33))),
        ("depth", Span(1, 3, steps=5), Choices((1, 2, 3))),
        ("depth", (1, 3), Choices((1, 2, 3))),
        ("hidden", (4, 16), Choices(((4,), (8,), (16,)))),
        ("hidden", [0, "8", (4, 4)], Choices(((), (8,), (4, 4)))),
    ],
)
def test_an_axis_is_written_as_a_pair_or_a_list_or_a_value(name: str, given: Any, axis: Any) -> None:
    assert axis_of(name, given) == axis


@pytest.mark.parametrize("name", USUAL)
def test_an_axis_that_is_named_alone_has_the_usual_values(name: str) -> None:
    axis = axis_of(name, None)
    assert isinstance(axis, Span) == (name in ("learning_rate", "l2", "l1", "weight_decay"))


def test_an_axis_without_usual_values_needs_some() -> None:
    with pytest.raises(ConfigurationError, match="the axis schedule has no usual values; give it some"):
        axis_of("schedule", None)
    with pytest.raises(ConfigurationError, match="hidden sizes are a list"):
        axis_of("hidden", Span(1, 8))


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("dropout", ("dropout", None)),
        (" learning-rate = 1e-4 .. 0.1", ("learning_rate", (1e-4, 0.1))),
        ("hidden=8|16x16", ("hidden", ["8", "16x16"])),
        ("batch-size=32|64|none", ("batch_size", [32, 64, None])),
        ("solver=adam", ("solver", ["adam"])),
    ],
)
def test_the_command_line_writes_an_axis_in_one_word(text: str, parsed: Any) -> None:
    assert parse_axis(text) == parsed


@pytest.mark.parametrize("text", ["", "=1", "dropout=", "learning rate=1..2", "a|b"])
def test_what_is_no_axis_is_told_in_a_line(text: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"got {text!r}")):
        parse_axis(text)


def test_a_span_of_words_is_none() -> None:
    with pytest.raises(ConfigurationError, match="the axis dropout goes from a number to a number"):
        parse_axis("dropout=a..b")
