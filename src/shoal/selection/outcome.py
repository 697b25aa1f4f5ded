"""What a study hands out when it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from shoal.errors import ConfigurationError

if TYPE_CHECKING:
    from shoal.populations.population import Population
    from shoal.selection.choosing.choice import Choice
    from shoal.selection.cohorts.cohort import Curves
    from shoal.selection.running.scaling import Scaling
    from shoal.selection.samples.study_samples import Split
    from shoal.shapes import Array

T = TypeVar("T")


@dataclass(frozen=True)
class StudyOutcome:
    """The choice of a study, and all that its properties tell: see ``CapacityStudy``."""

    choice: Choice
    best: Population
    curves: Curves
    splits: list[Split]
    held: Array
    engines: list[str]
    ended_by: str
    compared: tuple[int, str | None]
    scaling: Scaling | None = None


def fitted(value: T | None) -> T:
    """Return what a study has come to; raise ``ConfigurationError`` before it has."""
    if value is None:
        raise ConfigurationError("the study has no result yet; call fit(X, y) first")
    return value
