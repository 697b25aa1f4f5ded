from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.lab import answers
from shoal.lab.answers import MANY, answered
from shoal.lab.course import Course
from shoal.lab.design import Design, Knobs
from shoal.populations.trainer import sample_losses
from shoal.shapes import Array

SMALL: dict[str, Any] = {"hidden": (1, 3), "starts": 3, "epochs": 50, "solver": "adam"}


@pytest.mark.parametrize("data", ["sine", "moons"])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_answers_are_what_every_population_predicts_and_loses(data: str, dropout: float) -> None:
    course = Course(Design(data=data, **SMALL), Knobs(dropout=dropout))
    course.advance(5)
    material, found = course.material, course.answers
    validation = material.validation
    for run, k in zip(course.runs, (0, 3), strict=True):
        alone, own = run.population, slice(k, k + 3)
        np.testing.assert_allclose(found.functions[own, 0], alone.predict(material.grid)[..., 0], rtol=1e-12)
        train = sample_losses(alone, material.train.X, material.train.y)
        np.testing.assert_allclose(found.train[own], train.mean(axis=1), rtol=1e-12)
        losses = sample_losses(alone, validation.X, validation.y)
        np.testing.assert_allclose(found.validation[own], losses.mean(axis=1), rtol=1e-12)
        error = losses.std(axis=1, ddof=1) / np.sqrt(len(validation.y))
        np.testing.assert_allclose(found.error[own], error, rtol=1e-12)


def test_of_very_many_networks_curves_have_half_the_places() -> None:
    many = Course(Design(hidden=(1,), starts=1000, epochs=10), Knobs())
    assert answered(many.runs, many.material).functions.shape == (1000, 1, 64)
    assert answered(many.runs * 2, many.material).functions.shape == (2000, 1, 32)
    assert 1000 < MANY < 2000


def test_what_is_too_much_to_be_held_at_once_is_found_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course(Design(data="moons", **SMALL), Knobs())
    whole, outputs = course.answers, answers.sample_outputs
    held: list[Array] = []
    data = course.material
    rows = len(data.grid) + len(data.train.X) + len(data.validation.X)

    def noted(*given: Any) -> Array:
        held.append(outputs(*given))
        return held[-1]

    monkeypatch.setattr(answers, "sample_outputs", noted)
    monkeypatch.setattr(answers, "HELD", 2 * rows + 1)  # of two networks
    found = answered(course.runs, course.material)
    assert [len(z) for z in held] == [2, 1, 2, 1]
    for name in ("functions", "train", "validation", "error"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
    assert found.spread.shape == (6,)


def test_a_network_beyond_all_numbers_has_no_losses_and_no_error() -> None:
    course = Course(Design(**SMALL), Knobs())
    course.runs[0]._training.theta[1] = np.inf
    found = course.answers
    lost = np.arange(6) == 1
    assert (~np.isfinite(found.validation) == lost).all()
    assert (~np.isfinite(found.train) == lost).all()
    assert found.error[1] == 0
    assert np.isfinite(found.error).all()


def test_answers_are_found_once_at_every_epoch_and_under_all_knobs() -> None:
    course = Course(Design(**SMALL), Knobs())
    course.advance(10)
    there = course.answers
    assert course.answers is there
    assert course.fork().answers is there
    course.advance(3)
    assert (course.answers.functions != there.functions).all()
    course.turn(course.knobs.turned({"samples": 30}))
    turned = course.answers
    assert (turned.train != there.train).all()
    course.seek(0)
    course.seek(10)
    np.testing.assert_array_equal(course.answers.functions, there.functions)
    np.testing.assert_array_equal(course.answers.train, there.train)
