"""``CapacityDisplay``: what a study compared, and what it chose, on given axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from shoal.errors import ConfigurationError
from shoal.estimators.displays.losses import score_of
from shoal.jobs.evidence import trials_shown
from shoal.plots import capacity, drawing
from shoal.plots.networks import HIDDEN_UNIT
from shoal.selection.study import CapacityStudy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from shoal.plots.evidence import ChosenNetwork, Score, TrialColumns


class CapacityDisplay:
    """Validation error against the size of networks, a point for every random start, the choice ringed.

    Make one by ``from_study`` or ``from_estimator``; ``plot`` draws it again. Attributes: ``ax_`` and
    ``figure_``, matplotlib's; ``trials``, ``choice`` and ``score``, what is drawn, as in ``evidence.json``.

    Source: the lecture, "Using Validation Set to fix no. of hidden units"; Bishop 2006, PRML, figure 5.10.

    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from shoal import CapacityStudy
    >>> X = np.linspace(0, 1, 40)
    >>> study = CapacityStudy(hidden=[1, 2], starts=2, epochs=20, n_jobs=1).fit(X, np.sin(6 * X))
    >>> display = CapacityDisplay.from_study(study, ax=Figure().subplots())
    >>> display.ax_.get_xlabel()
    'hidden units'
    """

    ax_: Axes
    figure_: Figure

    def __init__(
        self, *, trials: TrialColumns, choice: ChosenNetwork, score: Score, unit: str = HIDDEN_UNIT
    ) -> None:
        self.trials, self.choice, self.score, self.unit = trials, choice, score, unit

    @classmethod
    def from_study(cls, study: CapacityStudy, *, ax: Axes | None = None) -> CapacityDisplay:
        """Return the display of a fitted ``CapacityStudy``, drawn on ``ax`` or on axes of its own.

        Raises ``ConfigurationError`` for what is no study, and for one that is not fitted.
        """
        return cls._of(study, ax, standardised=False)

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> CapacityDisplay:
        """Return the display of the study of a fitted ``ShoalClassifier`` or ``ShoalRegressor``.

        Raises ``ConfigurationError`` for estimators that have none.
        """
        study = getattr(estimator, "study_", None)
        if study is None:
            raise ConfigurationError(
                f"{type(estimator).__name__} has no study; give a ShoalClassifier or ShoalRegressor that is "
                "fitted, or a CapacityStudy to from_study"
            )
        return cls._of(study, ax, standardised=True)

    @classmethod
    def _of(cls, study: Any, ax: Axes | None, standardised: bool) -> CapacityDisplay:
        if not isinstance(study, CapacityStudy):
            raise ConfigurationError(f"a CapacityStudy is drawn here, got {type(study).__name__}")
        choice = cast("ChosenNetwork", study.choice.to_dict())
        score = score_of(study.best.network.criterion, standardised)
        unit = study.architecture.unit
        return cls(trials=trials_shown(study.table), choice=choice, score=score, unit=unit).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> CapacityDisplay:
        """Draw on ``ax``, or on axes of a new figure, and return the display."""
        self.ax_ = drawing.axes_or_new(ax)
        self.figure_ = cast("Figure", self.ax_.figure)
        drawn = capacity.draw(self.ax_, self.trials, self.choice, self.score, self.unit)
        drawing.legend_within(self.ax_, drawn.legend)
        return self
