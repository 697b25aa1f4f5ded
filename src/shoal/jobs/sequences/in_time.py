"""How a model of sequences does over time, for its report: see ``shoal.plots.in_time``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from shoal.explanation import in_time
from shoal.jobs.judging.examples import called_by, told
from shoal.networks.chain import Chain
from shoal.plots.in_time import InTime, LengthBin, Reach, States
from shoal.populations.population import Population
from shoal.randomness import Purpose, permutation
from shoal.report.verdict import wilson_interval
from shoal.sequences import Sequences
from shoal.shapes import Array, IntArray
from shoal.workers import one_thread

if TYPE_CHECKING:
    from shoal.jobs.deadline import Deadline
    from shoal.jobs.sequences.model import SequenceModel
    from shoal.jobs.sequences.prepare import PreparedSequences

BINS, FEWEST = 8, 5
"""Of lengths at most, and sequences of each at least."""
LOOKED_AT = 32
"""Sequences that gradients are of, at most."""
STEPS, UNITS, CHANNELS = 300, 64, 3
"""Of the sequence whose states are shown, at most."""


def over_time(model: SequenceModel, prepared: PreparedSequences, deadline: Deadline) -> InTime:
    """Return what there is to show: errors by length, and of a recurrent network its states and gradients.

    What takes networks is left out where the deadline has passed.
    """
    scores = model.predict_features(prepared.test.X)
    called, found = called_by(model, scores), InTime()
    bins = by_length(errors(scores, called, prepared), prepared.series[2].lengths, bool(prepared.n_classes))
    if bins:
        found["by_length"] = bins
    if in_time.recurrent_layer(model.population.network) is not None and deadline.left() > 0:
        network, theta = model.population.network, model.population.theta[:1].astype(np.float64)
        with one_thread():  # the same bits on any number of cores
            found["reach"] = _reach(model.population, prepared)
            found["states"] = _states(network, theta, prepared, scores, called)
    return found


def errors(scores: Array, called: IntArray | None, prepared: PreparedSequences) -> Array:
    """Return whether each test sequence is ``called`` wrongly, or by how much its number is missed (N,)."""
    actual = prepared.test.y
    if called is not None:
        return np.asarray(called != actual, dtype=np.float64)
    said, meant = (prepared.target.decode_values(values) for values in (scores, actual))
    return np.abs(np.asarray(said, dtype=np.float64) - np.asarray(meant, dtype=np.float64))


def by_length(wrong: Array, lengths: IntArray, shares: bool) -> list[LengthBin]:
    """Return the mean of ``wrong`` (N,) by length, of about as many sequences each; none of one length alone.

    >>> [each["last"] for each in by_length(np.zeros(10), np.arange(10), shares=True)]
    [4, 9]
    """
    order = np.argsort(lengths, kind="stable")
    count = min(BINS, len(lengths) // FEWEST)
    if count < 2:
        return []
    ends = np.unique(lengths[order[[-(-len(order) * k // count) - 1 for k in range(1, count + 1)]]])
    below = np.concatenate([[-1], ends[:-1]])
    parts = [(lengths > low) & (lengths <= high) for low, high in zip(below, ends, strict=True)]
    return [_bin(wrong[part], lengths[part], shares) for part in parts] if len(parts) > 1 else []


def _bin(wrong: Array, lengths: IntArray, shares: bool) -> LengthBin:
    """Return a bin with Wilson's interval of a share, or the normal one of a mean."""
    mean, half = float(wrong.mean()), 1.96 * float(wrong.std()) / math.sqrt(len(wrong))
    low, high = wilson_interval(mean, len(wrong)) if shares else (max(mean - half, 0.0), mean + half)
    return {
        "first": int(lengths.min()),
        "last": int(lengths.max()),
        "count": len(wrong),
        "error": _short(mean),
        "low": _short(low),
        "high": _short(high),
    }


def _reach(population: Population, prepared: PreparedSequences) -> list[Reach]:
    """Return how far the gradient of the first network reaches, with its first weights and with its last."""
    network = population.network
    first = Population.from_members(network, population.keys[:1, 1], int(population.keys[0, 0]), "float64")
    X, part = _sequences(prepared.train.X), prepared.train
    longest = longest_of(X.lengths, int(population.keys[0, 0]))  # so that one step is compared with another
    T = int(X.lengths[longest].min())
    if T == 1:  # there is no way back
        return []
    series, y = Sequences(X.X[longest], X.lengths[longest]), targets(network, part.y[longest])
    begun, trained = (
        in_time.reach(network, theta, series, y)
        for theta in (first.theta, population.theta[:1].astype(np.float64))
    )
    return [
        {"direction": name, "start": _plain(begun[name][:T]), "end": _plain(line[:T])}
        for name, line in trained.items()
    ]


def longest_of(lengths: IntArray, seed: int) -> IntArray:
    """Return ``LOOKED_AT`` of the longest sequences, of equally long ones any: tables are often sorted.

    >>> [len(set(longest_of(np.array([5, 9] * 40), seed=0) % 2)), len(longest_of(np.array([5, 9]), seed=0))]
    [1, 2]
    """
    order = permutation(len(lengths), seed, 0, Purpose.PERMUTATION)
    found: IntArray = np.sort(order[np.argsort(-lengths[order], kind="stable")[:LOOKED_AT]])
    return found


def _states(
    network: Chain, theta: Array, prepared: PreparedSequences, scores: Array, called: IntArray | None
) -> States:
    """Return the surest test sequence among those that are told right, or the number that is told best."""
    test, actual = prepared.series[2], prepared.test.y
    if called is not None:
        sure = np.where(called == actual, scores[np.arange(len(called)), called], -1.0)
        row = int(sure.argmax())
        output, value = int(called[row]), float(called[row])
    else:
        row, output = int(np.abs(scores - actual).argmin()), 0
        value = float(scores[row])
    is_, said = told(prepared.target, actual[row], value)
    series = _sequences(prepared.test.X[row : row + 1])
    T = int(series.lengths[0])
    stride = -(-T // STEPS)
    salience = in_time.salience(network, theta, series, np.array([output]))[0].sum(axis=0)[:T]
    index = in_time.required_layer(network)
    return {
        "name": test.names[row],
        "actual": is_,
        "called": said,
        "layer": network.layers[index].name,
        "stride": stride,
        "channels": [_plain(channel[:T:stride]) for channel in series.X[0, :CHANNELS]],
        "salience": [_short(np.sum(salience[t : t + stride])) for t in range(0, T, stride)],
        "states": [
            _plain(unit[::stride]) for unit in in_time.states(network, theta, series.X[0, :, :T])[:UNITS]
        ],
    }


def targets(network: Chain, y: Array) -> Array:
    """Return targets y (N,) as a network's loss compares them: (K, N)."""
    if network.n_outputs == 1:
        return np.asarray(y, dtype=np.float64)[None]
    return np.eye(network.n_outputs)[:, np.asarray(y, dtype=np.intp)]


def _sequences(X: object) -> Sequences:
    assert isinstance(X, Sequences)
    return X


def _plain(values: Array) -> list[float]:
    return [_short(value) for value in values]


def _short(value: float) -> float:
    return float(f"{value:.4g}")
