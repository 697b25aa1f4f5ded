from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.errors import UnknownNameError
from shoal.explanation.gradient_check import BlockCheck, GradientCheck
from shoal.jobs.check import CheckVerdict, check_subject, draw_steps
from shoal.jobs.subjects.subject import Subject, fresh_subject


@pytest.fixture(scope="module")
def subject() -> Subject:
    return fresh_subject((3, 4, 2, 1), "tanh", None, batch=6, seed=0, initializer=None)


def test_every_engine_is_checked(subject: Subject) -> None:
    verdict = check_subject(subject, None, step=1e-5, tolerance=1e-6)
    assert [check.engine for check in verdict.checks] == list(ENGINES)
    assert verdict.names == ("W1", "b1", "W2", "b2", "W3", "b3")
    assert verdict.failures == ()
    assert 0 < verdict.largest < 1e-7


def test_what_is_not_within_the_tolerance_fails_and_so_does_what_is_no_number() -> None:
    errors = (1e-7, 2e-6, np.nan)
    blocks = tuple(BlockCheck(i, "W", (1, 1), error, 0.0, 1) for i, error in enumerate(errors))
    check = GradientCheck(blocks, np.zeros(3), np.zeros(3), np.ones(3, dtype=np.bool_), 1e-5, "native")
    verdict = CheckVerdict((check,), tolerance=1e-6)
    assert [name for _, name, _ in verdict.failures] == ["W2", "W3"]
    assert verdict.failures[0] == ("native", "W2", 2e-6)


def test_the_figure_is_written(subject: Subject, tmp_path: Path) -> None:
    verdict = check_subject(subject, ["reference"], step=1e-4, tolerance=1e-6)
    study = draw_steps(subject, verdict, tmp_path / "steps.svg")
    figure = (tmp_path / "steps.svg").read_text()
    assert figure.startswith("<svg")
    assert "step used, 0.0001" in figure
    assert 1e-7 < study.best_step < 1e-3


def test_an_engine_that_is_not_there(subject: Subject) -> None:
    with pytest.raises(UnknownNameError, match="warp"):
        check_subject(subject, ["warp"], step=1e-5, tolerance=1e-6)
