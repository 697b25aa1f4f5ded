"""How a job learns from sequences: a study of recurrent networks, and the mixture that they are a view of.

The study's networks read a series to its end, so that every step of the chain rule can be shown of them.

Sizes are counted in operations, so that a request and its seed are the same model at any load; the
``time`` that is asked for alone ends the study by the clock.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from shoal.jobs.judging.held import Held
from shoal.jobs.recipes import Method, as_asked, plain_method
from shoal.jobs.request import FitRequest
from shoal.jobs.sequences.model import SequenceModel
from shoal.jobs.sequences.views import LOSSES, budget_of, views_after
from shoal.jobs.sizing.study import Sizing, StudySize
from shoal.mixtures.mixture import Mixture, weighted
from shoal.mixtures.planning import affordable
from shoal.mixtures.targets import Targets
from shoal.mixtures.trained_view import FittedNetworks, recipe_for
from shoal.mixtures.views import Fitted, Schooling, at_temperature, temperature_of
from shoal.selection.candidates.architectures import Recurrent
from shoal.selection.candidates.candidate import hidden_label
from shoal.sequences import Sequences
from shoal.shapes import Shape
from shoal.words import plural

if TYPE_CHECKING:
    from shoal.jobs.prepared import Prepared
    from shoal.selection.study import CapacityStudy

STUDIED = 0.04
"""Of the operations, what the study of recurrent networks has: fold by fold they are slower by some times."""
PACE = 2e9
"""Operations a second of a core, for an estimate that nothing is decided by."""
RATE = 0.001
"""Of a solver that the user names."""


def method_for(request: FitRequest, shape: Shape, N: int) -> Method:
    """Return how the networks of N series of a shape (C, T) are made."""
    architecture = Recurrent(shape, "gru")
    if request.solver is None:
        return as_asked(Method(replace(recipe_for(N), patience=None), architecture, watched=False), request)
    plain = plain_method(request, architecture, RATE)
    return replace(plain, recipe=replace(plain.recipe, patience=request.patience), watched=False)


def sized(request: FitRequest, prepared: Prepared, shape: Shape) -> Sizing:
    """Return the study of series (C, T) that the operations allow, with what was asked for in its place."""
    budget, N, folds = budget_of(request), len(prepared.train), prepared.folds or 1
    view = affordable(Recurrent(shape, "gru"), shape, N, prepared.n_classes, folds, STUDIED * budget)
    size = request.size.filled(StudySize((view.hidden,), 1, (0.0,), view.epochs))
    networks = f"{' and '.join(map(hidden_label, size.hidden))} units, {plural(size.epochs, 'epoch')}"
    told = f"Sized by {budget:.2g} operations: recurrent networks of {networks}."
    if request.time is not None:
        told = f"Ends after about {request.time:g} s, with the best found until then. {told}"
    return Sizing(size, request.time or budget / PACE, (told,))


def learnt(
    request: FitRequest, prepared: Prepared, study: CapacityStudy, channels: int
) -> tuple[SequenceModel, Held]:
    """Return the model that a study of series with ``channels`` leads to, and what it says of those held out.

    An ensemble becomes a view of a mixture, beside those that the estimators have; of another rule of choice,
    and of losses that those have not, the networks are the model.
    """
    model, held = cast("SequenceModel", prepared.model(study.best)), Held.of(study)
    if held.again or prepared.rule(request) != "ensemble" or prepared.loss[0] not in LOSSES:
        return model, held
    X, y = prepared.development
    assert isinstance(X, Sequences)
    weights, attributes = prepared.weights, prepared.train.attributes
    schooling = Schooling(
        X,
        Targets(y, prepared.n_classes, None if weights is None else weights / weights.mean()),
        study.splits,
        request.seed,
        channels,
        request.jobs,
        grouped=attributes.groups is not None,
        ahead=attributes.times is not None,
    )
    taught: list[tuple[str, Fitted[Sequences]]] = [("networks of the study", _view(study, held, schooling))]
    for view in views_after(request, schooling):
        fitted = view.fit(schooling)
        if fitted is not None:
            taught.append((view.words, fitted))
    mixture = Mixture.of(taught, schooling.targets, schooling.held)
    plain = weighted([member.held_out[schooling.held] for member in mixture.members], mixture.weights)
    mixed = replace(held, predictions=plain, rows=schooling.held, folds=None)
    return replace(model, mixture=mixture), mixed


def _view(study: CapacityStudy, held: Held, schooling: Schooling[Sequences]) -> FittedNetworks:
    """Return the networks of a study as a view of a mixture."""
    targets = schooling.targets
    plain = np.full((len(schooling.series), targets.outputs), np.nan)
    plain[held.rows] = held.predictions
    temperature = temperature_of(held.predictions, targets.rows(held.rows))
    return FittedNetworks(study.best, temperature, at_temperature(plain, temperature))
