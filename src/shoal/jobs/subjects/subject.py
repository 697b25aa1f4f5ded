"""What an explanation or a gradient check is about: a network, a batch of data, and their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shoal.data.targets.losses import POISSON, SQUARED
from shoal.errors import ConfigurationError
from shoal.jobs.model import Model
from shoal.jobs.subjects.batch import Batch
from shoal.layers import Dense
from shoal.mixtures.any_length import of_any_length
from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.randomness import Purpose, check_seed, stream
from shoal.sequences import Rows, Sequences
from shoal.shapes import Array
from shoal.words import setting


@dataclass(frozen=True)
class Subject:
    """One network (a population of one), a batch ``X`` and ``y``, and what the reader calls them.

    ``X`` are rows (N, n) or sequences. The first of the batch is the sample that an explanation shows.
    """

    population: Population
    X: Rows
    y: Array
    sample_name: str
    feature_names: tuple[str, ...] | None = None
    output_names: tuple[str, ...] | None = None


def subject_of(model: Model, some: Batch, member: int) -> Subject:
    """Return network ``member`` of a model of a study, counted from 1, with a batch."""
    if not 1 <= member <= model.population.size:
        raise ConfigurationError(
            f"{setting('member', member)} is not in this model, which holds {model.population.size}; count "
            "from 1"
        )
    network = model.population.members(member - 1)
    return Subject(
        of_any_length(network, some.X) if isinstance(some.X, Sequences) else network,
        some.X,
        some.y,
        some.name,
        some.feature_names,
        _output_names(model),
    )


def _output_names(model: Model) -> tuple[str, ...]:
    target = model.target
    if not target.labels:
        scaled = {SQUARED: "standardised", POISSON: "divided by its mean"}
        return (f"{target.name}, {scaled.get(target.loss or SQUARED, 'less its median, scaled')}",)
    return (f"{target.name}={target.labels[1]}",) if len(target.labels) == 2 else target.labels


def fresh_subject(
    sizes: Sequence[int], activation: str, loss: str | None, batch: int, seed: int, initializer: str | None
) -> Subject:
    """Return a network with random weights and a batch of random data that suit its loss.

    ``sizes`` are the numbers of inputs, hidden units and outputs. Without a loss one output gets the log
    loss, several get the cross-entropy.
    """
    if len(sizes) < 2:
        raise ConfigurationError(
            f"a network has inputs and outputs, and hidden layers between them, got {sizes}; write 4,3,2,1"
        )
    check_seed(seed)
    inputs, *hidden, outputs = sizes
    layers = [Dense(units, activation, initializer) for units in hidden]
    chosen = loss or ("log_loss" if outputs == 1 else "cross_entropy")
    network = Network(inputs, [*layers, Dense(outputs, initializer=initializer)], loss=chosen)
    rng = stream(seed, purpose=Purpose.OTHER)
    X = rng.normal(size=(batch, inputs))
    y = _random_targets(rng, network, batch)
    return Subject(network.population(1, seed=seed, dtype="float64"), X, y, "sample 1")


def _random_targets(rng: np.random.Generator, network: Chain, batch: int) -> Array:
    shape = (batch, network.n_outputs)
    if network.criterion.name == "cross_entropy":
        return rng.integers(network.n_outputs, size=batch)
    if network.criterion.name == "log_loss":
        return rng.integers(2, size=shape)
    return rng.poisson(2.0, size=shape) if network.criterion.name == "poisson" else rng.normal(size=shape)
