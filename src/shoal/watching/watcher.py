"""Whoever watches trainings and studies: a callback, and what is written when all is done."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import numpy as np

from shoal.errors import ShoalWarning, reason
from shoal.watching.findings import Findings, found
from shoal.watching.numbers import steps_of
from shoal.watching.studies import Setting


class Watcher(ABC):
    """A callback of ``shoal.train``, of a ``Run`` and of a study, and of scikit-learn's estimators.

    Its numbers never change those of a training: it looks at what training tells, and returns nothing. Nor
    does it end one: where it cannot tell something, a ``ShoalWarning`` says so once, and it is told no more.
    What its owner asks of it, ``write`` and ``close``, raises as ever.
    """

    _epochs = 0
    """Those of a fit of scikit-learn's that are told."""
    _failed = False
    """Whether it could not tell something while others trained."""

    def __call__(self, progress: Any) -> None:
        """Tell of a ``Progress``, of a ``StudyProgress``, or of a ``Run`` as it stands."""
        step, numbers, ended = steps_of(progress)
        with self._on_the_side() as heard:
            if heard:
                self._tell(numbers, step)
                if ended:
                    self._flush()

    def write(self, what: Any) -> None:
        """Tell what ``shoal.train`` returned, a fitted study or estimator, or the model in a folder.

        Settings, results, figures and words; of a folder the report and the model, too, where they are kept.
        Raises ``ConfigurationError`` for anything else, ``ModelFolderError`` for a folder without a report.
        """
        findings = found(what)
        for epoch, numbers in enumerate(findings.course, 1):
            self._tell(numbers, epoch)
        self._keep(findings)
        self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def setup(self, estimator: Any, context: Any) -> None:
        """Begin a fit of scikit-learn's: the estimator's parameters are told."""
        self._epochs = 0
        given = estimator.get_params(deep=False)
        with self._on_the_side() as heard:
            if heard:
                self._set({name: value for name, value in given.items() if isinstance(value, Setting)})

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:  # noqa: B027 - part of the protocol
        """Nothing is told of a task that begins."""

    def on_fit_task_end(self, estimator: Any, context: Any, *, fitted_estimator: Any = None) -> None:
        """Tell the losses of the epochs that have ended; some engines show them when a fit ends alone."""
        curve = getattr(fitted_estimator, "loss_curve_", None) or []
        scores = getattr(fitted_estimator, "validation_scores_", None) or []
        for epoch in range(self._epochs, len(curve)):
            told = {
                "training_loss": curve[epoch],
                "validation_score": [*scores, np.nan][min(epoch, len(scores))],
            }
            numbers = {name: float(value) for name, value in told.items() if np.isfinite(value)}
            with self._on_the_side() as heard:
                if heard:
                    self._tell(numbers, epoch + 1)
        self._epochs = max(self._epochs, len(curve))

    def teardown(self, estimator: Any, context: Any) -> None:
        """End a fit of scikit-learn's."""
        with self._on_the_side() as heard:
            if heard:
                self._flush()

    @contextmanager
    def _on_the_side(self) -> Iterator[bool]:
        """Warn once of an error while others train; from then on, say that there is nothing to tell."""
        try:
            yield not self._failed
        except Exception as error:  # whatever it is, a training of hours is worth more
            self._failed = True
            warnings.warn(
                f"{type(self).__name__} failed ({reason(error)}), and is told nothing more; the training "
                "goes on without it",
                ShoalWarning,
                stacklevel=4,
            )

    @abstractmethod
    def close(self) -> None:
        """Write all that is still to be written; nothing is told afterwards."""

    @abstractmethod
    def _tell(self, numbers: Mapping[str, float], step: int) -> None:
        """Tell numbers of one step."""

    @abstractmethod
    def _set(self, settings: Mapping[str, Setting]) -> None:
        """Tell settings before there is a result."""

    @abstractmethod
    def _keep(self, findings: Findings) -> None:
        """Tell what is left at the end."""

    @abstractmethod
    def _flush(self) -> None:
        """Let whoever reads see what was told."""
