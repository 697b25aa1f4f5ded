from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, ShoalError, UnknownNameError
from shoal.lab import commands as c
from shoal.lab import views
from shoal.lab.laboratory import Laboratory
from shoal.lab.lesson import LARGEST_FILE, Lesson, lesson_of, lessons, read_lesson
from shoal.shapes import Array


def errors(lab: Laboratory, side: int = 0) -> tuple[Array, Array]:
    """Losses on the samples trained on, and on those to choose by: a row a size, a column a start."""
    found, shape = lab.sides[side].answers, (len(lab.design.hidden), lab.design.starts)
    return found.train.reshape(shape), found.validation.reshape(shape)


def answered(name: str, step: int) -> Laboratory:
    """The lab in a lesson's step, once its question has the right answer."""
    lab = Laboratory()
    lab.do(c.OpenLesson(name=name))
    for at, one in enumerate(lessons()[name].steps[: step + 1]):
        if at:
            lab.do(c.Page(step=at))
        if one.ask is not None:
            lab.do(c.Predict(answer=one.ask.right))
    return lab


def briefly(lesson: Lesson) -> Lesson:
    """The lesson with two epochs wherever it trains many."""

    def few(commands: tuple[c.Command, ...]) -> tuple[c.Command, ...]:
        return tuple(c.Step(epochs=2) if isinstance(one, c.Step) else one for one in commands)

    steps = [dataclasses.replace(step, do=few(step.do), then_do=few(step.then_do)) for step in lesson.steps]
    return dataclasses.replace(lesson, steps=tuple(steps))


@pytest.mark.parametrize("name", lessons())
def test_every_lesson_goes_from_its_first_step_to_its_last_and_back(name: str) -> None:
    lesson = briefly(lessons()[name])
    lab = Laboratory(lesson=(name, lesson))
    lab.do(c.OpenLesson(name=name))
    for at, step in enumerate(lesson.steps):
        told = lab.state()["lesson"]
        assert (told["at"], told["steps"], told["say"]) == (at, len(lesson.steps), step.say)
        if step.ask is not None:
            assert (told["then"], told["right"]) == ("", None)
            if at + 1 < len(lesson.steps):
                with pytest.raises(ConfigurationError, match="predict first"):
                    lab.do(c.Page(step=at + 1))
            lab.do(c.Predict(answer=0))
            told = lab.state()["lesson"]
            assert (told["then"], told["right"], told["predicted"]) == (step.then, step.ask.right, 0)
        if at + 1 < len(lesson.steps):
            lab.do(c.Page(step=at + 1))
    before = errors(lab)
    lab.do(c.Page(step=0))
    lab.do(c.Page(step=len(lesson.steps) - 1))
    np.testing.assert_array_equal(errors(lab), before)  # as it was shown, bit for bit
    lab.do(c.CloseLesson())
    assert lab.state()["lesson"] is None


@pytest.mark.parametrize("step", [0, 1])
def test_the_curve_that_the_first_lesson_speaks_of_is_in_the_picture(step: int) -> None:
    side = (lab := answered("forward-pass", step)).sides[0]
    curve = side.answers.functions[lab.picked, 0]
    inside = (curve > side.material.low) & (curve < side.material.high)
    assert inside.mean() > 0.9
    bends = np.ptp(views.unit_outputs(views.member(side, lab.picked), side.material.grid), axis=1)
    assert bends.min() > 0.25  # of every unit something is to be seen


def test_one_unit_only_rises_or_falls() -> None:
    lab = answered("forward-pass", 2)
    run = lab.sides[0].runs[0]
    curves = run.population.predict(np.linspace(-1, 2, 200))[:, :, 0]
    slopes = np.diff(curves, axis=1)
    flat = 1e-9  # where tanh is 1 to the last bits
    assert all((row > -flat).all() or (row < flat).all() for row in slopes)
    assert np.abs(slopes).max() > 0.001


def test_larger_networks_are_sure_and_wrong() -> None:
    _, validation = errors(answered("log-loss", 2))
    assert np.argmin(np.median(validation, axis=1)) == 0


