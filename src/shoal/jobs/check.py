"""Backpropagation against central differences, for every engine, and a figure of how far to trust those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shoal.engines import ENGINES
from shoal.explanation.differences import Told
from shoal.explanation.gradient_check import GradientCheck, compare, estimate_gradient
from shoal.explanation.point import GradientPoint
from shoal.explanation.sampling import draw_parameters
from shoal.explanation.step_study import StepStudy, block_names, study_steps
from shoal.files import write_new
from shoal.jobs.subjects.subject import Subject
from shoal.plots import step_size

SEED = 0
"""Of the sample of parameters: the same network is checked in the same places."""


@dataclass(frozen=True)
class CheckVerdict:
    """The checks of a network, one for each engine, and the error that they may have."""

    checks: tuple[GradientCheck, ...]
    tolerance: float

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameter arrays."""
        return block_names(self.checks[0])

    @property
    def failures(self) -> tuple[tuple[str, str, float], ...]:
        """Engine, parameter array and error of what is not within the tolerance."""
        return tuple(
            (check.engine, name, block.relative_error)
            for check in self.checks
            for name, block in zip(self.names, check.blocks, strict=True)
            if not block.relative_error <= self.tolerance  # NaN fails
        )

    @property
    def largest(self) -> float:
        """The largest relative error of all."""
        return max(check.relative_error for check in self.checks)


def check_subject(
    subject: Subject,
    engines: Sequence[str] | None,
    step: float,
    tolerance: float,
    sample: int | None = None,
    told: Told | None = None,
) -> CheckVerdict:
    """Check the gradient of a subject, by the engines named or by all there are, against one estimate.

    ``sample`` is that of ``check_gradients``; ``told`` hears how far it is.
    """
    point = GradientPoint(subject.population, subject.X, subject.y)
    gradients = {engine: point.gradient(engine) for engine in engines or ENGINES}
    estimate = estimate_gradient(point, step, draw_parameters(point.network, sample, SEED), SEED, told)
    checks = tuple(compare(point, estimate, gradient, engine) for engine, gradient in gradients.items())
    return CheckVerdict(checks, tolerance)


def draw_steps(
    subject: Subject,
    verdict: CheckVerdict,
    path: Path,
    overwrite: bool = False,
    sample: int | None = None,
    told: Told | None = None,
) -> StepStudy:
    """Write the error against the step as SVG, and return the study; see ``write_new`` for ``overwrite``."""
    study = study_steps(subject.population, subject.X, subject.y, seed=SEED, sample=sample, told=told)
    figure = step_size.lines(
        study.steps.tolist(),
        dict(zip(study.names, study.errors.tolist(), strict=True)),
        truncation=study.truncation,
        rounding=study.rounding,
        used=verdict.checks[0].step,
        tolerance=verdict.tolerance,
    )
    write_new(path, figure.encode(), overwrite)
    return study
