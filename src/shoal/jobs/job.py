"""What a job is given, who watches it, and what it comes to, whatever kind of data it is about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from shoal.jobs.request import FitRequest
from shoal.jobs.saved.layout import REPORT

if TYPE_CHECKING:
    from shoal.jobs.prepared import Prepared
    from shoal.jobs.sizing.study import Sizing
    from shoal.selection.cohorts.design import StudyPlan
    from shoal.selection.running.runner import StudyProgress


class Listener(Protocol):
    """Whoever watches a job: the command line, or nobody."""

    def say(self, text: str, style: str | None = None) -> None:
        """Something is told in words."""

    def prepared(self, prepared: Prepared) -> None:
        """The table was read and divided."""

    def sized(self, sizing: Sizing, plan: StudyPlan, workers: int, memory: int) -> None:
        """The study was sized and planned, and its time and memory estimated."""

    def progress(self, progress: StudyProgress) -> None:
        """Some networks more are trained."""


@dataclass(frozen=True)
class FinishedJob:
    """A finished job: its model, its evidence, and the folder with both and the report.

    ``ended_by`` is what ended its study early, as ``CapacityStudy.ended_by`` has it.
    """

    model: Any
    evidence: dict[str, Any]
    folder: Path
    ended_by: str = ""

    @property
    def report(self) -> Path:
        """The report's path."""
        return self.folder / REPORT


@dataclass(frozen=True)
class Job:
    """What is asked, where the results go, and how: see ``shoal.jobs.fit.fit_data``."""

    request: FitRequest
    folder: Path
    listener: Listener
    command: str = ""
    resume: bool = False
    overwrite: bool = False
    began: float | None = None