def test_a_longer_step_is_faster_until_it_is_too_long() -> None:
    slow = np.median(errors(answered("gradient-descent", 0))[0])
    fast = np.median(errors(answered("gradient-descent", 1))[0])
    assert fast < slow / 3
    assert not np.isfinite(errors(answered("gradient-descent", 2))[0]).any()
    assert np.median(errors(answered("gradient-descent", 3))[0]) < fast


def test_a_short_step_checks_a_gradient_and_neither_a_long_nor_a_tiny_one_does() -> None:
    lab, errors_by_h = answered("chain-rule", 2), {}
    for h in (1.0, 1e-5, 1e-12):
        lab.do(c.Inspect(row=0, layer=1, unit=0, input=0, h=h))
        errors_by_h[h] = lab.state()["inspected"]["error"]
    assert errors_by_h[1e-5] < 1e-7 < min(errors_by_h[1.0], errors_by_h[1e-12])


def test_more_units_fit_better_and_do_not_predict_better() -> None:
    train, validation = errors(answered("capacity", 0))
    assert np.argmin(train.min(axis=1)) == 2
    one, three, ten = validation.min(axis=1)
    assert abs(ten - three) < 0.1 * three < one - three


def test_starts_end_in_minima_of_different_depth() -> None:
    train, _ = errors(answered("thirty-starts", 0))
    assert train.max() > 1.15 * train.min()


def test_small_weights_pay_until_they_are_too_small() -> None:
    free, small = (errors(answered("lambda", 1), side)[1] for side in (0, 1))
    assert small.max() < free.min()
    smaller = errors(answered("lambda", 2), 1)[1]
    assert smaller.min() > small.max()


def test_depth_counts_its_parameters() -> None:
    assert answered("depth", 1).state()["parameters"] == [57]
    assert answered("depth", 0).state()["parameters"] == [17]


def test_lessons_come_in_the_order_of_the_lecture() -> None:
    assert [*lessons()][-3:] == ["depth", "images", "sequences"]


def write(**changes: Any) -> bytes:
    step = {"say": "Look."} | changes
    return json.dumps({"title": "Mine", "steps": [step]}).encode()


ASK = {"question": "?", "answers": ["a", "b"], "right": 1}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[]", "it is \\[\\], expected an object"),
        (b'{"title": "x", "steps": []}', "steps is empty"),
        (write(sya="?"), r"steps\[0\] has 'sya', expected say, do, ask, then"),
        (write(ask=ASK), "one of ask and then"),
        (write(ask=ASK | {"right": 2}, then={"say": "b"}), "right is 2, expected the number of an answer"),
        (write(do=[{"do": "lesson", "name": "depth"}]), "is 'lesson', expected a command of the lab"),
        (write(do=[{"do": "build", "hiden": [3]}]), "hiden"),
        (write(do=[{"do": "build", "hidden": "3"}]), "hidden"),
        (write(do=[3]), r"do\[0\] is 3, expected an object"),
    ],
)
def test_what_is_no_lesson_is_refused_in_a_sentence(content: bytes, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        read_lesson(content)


def test_a_teacher_brings_one_along(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(
        write(do=[{"do": "build", "hidden": [2], "starts": 4}], ask=ASK, then={"say": "b it is"})
    )
    lab = Laboratory(lesson=lesson_of(path))
    assert lab.design.networks == 4
    assert [one["name"] for one in lab.state()["lessons"]] == [*lessons(), "mine"]
    with pytest.raises(ConfigurationError, match="numbered 0 to 1"):
        lab.do(c.Predict(answer=2))
    lab.do(c.Predict(answer=1))
    assert lab.state()["lesson"]["then"] == "b it is"
    with pytest.raises(ConfigurationError, match="asks for no prediction"):
        lab.do(c.Predict(answer=0))


def test_other_files_and_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="lambda"):
        lesson_of("lamda")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        lesson_of(tmp_path / "none.json")
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(ConfigurationError, match="it is a pipe, which may never end"):
        lesson_of(tmp_path / "pipe.json")
    (tmp_path / "large.json").write_bytes(b" " * (LARGEST_FILE + 1))
    with pytest.raises(ConfigurationError, match="more than"):
        lesson_of(tmp_path / "large.json")
    with pytest.raises(ShoalError, match="no lesson is open"):
        Laboratory().do(c.Page(step=0))
