"""Training one cohort: a pure function of arrays, so that any ``concurrent.futures`` executor can run it."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.engines import choose_engine
from shoal.networks.chain import Chain
from shoal.populations.blockwise import train_blockwise
from shoal.populations.halving import train_halving
from shoal.populations.population import Population
from shoal.populations.trainer import TrainingResult, begin_on, losses_on
from shoal.randomness import member_id
from shoal.selection.candidates.candidate import hidden_label
from shoal.selection.cohorts.by_evidence import epochs_a_round, train_members
from shoal.selection.cohorts.gathered import Commons, Gathered, Part
from shoal.selection.samples.splits import some_rows
from shoal.selection.samples.study_samples import class_labels
from shoal.selection.samples.weighted_means import mean_and_error, weighted_mean
from shoal.selection.trials import Trials
from shoal.training.problem import Samples
from shoal.training.stopping import Reason
from shoal.workers import one_thread

if TYPE_CHECKING:
    from shoal.bayes.laplace import Laplace
    from shoal.selection.cohorts.task import Task
    from shoal.shapes import Array
    from shoal.training.problem import Validation


SCORED = 10**10
"""Operations of a network that its training loss may take: of a network of images, that of some samples."""


@dataclass(frozen=True)
class CohortResult:
    """The trained members of a cohort, in its order: their rows in the table and parameters (P, D).

    ``losses`` (2, P, E) are J and the validation loss after every epoch, None where nobody watched it.
    ``engine`` is the label of the one that trained them, where they were trained.
    """

    index: int
    trials: Trials
    theta: Array
    losses: Array | None = None
    engine: str = ""


@dataclass(frozen=True)
class Curves:
    """The losses of one network in each of its epochs (E,): J, and the validation loss without penalty.

    ``best_epoch``, of the smallest validation loss, counts from 1.
    """

    train_loss: Array
    validation_loss: Array
    best_epoch: int


def run_cohort(task: Task, threads: int = 1, commons: Commons | None = None) -> CohortResult:
    """Train the members of a cohort, on as many threads where the engine has them, and score them.

    The same task gives the same bits in any process, executor and number of threads: linear algebra runs
    on one thread, and a member's streams are keyed by its candidate, start and fold. In the ``commons`` lie
    the samples of other cohorts of the study.
    """
    began = time.perf_counter()
    with one_thread(), np.errstate(all="ignore"):  # what diverged overflows once more
        rows, network = (commons or Commons()).of(task), task.inputs.network(task.network)
        watched = task.recipe.patience is not None or task.conditions.halving is not None
        result, found = _train(task, rows, watch=watched and task.held.size > 0, threads=threads)
        scored = _scored(task, rows.trained, network)
        train_loss = weighted_mean(losses_on(result.population, scored.samples, threads), scored.weights)
        loss, error = _score(result.population, rows.judged, threads)
    seconds = (time.perf_counter() - began) / result.population.size
    history = result.history
    course = history.validation_loss
    return CohortResult(
        task.cohort.index,
        _trials(task, result, (train_loss, loss, error), found, seconds),
        task.inputs.widened(result.population, task.network),
        None if course is None else np.stack([history.loss, course]),
        choose_engine(task.conditions.engine, network, task.recipe).label,
    )


def _scored(task: Task, trained: Part, network: Chain) -> Part:
    """Return those of the samples trained on that the training loss is of: the same for all networks."""
    X, y, weights = trained.X, trained.y, trained.weights
    most = max(SCORED // network.operations, 1)
    if len(X) <= most:
        return trained
    some = some_rows(len(X), most, task.recipe.seed, class_labels(y, network.criterion))
    if weights is not None and not weights[some].any():  # which say nothing
        return trained
    X, y, weights = X[some], y[some], None if weights is None else weights[some]
    return Part(Samples.of(network, X, y, dtype=task.conditions.dtype, checked=True), X, y, weights)


def is_of(task: Task, trials: Trials) -> bool:
    """Whether trials are of the networks of a task, in its order, with the losses that such a task has."""
    members = task.cohort.members
    expected = {
        "candidate": [member.candidate.index for member in members],
        "start": [member.start for member in members],
        "l2": [member.candidate.l2 for member in members],
        "fold": [task.cohort.fold] * len(members),
        "hidden": [hidden_label(task.cohort.form.hidden)] * len(members),
        "parameters": [task.inputs.network(task.network).n_parameters] * len(members),
    }
    needed = ["train_loss"]
    needed += ["validation_loss", "validation_se"] if task.held.size else []
    needed += ["log_evidence", "gamma", "strength"] if task.conditions.by_evidence else []
    lost = trials["diverged"]
    return all(trials[name].tolist() == values for name, values in expected.items()) and all(
        (lost | np.isfinite(trials[name])).all() for name in needed
    )


def trace(task: Task) -> Curves:
    """Train a cohort of one again and return its course.

    A member is the same bits in any company, so this is the training that it had in its cohort; watching
    the validation loss of one network costs less than having watched all of them.
    """
    with one_thread():
        history = _train(task, Gathered.of(task), watch=True, threads=1)[0].history
    assert history.validation_loss is not None
    epochs = int(history.epochs[0])
    return Curves(history.loss[0, :epochs], history.validation_loss[0, :epochs], int(history.best_epoch[0]))


def _train(task: Task, rows: Gathered, watch: bool, threads: int) -> tuple[TrainingResult, Laplace | None]:
    cohort, recipe, by_evidence = task.cohort, task.recipe, task.conditions.by_evidence
    keys = [member_id(m.candidate.index, m.start, cohort.fold) for m in cohort.members]
    network = task.inputs.network(task.network)
    population = Population.from_members(network, keys, recipe.seed, task.conditions.dtype)
    trained, judged = rows.trained, rows.judged if watch else None
    l2 = np.array([m.candidate.l2 for m in cohort.members])

    epochs = epochs_a_round(recipe.epochs) if by_evidence else recipe.epochs

    own_of = [m.candidate.own for m in cohort.members]
    further: dict[str, Any] = {name: tuple(own[name] for own in own_of) for name in own_of[0]}

    def fit(members: Population, strengths: Array) -> TrainingResult:
        own = dataclasses.replace(recipe, l2=strengths, epochs=epochs, **further)
        how: dict[str, Any] = {"engine": task.conditions.engine, "n_jobs": threads}
        blocks = task.conditions.blocks
        if blocks is not None:
            blocks = blocks.without(cohort.fold).seen_by(task.inputs.seen)
            return train_blockwise(members, blocks, own, validation=_validation(judged), **how)
        how["validation"] = None if judged is None else judged.samples
        if (halving := task.conditions.halving) and judged is not None:
            return train_halving(members, trained.samples, own, halving, **how)
        run = begin_on(members, trained.samples, own, **how)
        run.finish()
        return TrainingResult(run.population, run.history)

    if by_evidence:
        return train_members(fit, population, np.asarray(trained.X), trained.y, l2)
    return fit(population, l2), None


def _validation(judged: Part | None) -> Validation | None:
    """Return the judging samples as a training watches them that reads others from the disk."""
    if judged is None:
        return None
    X, y, weights = judged.X, judged.y, judged.weights
    return (X, y) if weights is None else (X, y, weights)


def _score(population: Population, judged: Part | None, threads: int) -> tuple[Array, Array]:
    """Return the mean loss over the judging samples and its standard error, (P,) each."""
    if judged is None:
        return np.full(population.size, np.nan), np.full(population.size, np.nan)
    losses = losses_on(population, judged.samples, threads)
    return mean_and_error(losses.astype(np.float64), judged.weights)


def _trials(
    task: Task,
    trained: TrainingResult,
    scores: tuple[Array, Array, Array],
    found: Laplace | None,
    seconds: float,
) -> Trials:
    history, cohort = trained.history, task.cohort
    reasons = history.reasons
    unknown = np.full(len(cohort.members), np.nan)
    told = partial(history.last_told, of_best=task.recipe.patience is not None)
    by_solver = unknown, told("gamma"), told("alpha") / told("beta")
    bayes = (found.log_evidence, found.gamma, found.l2) if found else by_solver
    # the last update may have been the one that went too far
    known = [*(scores if task.held.size else scores[:1]), *(bayes if found else ())]
    lost = trained.diverged | ~np.isfinite(known).all(axis=0)
    train_loss, validation_loss, error = (np.where(lost, np.nan, score) for score in scores)
    log_evidence, gamma, strength = (np.where(lost, np.nan, score) for score in bayes)
    rows = [
        {
            "candidate": member.candidate.index,
            "hidden": hidden_label(cohort.form.hidden),
            "l2": member.candidate.l2,
            "start": member.start,
            "fold": cohort.fold,
            "parameters": trained.population.network.n_parameters,
            "train_loss": train_loss[p],
            "validation_loss": validation_loss[p],
            "validation_se": error[p],
            "epochs": history.epochs[p],
            "best_epoch": history.best_epoch[p],
            "stopped": str(Reason.DIVERGED) if lost[p] else reasons[p],
            "diverged": lost[p],
            "seconds": seconds,
            "log_evidence": log_evidence[p],
            "gamma": gamma[p],
            "strength": strength[p],
        }
        for p, member in enumerate(cohort.members)
    ]
    return Trials.from_rows(rows)
