from __future__ import annotations

from dataclasses import replace

import pytest

from shoal.errors import ConfigurationError
from shoal.lab.course import Course
from shoal.lab.design import Design, Knobs
from shoal.lab.seals import Seals

DESIGN = Design(hidden=(2,), starts=3, epochs=40, solver="gradient_descent")


@pytest.fixture(scope="module")
def sides() -> list[Course]:
    """Two courses of the same starts, of which the second is far ahead."""
    made = [Course(DESIGN, Knobs(learning_rate=rate)) for rate in (0.01, 0.3)]
    for course in made:
        course.advance(40)
    return made


def test_a_test_opens_once_for_a_draw_of_a_set_whatever_else_changes(sides: list[Course]) -> None:
    seals = Seals()
    assert seals.of(DESIGN) is None
    seals.open(DESIGN, sides, "best")
    opened = seals.of(DESIGN)
    assert opened is not None
    larger = replace(DESIGN, hidden=(1, 2, 3), starts=9)
    assert seals.of(larger) is opened  # the same points: they have been seen
    for design in (DESIGN, larger):
        with pytest.raises(ConfigurationError, match="has been opened; draw other data"):
            seals.open(design, sides, "one-se")
    assert seals.of(replace(DESIGN, seed=1)) is None
    assert seals.of(replace(DESIGN, data="moons")) is None


def test_the_better_choice_of_all_sides_is_the_one_that_is_tested(sides: list[Course]) -> None:
    for order, better in ((sides, 1), (sides[::-1], 0)):
        seals = Seals()
        seals.open(DESIGN, order, "best")
        opened = seals.of(DESIGN)
        assert opened is not None
        assert opened.side == better


def test_nothing_that_has_not_been_trained_opens_a_test() -> None:
    seals = Seals()
    with pytest.raises(ConfigurationError, match="train first"):
        seals.open(DESIGN, [Course(DESIGN, Knobs())], "best")
    assert seals.of(DESIGN) is None


def test_another_set_of_that_name_has_a_seal_of_its_own(sides: list[Course]) -> None:
    seals = Seals()
    other = replace(DESIGN, data="moons")
    seals.open(DESIGN, sides, "best")
    seals.open(other, sides, "best")
    seals.renew(DESIGN.data)
    assert seals.of(DESIGN) is None
    assert seals.of(other) is not None
