"""``LearningCurveDisplay``: losses over the epochs of a training, on given axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from shoal.errors import ConfigurationError, DataError
from shoal.estimators.displays.losses import score_of
from shoal.jobs.evidence import curves_shown
from shoal.plots import curves, drawing
from shoal.populations.trainer import TrainingResult
from shoal.selection.study import CapacityStudy
from shoal.shapes import whole_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from shoal.plots.evidence import LossCurves, Score


class LearningCurveDisplay:
    """Training and validation loss against epochs, the best epoch marked.

    The training loss is the objective J, with its penalties. Make one by ``from_estimator``, ``from_study``,
    ``from_result`` or ``from_losses``; ``plot`` draws it again. Attributes: ``ax_`` and ``figure_``,
    matplotlib's; ``curves`` and ``score``, what is drawn, as ``evidence.json`` has it.

    >>> from matplotlib.figure import Figure
    >>> display = LearningCurveDisplay.from_losses([3.0, 2.0, 1.5], [3.1, 2.5, 2.8], ax=Figure().subplots())
    >>> display.curves["best_epoch"]
    2
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, *, curves: LossCurves, score: Score) -> None:
        self.curves, self.score = curves, score

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> LearningCurveDisplay:
        """Return the display of a fitted estimator: of its chosen network, or of its ``loss_curve_``.

        Raises ``ConfigurationError`` for estimators that keep no losses.
        """
        study = getattr(estimator, "study_", None)
        if isinstance(study, CapacityStudy):
            score = score_of(study.best.network.criterion, standardised=True)
            return cls(curves=curves_shown(study), score=score).plot(ax=ax)
        training = getattr(estimator, "loss_curve_", None)
        if training is None:
            raise ConfigurationError(
                f"{type(estimator).__name__} has no losses by epoch, which fitted estimators have whose "
                "solver takes epochs, such as 'adam'"
            )
        validation = getattr(estimator, "validation_loss_curve_", None)
        name = getattr(estimator, "loss", "log_loss")
        return cls.from_losses(training, validation, loss=name, ax=ax)

    @classmethod
    def from_study(cls, study: CapacityStudy, *, ax: Axes | None = None) -> LearningCurveDisplay:
        """Return the display of the network that a fitted ``CapacityStudy`` chose.

        Raises ``ConfigurationError`` for what is no study, and for one that is not fitted.
        """
        if not isinstance(study, CapacityStudy):
            raise ConfigurationError(f"a CapacityStudy is drawn here, got {type(study).__name__}")
        return cls(curves=curves_shown(study), score=score_of(study.best.network.criterion)).plot(ax=ax)

    @classmethod
    def from_result(
        cls, result: TrainingResult, *, member: int | None = None, ax: Axes | None = None
    ) -> LearningCurveDisplay:
        """Return the display of one member of what ``shoal.train`` returns; None takes the best.

        The best has the lowest validation loss, or the lowest last loss where nothing validates. Raises
        ``ConfigurationError`` for a member that is not there.
        """
        history, size = result.history, result.population.size
        chosen = _best(result) if member is None else whole_number(member, "member", 0)
        if chosen >= size:
            raise ConfigurationError(f"member must be 0 to {size - 1}, got {member}")
        epochs = int(history.epochs[chosen])
        held = history.validation_loss
        validation = None if held is None else held[chosen, :epochs]
        loss = result.population.network.criterion
        return cls.from_losses(history.loss[chosen, :epochs], validation, loss=loss, ax=ax)

    @classmethod
    def from_losses(
        cls,
        training: npt.ArrayLike,
        validation: npt.ArrayLike | None = None,
        *,
        loss: Any = "loss",
        ax: Axes | None = None,
    ) -> LearningCurveDisplay:
        """Return the display of losses after each epoch, (E,) of ``training`` and of ``validation``.

        ``loss`` says which they are. Raises ``DataError`` for what are no losses of as many epochs.
        """
        train = _losses(training, "training")
        held = None if validation is None else _losses(validation, "validation")
        if held is not None and len(held) != len(train):
            raise DataError(f"validation has {len(held)} losses and training {len(train)}; give one an epoch")
        best = None
        if held is not None and np.isfinite(held).any():
            best = int(np.where(np.isfinite(held), held, np.inf).argmin()) + 1
        shown: LossCurves = {
            "train_loss": _shown(train),
            "validation_loss": None if held is None else _shown(held),
            "best_epoch": best,
        }
        return cls(curves=shown, score=score_of(loss)).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> LearningCurveDisplay:
        """Draw on ``ax``, or on axes of a new figure, and return the display."""
        from matplotlib.lines import Line2D

        self.ax_ = drawing.axes_or_new(ax)
        self.figure_ = cast("Figure", self.ax_.figure)
        ends = curves.draw(self.ax_, self.curves, self.score)
        drawing.legend_within(self.ax_, [[(Line2D([], [], **end.style), end.name) for end in ends]])
        return self


def _best(result: TrainingResult) -> int:
    """Return the member of the lowest validation loss, or of the lowest last loss."""
    history = result.history
    if history.validation_loss is not None:
        merit = np.where(np.isfinite(history.validation_loss), history.validation_loss, np.inf).min(axis=1)
    else:
        last = history.loss[np.arange(len(history.epochs)), np.maximum(history.epochs - 1, 0)]
        merit = np.where(history.diverged | ~np.isfinite(last), np.inf, last)
    return int(merit.argmin())


def _losses(values: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    try:
        losses = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"the {name} losses must be numbers, one an epoch") from None
    if losses.ndim != 1 or not losses.size:
        raise DataError(f"the {name} losses have shape {losses.shape}, expected one an epoch, (E,)")
    return losses


def _shown(losses: npt.NDArray[np.float64]) -> list[float | None]:
    return [float(loss) if np.isfinite(loss) else None for loss in losses]
