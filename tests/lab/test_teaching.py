from __future__ import annotations

import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.lab import commands as c
from shoal.lab.lesson import Ask, Lesson, LessonStep, lessons
from shoal.lab.teaching import Teaching

OWN = Lesson(
    "Of our own",
    (
        LessonStep("Look.", (c.Pause(),)),
        LessonStep(
            "What next?", (c.Reset(),), Ask("Up or down?", ("up", "down"), 1), "Down.", (c.Step(epochs=3),)
        ),
        LessonStep("That is all."),
    ),
)


@pytest.fixture
def teaching() -> Teaching:
    made = Teaching(("own", OWN))
    made.open("own")
    return made


def test_a_step_says_what_is_to_be_done_and_what_follows_only_once_it_is_answered() -> None:
    teaching = Teaching(("own", OWN))
    assert teaching.open("own") == (c.Pause(),)
    assert teaching.turn(1) == (c.Reset(),)
    assert teaching.predict(0) == (c.Step(epochs=3),)
    assert teaching.turn(0) == (c.Pause(),)
    assert teaching.turn(1) == (c.Reset(), c.Step(epochs=3))  # as it was left


def test_no_step_is_reached_past_an_open_question(teaching: Teaching) -> None:
    teaching.turn(1)
    with pytest.raises(ConfigurationError, match="predict first"):
        teaching.turn(2)
    with pytest.raises(ConfigurationError, match="numbered 0 to 1, got 2"):
        teaching.predict(2)
    teaching.predict(1)
    assert teaching.turn(2) == ()


def test_a_lesson_begun_again_has_forgotten_what_was_predicted(teaching: Teaching) -> None:
    teaching.turn(1)
    teaching.predict(1)
    teaching.open("own")
    with pytest.raises(ConfigurationError, match="predict first"):
        teaching.turn(2)


def test_only_lessons_that_come_with_shoal_are_known_to_others(teaching: Teaching) -> None:
    assert teaching.known is None
    name = next(iter(lessons()))
    teaching.open(name)
    assert teaching.known == name
    teaching.close()
    assert teaching.known is None
    with pytest.raises(ConfigurationError, match="open one first"):
        teaching.turn(0)


def test_all_lessons_are_listed_with_ones_own_at_the_end(teaching: Teaching) -> None:
    listed = teaching.listed()
    assert [one["name"] for one in listed] == [*lessons(), "own"]
    assert listed[-1]["title"] == "Of our own"
    with pytest.raises(UnknownNameError, match="own"):
        teaching.open("owm")
