"""What is decided for the user is said at the place that decided, or refused."""

from __future__ import annotations

import warnings

import pytest

from shoal.data.notes import tell
from shoal.errors import DataError, ShoalWarning
from shoal.words import as_option, spoken


def test_a_note_is_a_warning_with_its_remedy() -> None:
    with pytest.warns(ShoalWarning) as caught:
        tell("3 rows are left out", "fill them", strict=False)
    (note,) = caught
    assert str(note.message) == "3 rows are left out; fill them"


def test_a_note_points_to_whoever_called_the_one_that_tells() -> None:
    def reader() -> None:
        tell("a row is left out", "fill it", strict=False)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reader()
    line = test_a_note_points_to_whoever_called_the_one_that_tells.__code__.co_firstlineno
    assert (caught[0].filename, caught[0].lineno) == (__file__, line + 6)


def test_strict_turns_a_note_into_an_error_in_the_words_of_whoever_asks() -> None:
    with pytest.raises(DataError) as plain:
        tell("a row is left out", "fill it", strict=True)
    assert str(plain.value) == "a row is left out, and strict was given; fill it"
    with spoken(as_option), pytest.raises(DataError, match="and --strict was given; fill it"):
        tell("a row is left out", "fill it", strict=True)
