"""scikit-learn's callbacks: what they hear of is the task of a ``fit``, and its epochs as subtasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from shoal.training.problem import Progress

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing, for this scikit-learn has no callbacks to set."""


__all__ = ["CallbackSupportMixin", "SearchTasks", "Tasks"]


class Tasks:
    """The task of one call of ``fit``, and its ``steps`` at most: epochs, or the iterations of a full batch.

    Callbacks are given ``X``, ``y`` and ``sample_weight`` as the user gave them. Nothing is called, nor is
    anything computed for callbacks, where the estimator has none: ``heard`` says whether it has any.
    """

    def __init__(
        self, estimator: Any, X: Any, y: Any, sample_weight: Any, steps: int, step_name: str
    ) -> None:
        self._estimator, self._step_name = estimator, step_name
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._given = {"X": X, "y": y, "metadata": metadata}
        self._step: Any = None
        self._fit: Any = None
        self.heard = bool(getattr(estimator, "_skl_callbacks", ()))
        if self.heard:
            self._fit = estimator._init_callback_context(max_subtasks=steps)
            self._fit.call_on_fit_task_begin(estimator=estimator, **self._given)

    def begin_step(self) -> None:
        """Begin the next step, unless one has begun."""
        if self.heard and self._step is None:
            self._step = self._fit.subcontext(task_name=self._step_name)
            self._step.call_on_fit_task_begin(estimator=self._estimator, **self._given)

    def end_step(self, attributes: Callable[[], dict[str, Any]] | None = None) -> bool:
        """End the step that has begun, if any, and return whether a callback wants the training to end.

        ``attributes`` returns those that the estimator would have if this step was the last.
        """
        step, self._step = self._step, None
        return step is not None and bool(
            step.call_on_fit_task_end(
                estimator=self._estimator, reconstruction_attributes=attributes, **self._given
            )
        )

    def next_step(self, progress: Progress) -> bool:
        """End a step of which no engine tells the parameters, and begin the next if there will be one."""
        ends = self.end_step()
        if progress.active and progress.epoch < progress.epochs and not ends:
            self.begin_step()
        return ends

    def end(self) -> None:
        """End the fit."""
        self.end_step()
        if self.heard:
            self._fit.call_on_fit_task_end(
                estimator=self._estimator, reconstruction_attributes={}, **self._given
            )


class SearchTasks:
    """The tasks of a search by populations: as in ``GridSearchCV`` its fits, and the refit.

    The ``fits`` have no tasks within, and end when the population that they are members of is trained.
    """

    def __init__(self, search: Any, X: Any, y: Any, fits: int) -> None:
        self._search, self._given = search, {"X": X, "y": y}
        self._heard = bool(getattr(search, "_skl_callbacks", ()))
        if self._heard:
            self._root = search._init_callback_context(max_subtasks=1 + (search.refit is not False))
            self._root.call_on_fit_task_begin(estimator=search, **self._given)
            self._fits = self._root.subcontext(task_name="search", max_subtasks=fits)
            self._fits.call_on_fit_task_begin(estimator=search)

    def trained(self, fits: int) -> None:
        """Begin and end so many fits."""
        for _ in range(fits if self._heard else 0):
            fit = self._fits.subcontext(task_name="candidate-split-evaluation")
            fit.call_on_fit_task_begin(estimator=self._search)
            fit.call_on_fit_task_end(estimator=self._search)

    def end_search(self) -> None:
        """End the task of all fits."""
        if self._heard:
            self._fits.call_on_fit_task_end(estimator=self._search)

    @contextmanager
    def refit(self, estimator: Any) -> Iterator[None]:
        """Begin the refit of ``estimator``, which hears of it too, and end it."""
        if not self._heard:
            yield
            return
        refit = self._root.subcontext(task_name="refit-with-best-params")
        with refit.propagate_callback_context(estimator):
            refit.call_on_fit_task_begin(estimator=self._search, **self._given)
            yield
        refit.call_on_fit_task_end(estimator=self._search, **self._given)

    def end(self) -> None:
        """End the search."""
        if self._heard:
            self._root.call_on_fit_task_end(estimator=self._search, **self._given)
