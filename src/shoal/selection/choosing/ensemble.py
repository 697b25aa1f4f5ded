"""Choosing several networks whose averaged predictions generalise better than any one of them."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from shoal.selection.choosing.choice import Choice, determined
from shoal.selection.choosing.contenders import HIDDEN_UNIT, Contender, all_contenders, finite_contenders
from shoal.selection.choosing.spreads import spreads

if TYPE_CHECKING:
    from shoal.losses import Loss
    from shoal.selection.samples.study_samples import StudySamples
    from shoal.selection.store.networks import StoredNetworks
    from shoal.selection.trials import Trials
    from shoal.shapes import Array

MOST_MEMBERS = 20
MOST_CONTENDERS = 50
"""Of one architecture, those with the smallest validation losses (Caruana et al., section 2.3)."""

Predict: TypeAlias = Callable[[Sequence[Contender]], "Array"]
SampleLosses: TypeAlias = Callable[["Array"], "Array"]


def choose_from_store(
    trials: Trials, stored: StoredNetworks, samples: StudySamples, folds: Sequence[int], unit: str
) -> Choice:
    """Return ``choose_ensemble`` of trained networks, for the samples that these folds hold out."""
    held = np.concatenate([samples.splits[fold][1] for fold in folds])
    weights = None if samples.weights is None else samples.weights[held]
    if samples.of_many_classes:
        return choose_ensemble(
            trials,
            predict=lambda contenders: stored.of_the_class(contenders, samples, folds),
            sample_losses=lambda predictions: _weighed(class_losses(predictions), weights),
            unit=unit,
        )
    judged = samples.loss.encode(samples.y, samples.n_outputs)[:, held]
    return choose_ensemble(
        trials,
        predict=lambda contenders: stored.predictions(contenders, samples, folds),
        sample_losses=lambda predictions: _weighed(
            prediction_losses(samples.loss, predictions, judged), weights
        ),
        unit=unit,
    )


def _weighed(losses: Array, weights: Array | None) -> Array:
    """Return losses (N,) whose plain mean is the mean with these weights."""
    return losses if weights is None else losses * (weights / weights.mean())


def choose_ensemble(
    trials: Trials, predict: Predict, sample_losses: SampleLosses, unit: str = HIDDEN_UNIT
) -> Choice:
    """Return the members of one architecture whose mean prediction has the smallest validation loss.

    ``predict`` gives the contenders' predictions (M, N, K) for the samples that validate, and
    ``sample_losses`` the losses (N,) of predictions (N, K).

    Raises ``ConfigurationError`` if every network diverged.
    """
    everyone = all_contenders(trials)
    contenders = finite_contenders(everyone, len(trials))
    groups: dict[str, list[Contender]] = defaultdict(list)
    for contender in sorted(contenders, key=lambda c: c.validation_loss):
        group = groups[contender.form or contender.hidden]
        if len(group) < MOST_CONTENDERS:
            group.append(contender)
    ensembles = []
    for group in groups.values():
        picks, losses = greedy(predict(group), sample_losses)
        ensembles.append((float(losses.mean()), [group[i] for i in picks], losses))
    loss, members, losses = min(ensembles, key=lambda ensemble: ensemble[0])
    best = min(contenders, key=lambda c: c.validation_loss)
    distinct = list(dict.fromkeys(members))
    chosen = dataclasses.replace(
        members[0],
        parameters=sum(member.parameters for member in distinct),
        validation_loss=loss,
        standard_error=float(losses.std(ddof=1) / np.sqrt(losses.size)) if losses.size > 1 else 0.0,
    )
    sentence = f"{_sentence(members, best, loss, unit)}{determined(trials, distinct)}"
    return Choice("ensemble", chosen, tuple(members), best, None, sentence, spreads(everyone))


def _sentence(members: Sequence[Contender], best: Contender, loss: float, unit: str) -> str:
    if len(members) == 1:
        who = members[0].words(unit)
        return f"{who}: validation loss {loss:.4g}, which the mean with no other network lowers."
    networks = len(dict.fromkeys(members))
    return (
        f"The mean of {_count(len(members), 'prediction')} by {_count(networks, 'network')} of hidden size "
        f"{members[0].hidden}: validation loss {loss:.4g}, against {best.validation_loss:.4g} from the best "
        f"single network, {best.words(unit)}; members were added greedily for as long as the loss fell."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def greedy(
    predictions: Array,
    sample_losses: SampleLosses,
    limit: int = MOST_MEMBERS,
    first: Sequence[int] = (),
) -> tuple[list[int], Array]:
    """Return the picks, first to last, and the losses (N,) of their mean prediction.

    Starting from nothing, or from those that are picked ``first``, add the member (M, N, K) whose addition
    gives the mean prediction the smallest loss, any number of times, until no addition lowers it or ``limit``
    are picked.

    Source: Caruana, Niculescu-Mizil, Crew & Ksikes 2004, "Ensemble selection from libraries of models",
    sections 2, 2.1 (selection with replacement) and 2.2 (sorted initialisation).

    >>> import numpy as np
    >>> predictions = np.array([[[0.0]], [[3.0]], [[9.0]]])
    >>> greedy(predictions, lambda p: (p[:, 0] - 2.0) ** 2)  # the mean of 3, 0 and 3 is 2
    ([1, 0, 1], array([0.]))
    """
    picks = list(first)
    total = np.zeros_like(predictions[0])
    losses = np.full(predictions.shape[1], np.inf)
    if picks:
        total = predictions[picks].sum(axis=0)
        losses = sample_losses(total / len(picks))
    while len(picks) < limit:
        trial = [sample_losses((total + prediction) / (len(picks) + 1)) for prediction in predictions]
        best = int(np.argmin([loss.mean() for loss in trial]))
        if not trial[best].mean() < losses.mean():
            break
        picks.append(best)
        total = total + predictions[best]
        losses = trial[best]
    return picks, losses


def prediction_losses(loss: Loss, predictions: Array, targets: Array) -> Array:
    """Return the losses (N,) of predictions ŷ (N, K) against encoded targets (K, N).

    A loss takes z, so the inverse of its link is applied first; certainty is kept away from 0 and 1 by
    one rounding error.
    """
    z = np.asarray(predictions, dtype=np.float64).T
    if loss.has_link:
        z = _INVERSE_LINKS[loss.name](np.clip(z, np.finfo(z.dtype).tiny, None))
    losses: Array = loss.value(z[None], targets)[0]
    return losses


def class_losses(predictions: Array) -> Array:
    """Return the cross-entropy (N,) of probabilities (N, 1) that are those of each sample's own class::

        −ln ŷ_c        c: the class

    which is all that it takes where targets are classes: of a thousand classes 999 need not be held.

    >>> class_losses(np.array([[1.0], [0.5]])).round(4)
    array([-0.    ,  0.6931])
    """
    losses: Array = -np.log(np.clip(predictions[:, 0], np.finfo(predictions.dtype).tiny, None))
    return losses


def _logit(p: Array) -> Array:
    p = np.minimum(p, 1 - np.finfo(p.dtype).epsneg)
    z: Array = np.log(p) - np.log1p(-p)
    return z


_INVERSE_LINKS: dict[str, Callable[[Array], Array]] = {
    "log_loss": _logit,
    "cross_entropy": np.log,
    "step_cross_entropy": np.log,
    "poisson": np.log,
}
