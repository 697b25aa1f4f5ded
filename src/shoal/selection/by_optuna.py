"""Optuna in the driver's seat: its samplers propose whole populations, and its storage keeps the trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from shoal.errors import ConfigurationError, MissingDependencyError
from shoal.selection.candidates.axes import Axis, Span, axis_of, together
from shoal.selection.candidates.candidate import told
from shoal.selection.choosing.contenders import all_contenders
from shoal.selection.study import CapacityStudy
from shoal.shapes import whole_number
from shoal.training.stopping import Reason

if TYPE_CHECKING:
    import optuna

    from shoal.selection.samples.study_samples import Validation


def search_with_optuna(
    study: optuna.Study,
    space: Mapping[str, object],
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    trials: int = 256,
    batch: int = 32,
    validation: Validation | None = None,
    **settings: Any,
) -> CapacityStudy:
    """Return the best of the studies that train what an Optuna study proposes, ``batch`` trials at a time.

    ``study`` minimises one value, and is asked for as many ``trials``, whatever it holds already: so a search
    in a storage of Optuna's goes on where it was. ``space`` has axes as that of ``CapacityStudy``, whose
    other ``settings`` are passed on. A batch is trained as populations of what agrees in form, split alike in
    every batch, and its n-th networks begin from the same random numbers. What Optuna is told of a trial is
    the mean validation loss over folds and the lowest over starts; with ``halving``, trials that others
    outdid are pruned, with their loss as the value reached; those that diverged are pruned without one, and
    those that there was no time for have failed. A batch is proposed before any of it is known, which
    ``TPESampler(constant_liar=True)`` is made for.

    Raises ``ConfigurationError`` for a study that maximises or has several values and where all trials
    diverged, and what ``CapacityStudy`` raises; trials that were asked for are then failed ones.
    ``MissingDependencyError`` without Optuna.

    Source: Akiba, Sano, Yanase, Ohta & Koyama 2019, "Optuna: a next-generation hyperparameter optimization
    framework".
    """
    optuna = _optuna()
    left, batch = whole_number(trials, "trials"), whole_number(batch, "batch")
    if [direction.name for direction in study.directions] != ["MINIMIZE"]:
        raise ConfigurationError(
            "losses are minimised, got a study that maximises or has several values; make it by "
            "optuna.create_study(direction='minimize')"
        )
    if not isinstance(space, Mapping) or not space:
        raise ConfigurationError(
            f"space takes axes by name, such as {{'learning_rate': (1e-4, 0.1)}}, got {space!r}"
        )
    axes = {name: axis_of(name, given) for name, given in together(space).items()}
    CapacityStudy(space=dict(space), draws=1, **settings)  # what is wrong is said before anything is asked
    distributions = {name: _distribution(axis) for name, axis in axes.items()}
    best: CapacityStudy | None = None
    lost: ConfigurationError | None = None
    while left:
        asked = [study.ask(distributions) for _ in range(min(batch, left))]
        try:
            found, lost = _trained(asked, axes, X, y, validation, settings)
        except BaseException:
            for trial in asked:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            raise
        _tell(study, asked, found)
        left -= len(asked)
        if lost is None and (
            best is None or found.choice.best.validation_loss < best.choice.best.validation_loss
        ):
            best = found
    if best is None and lost is not None:
        raise lost
    assert best is not None
    return best


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise MissingDependencyError(
            "a search that Optuna drives needs Optuna: pip install 'shoal[optuna]', or CapacityStudy(space=…)"
        ) from None
    return optuna


def _distribution(axis: Axis) -> Any:
    """Return an axis as Optuna has it; values that it cannot store are told in words."""
    distributions = _optuna().distributions
    if isinstance(axis, Span) and axis.steps is None:
        return distributions.FloatDistribution(float(axis.low), float(axis.high), log=axis.log)
    return distributions.CategoricalDistribution([_stored(value) for value in axis.values])


def _stored(value: Any) -> Any:
    return value if value is None or type(value) in (bool, int, float, str) else told(value)


def _value(axis: Axis, stored: Any) -> Any:
    """Return the value of an axis that Optuna has stored."""
    return next((value for value in axis.values if _stored(value) == stored), stored)


def _trained(
    asked: list[Any],
    axes: Mapping[str, Axis],
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    validation: Validation | None,
    settings: Mapping[str, Any],
) -> tuple[CapacityStudy, ConfigurationError | None]:
    """Return a study of the points proposed, and the error of one whose networks all diverged."""
    points = [{name: _value(axes[name], value) for name, value in trial.params.items()} for trial in asked]
    usual = {"choose": "best"} | dict(settings)
    made = CapacityStudy(space=points, **usual)
    try:
        return made.fit(X, y, validation=validation), None
    except ConfigurationError as error:
        if made.is_lost:
            return made, error
        raise


def _tell(study: optuna.Study, asked: list[Any], found: CapacityStudy) -> None:
    """Tell Optuna what became of its trials, each of which was a candidate."""
    state = _optuna().trial.TrialState
    table = found.table
    losses = np.full(len(found.candidates), np.nan)
    for contender in all_contenders(table):
        losses[contender.candidate] = np.fmin(losses[contender.candidate], contender.validation_loss)
    tried = set(table["candidate"].tolist())
    outdone = {int(c) for c in table["candidate"][table["stopped"] == str(Reason.OUTDONE)]}
    for candidate, trial in enumerate(asked):
        loss = float(losses[candidate])
        if candidate not in tried:
            study.tell(trial, state=state.FAIL)
        elif not np.isfinite(loss):
            study.tell(trial, state=state.PRUNED)
        elif candidate in outdone:
            trial.report(loss, int(table["epochs"][table["candidate"] == candidate].max()))
            study.tell(trial, state=state.PRUNED)
        else:
            study.tell(trial, loss)
