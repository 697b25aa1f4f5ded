"""``explain``: the chain rule of a network on data, to be read in a terminal, as Markdown, HTML or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.engines.reference import ReferenceEngine
from shoal.errors import ConfigurationError
from shoal.explanation.as_json import as_json
from shoal.explanation.blocks import Block
from shoal.explanation.derivation import Derivation, derive
from shoal.explanation.differences import Told
from shoal.explanation.explained import Comparison, Explained
from shoal.explanation.gradient_check import (
    STEP,
    GradientCheck,
    compare,
    estimate_gradient,
)
from shoal.explanation.numerals import MOST_COLUMNS, MOST_ROWS
from shoal.explanation.point import Point
from shoal.explanation.sampling import draw_parameters
from shoal.explanation.step_study import block_names
from shoal.explanation.story import tell
from shoal.explanation.trace import trace
from shoal.layers import Dropout
from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.shapes import Array
from shoal.training.problem import Samples


@dataclass(frozen=True)
class Explanation(Explained):
    """The chain rule of one network on a batch, with the numbers of one of its samples.

    Printed, it is text; ``to_markdown``, ``to_html`` and ``to_json`` return the other formats.
    """

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The page that every format shows."""
        return tuple(tell(self))

    def to_markdown(self) -> str:
        """Return the page as Markdown, its formulas in LaTeX between dollar signs."""
        from shoal.explanation.as_markdown import markdown

        return markdown(self.blocks)

    def to_html(self) -> str:
        """Return the page as one HTML file that needs nothing else, its formulas in MathML."""
        from shoal.explanation.as_html import html

        return html(self.blocks)

    def to_json(self) -> str:
        """Return formulas and every number as JSON."""
        return as_json(self)

    def __rich__(self) -> Any:
        from shoal.explanation.as_terminal import renderable

        return renderable(self.blocks)

    def __str__(self) -> str:
        from shoal.explanation.as_terminal import plain

        return plain(self.blocks)


def explain(
    network: Network | Population,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    sample: int = 0,
    seed: int = 0,
    sample_name: str = "",
    feature_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    parameters: int | None = None,
    told: Told | None = None,
) -> Explanation:
    """Write out the chain rule for every parameter of a network, with this network's shapes and numbers::

        ∂L/∂W2 = ∂L/∂a3 · ∂a3/∂z3 · ∂z3/∂a2 · ∂a2/∂z2 · ∂z2/∂W2

    ``X`` (N, n), ``y`` (N,) or (N, K): the batch; ``sample`` is the row whose numbers are shown. A
    population of one is explained as it is; a network is explained at the random start of ``seed``.
    Computed in float64, without dropout and without penalties. The factors multiply to what the engine
    computes, and central differences stand beside it: of every parameter, or of ``parameters`` of them, drawn
    as ``check_gradients`` draws its sample, and those that the page shows. ``told`` hears how many
    differences are there, and how many there will be.

    Raises ``DataError`` for arrays that do not fit, ``ConfigurationError`` for a population larger than
    one, a sample that is not there, names that are too few or too many, and layers other than dense ones.

    Source: the lecture, "Finding dL/dW".

    >>> from shoal.formulas.text import text
    >>> from shoal.layers import Dense
    >>> network = Network(2, [Dense(3, "tanh"), Dense(1)], loss="log_loss")
    >>> explanation = explain(network, [[0.5, -1.0], [2.0, 0.3]], [0, 1])
    >>> [text(c.derivation.symbol) for c in explanation.comparisons]
    ['W2', 'b2', 'W1', 'b1']
    >>> explanation.engine_error < 1e-12
    True
    """
    population = network if isinstance(network, Population) else network.population(1, seed=seed)
    if population.size != 1:
        raise ConfigurationError(f"one network is explained at a time, got {population.size}; use members(i)")
    network = without_dropout(population.network)
    population = Population(network, population.theta.astype(np.float64), population.keys)
    samples = Samples.of(network, X, y)
    n, N = _sample_number(sample, len(samples)), len(samples)
    features = _names(feature_names, "feature_names", network.n_inputs, "x")
    outputs = _names(output_names, "output_names", network.n_outputs, "output ")
    kept = trace(network, population.theta, samples.X.T, samples.y)
    derivations = derive(kept, network.criterion)
    check = _check(Point(population, X, y), derivations, parameters, seed, told)
    comparisons = tuple(_comparison(network, d, check) for d in derivations)
    name = sample_name or f"sample {n + 1} of {N}"
    return Explanation(network, kept, comparisons, check, n, name, features, outputs)


def _check(
    point: Point, derivations: Sequence[Derivation], parameters: int | None, seed: int, told: Told | None
) -> GradientCheck:
    """Check the gradient at a sample of the parameters, and at those that a page shows."""
    asked = np.zeros((1, point.network.n_parameters), dtype=np.bool_)
    asked[0, draw_parameters(point.network, parameters, seed)] = True
    views = _dense(point.network.views(asked))
    for derivation in derivations:
        shown = views[derivation.step.number - 1][derivation.name][0]
        shown[:MOST_ROWS, :MOST_COLUMNS] = True
        shown[np.unravel_index(np.abs(derivation.gradient).argmax(), shown.shape)] = True
    estimate = estimate_gradient(point, STEP, np.flatnonzero(asked), seed, told)
    return compare(point, estimate, point.gradient(ReferenceEngine.name), ReferenceEngine.name)


def _comparison(network: Chain, derivation: Derivation, check: GradientCheck) -> Comparison:
    layer, name = derivation.step.number - 1, derivation.name
    engine, numerical = (
        _dense(network.views(g[None]))[layer][name][0] for g in (check.analytic, check.numerical)
    )
    blocks = dict(zip(block_names(check), check.blocks, strict=True))
    return Comparison(derivation, engine, numerical, blocks[f"{name}{derivation.step.number}"])


def _dense(views: list[dict[str, Array]]) -> list[dict[str, Array]]:
    """Return the parameters of the layers that have some: the dense ones."""
    return [parameters for parameters in views if parameters]


def without_dropout(network: Chain) -> Network:
    """Return the network that predicts: the same parameters, and every unit present."""
    return Network(
        network.inputs, [layer for layer in network.layers if not isinstance(layer, Dropout)], network.loss
    )


def _sample_number(sample: int, size: int) -> int:
    if isinstance(sample, bool) or not isinstance(sample, int | np.integer) or not 0 <= sample < size:
        raise ConfigurationError(
            f"sample must be a row of the batch, 0 to {size - 1}, got {sample!r}; count from 0"
        )
    return int(sample)


def _names(names: Sequence[str] | None, which: str, size: int, stem: str) -> tuple[str, ...]:
    if names is None:
        return tuple(f"{stem}{i}" for i in range(1, size + 1))
    if len(names) != size:
        raise ConfigurationError(f"{which} must be {size} names, got {len(names)}; give one for each")
    return tuple(map(str, names))
