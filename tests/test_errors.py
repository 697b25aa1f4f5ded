"""Errors in one line, across processes too."""

from __future__ import annotations

import copy

import pytest

from shoal.errors import (
    ConfigurationError,
    DataError,
    MissingDependencyError,
    UnknownNameError,
    is_failure,
    reason,
)


def test_an_unknown_name_has_the_nearest_known_one_or_all_of_them() -> None:
    near = UnknownNameError("solver", "adma", ["sgd", "adam"])
    assert str(near) == "unknown solver 'adma'; did you mean 'adam'? Known: adam, sgd"
    assert str(UnknownNameError("solver", 7, ["sgd"])) == "unknown solver 7. Known: sgd"


def test_it_is_the_same_after_a_journey_to_another_process() -> None:
    error = UnknownNameError("solver", "adma", ["sgd", "adam"])
    again = copy.copy(error)  # by what pickling goes by
    assert (str(again), again.kind, again.name, again.known) == (
        str(error),
        "solver",
        "adma",
        ["adam", "sgd"],
    )


@pytest.mark.parametrize(
    ("kind", "base"),
    [(DataError, ValueError), (ConfigurationError, ValueError), (MissingDependencyError, ImportError)],
)
def test_they_are_what_others_expect_too(kind: type[Exception], base: type[Exception]) -> None:
    assert issubclass(kind, base)


def test_a_reason_is_one_line_that_is_never_empty() -> None:
    assert reason(OSError("two\n lines")) == "two lines"
    assert reason(KeyError()) == "KeyError"
    assert reason(OSError(2, "No such file", "a\nb")) == "No such file"


def test_panics_are_failures_and_endings_are_not() -> None:
    class PanicException(BaseException):
        pass

    assert is_failure(PanicException())
    assert not is_failure(SystemExit())
    assert not is_failure(GeneratorExit())
