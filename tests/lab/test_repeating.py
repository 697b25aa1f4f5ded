from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.lab.course import Course
from shoal.lab.design import Design, Knobs
from shoal.lab.repeating import command_line, python_lines

TURNS: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "strengths": [{"l2": 0.1}, {"l2": 0.0}],
    "points": [{"samples": 30}, {"noise": 0.1, "l2": 1.0}],
}


def turned(course: Course, turns: list[dict[str, Any]]) -> Course:
    for turn in turns:
        course.advance(9)
        course.turn(course.knobs.turned(turn))
    course.advance(4)
    return course


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"data": "moons", "solver": "adam", "initial": "scaled", "depth": 2},
        {"solver": "lbfgs", "initial": "unit", "activation": "sigmoid", "seed": 3},
    ],
)
def test_the_lines_make_the_same_bits(
    settings: dict[str, Any], turns: str, capsys: pytest.CaptureFixture[str]
) -> None:
    course = turned(Course(Design(hidden=(1, 3), starts=2, epochs=90, **settings), Knobs()), TURNS[turns])
    names: dict[str, Any] = {}
    exec(compile(python_lines(course, 3), "repeat.py", "exec"), names)  # noqa: S102 - our own lines
    for mine, other in zip(course.runs, names["runs"], strict=True):
        np.testing.assert_array_equal(mine.population.theta, other.population.theta)
        np.testing.assert_array_equal(mine.history.validation_loss, other.history.validation_loss)
    history = course.runs[1].history
    assert history.validation_loss is not None
    assert capsys.readouterr().out.startswith(f"{history.validation_loss[1, course.epoch - 1]}\n")


def test_dropout_and_rates_are_repeated_too() -> None:
    course = Course(Design(hidden=(2,), starts=2, epochs=90, solver="adam"), Knobs(weight_decay=0.01))
    turned(course, [{"dropout": 0.3}, {"learning_rate": 0.1}, {"dropout": 0.0}])
    names: dict[str, Any] = {}
    exec(compile(python_lines(course, 0), "repeat.py", "exec"), names)  # noqa: S102 - our own lines
    np.testing.assert_array_equal(course.runs[0].population.theta, names["runs"][0].population.theta)


def test_what_has_not_come_yet_is_not_in_the_lines() -> None:
    course = turned(Course(Design(hidden=(2,), starts=2, epochs=90), Knobs()), TURNS["strengths"])
    course.seek(12)
    names: dict[str, Any] = {}
    exec(compile(python_lines(course, 0), "repeat.py", "exec"), names)  # noqa: S102 - our own lines
    np.testing.assert_array_equal(course.runs[0].population.theta, names["runs"][0].population.theta)


def test_the_command_runs_as_it_is_written(
    main_here: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = Course(Design(hidden=(1, 2), starts=2, epochs=90, solver="adam"), Knobs(l2=0.5))
    course.advance(3)
    lines = command_line(course)
    program, _, rest = lines.partition("<<'END'\n")[2].partition("\nEND\n")
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    assert np.loadtxt(tmp_path / "train.csv", delimiter=",", skiprows=1)[:, -1].tolist() == (
        pytest.approx(course.material.train.y.tolist(), rel=1e-12)
    )
    monkeypatch.chdir(tmp_path)
    assert main_here(*shlex.split(rest)[1:], "--jobs", "1") == 0
    assert (tmp_path / "repeated" / "report.html").exists()
