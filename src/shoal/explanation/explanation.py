"""``explain``: the chain rule of a network on data, to be read in a terminal, as Markdown, HTML or JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.engines.reference import ReferenceEngine
from shoal.errors import ConfigurationError
from shoal.explanation.as_json import as_json
from shoal.explanation.below import below, layers_below, outputs_below, without_noise
from shoal.explanation.below_story import tell_below
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
from shoal.explanation.point import GradientPoint, population_of
from shoal.explanation.sampling import draw_parameters
from shoal.explanation.step_study import block_names
from shoal.explanation.story import tell
from shoal.explanation.through_time import Walk, compare_with_engine, goes_through_time, walk_back
from shoal.explanation.time_story import tell_through_time
from shoal.explanation.trace import trace
from shoal.layers import Dropout
from shoal.layers.base import Context
from shoal.layers.recurrent import Recurrent
from shoal.networks.backprop import as_samples
from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.shapes import Array, IntArray
from shoal.training.problem import Samples


@dataclass(frozen=True)
class Explanation(Explained):
    """The chain rule of one network on a batch, with the numbers of one of its samples.

    Printed, it is text; ``to_markdown``, ``to_html`` and ``to_json`` return the other formats.
    """

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The page that every format shows."""
        return (*tell(self), *(tell_below(self.below) if self.below else ()))

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


@dataclass(frozen=True)
class TimeExplanation(Explanation):
    """The chain rule of a network that begins with a recurrent layer: of its dense layers, then through time.

    What an ``Explanation`` says of a network is said of the dense layers, whose x is the last state; ``walk``
    holds the steps of the sample that is shown, and the gradients of the recurrent layer.
    """

    walk: Walk

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The page that every format shows."""
        return (*tell(self), *tell_through_time(self.walk, self.sample_name))

    def to_json(self) -> str:
        """Return formulas and every number as JSON."""
        return as_json(self, self.walk)


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
    one, a sample that is not there, names that are too few or too many, and layers that it has no
    formulas of. One recurrent layer may stand below the dense ones: its last state is their x, and the page
    then goes on through time; names of features are left out there. Or embeddings, convolutions, pools,
    norms, blocks and any recurrent layers, stacked or of both directions, over images or sequences: what they
    make is the dense layers' x, and the page goes on with them.

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
    population = population_of(network, seed)
    if population.size != 1:
        raise ConfigurationError(f"one network is explained at a time, got {population.size}; use members(i)")
    if getattr(population.network.criterion, "steps", 1) > 1:  # its classes are not all of the outputs
        raise ConfigurationError(
            f"the loss of one answer for a sample is explained, got {population.network.criterion!r}; "
            "check_gradients takes any"
        )
    network = without_dropout(population.network)
    population = Population(network, population.theta.astype(np.float64), population.keys)
    if goes_through_time(network):
        shown = _Shown(sample, sample_name, output_names, parameters, seed, told)
        return _through_time(population, X, y, shown)
    samples = Samples.of(network, X, y)
    n, N = _sample_number(sample, len(samples)), len(samples)
    name = sample_name or f"sample {n + 1} of {N}"
    features = _names(feature_names, "feature_names", network.n_inputs, "x")
    outputs = _names(output_names, "output_names", network.n_outputs, "output ")
    if count := below(network):
        point = GradientPoint(population, X, y)
        chosen = draw_parameters(network, parameters, seed)
        told_of_dense = partial(
            explain, y=y, sample=n, seed=seed, sample_name=name, output_names=outputs, parameters=parameters
        )
        return _with_below(point, count, chosen, told_of_dense, told)
    kept = trace(network, population.theta, samples.X.T, samples.y)
    derivations = derive(kept, network.criterion)
    check = _check(GradientPoint(population, X, y), derivations, parameters, seed, told)
    comparisons = tuple(_comparison(network, d, check) for d in derivations)
    return Explanation(network, kept, comparisons, check, n, name, features, outputs)


@dataclass(frozen=True)
class _Shown:
    """What ``explain`` was asked to show."""

    sample: int
    sample_name: str
    output_names: Sequence[str] | None
    parameters: int | None
    seed: int
    told: Told | None


def _through_time(
    population: Population, X: npt.ArrayLike, y: npt.ArrayLike, asked: _Shown
) -> TimeExplanation:
    """Explain the dense layers on the last states, and then the recurrent layer below them."""
    network = population.network
    layer, whole = network.layers[0], population
    assert isinstance(layer, Recurrent)
    samples = Samples.of(network, X, y)
    n, N = _sample_number(asked.sample, len(samples)), len(samples)
    own = [slot for slot in network.slots if slot.layer == 0][-1].stop
    parameters = whole.network.views(whole.theta)[0]
    lengths = samples.lengths if samples.lengths is not None else np.full(N, network.input_shape[1])
    xs = [row.reshape(network.input_shape)[:, :T] for row, T in zip(samples.X, lengths, strict=True)]
    context = Context(lengths=lengths[None])
    states, _ = layer.forward(parameters, as_samples(network, samples.X.T[None]), context)
    head = Population(
        Network(layer.units, network.layers[1:], network.loss), whole.theta[:, own:], whole.keys
    )
    told = explain(
        head,
        states[0].T,
        y,
        sample=n,
        seed=asked.seed,
        sample_name=asked.sample_name or f"sample {n + 1} of {N}",
        feature_names=[f"h{k + 1}" for k in range(layer.units)],
        output_names=asked.output_names,
        parameters=asked.parameters,
        told=asked.told,
    )
    first = told.comparisons[-2].derivation
    grads = first.step.W.T @ first.delta
    walks = [walk_back(layer, parameters, x, grads[:, k]) for k, x in enumerate(xs)]
    sums = {name: np.sum([s[name] for _, s in walks], axis=0) / N for name in parameters}
    point = GradientPoint(whole, X, y)
    chosen = draw_parameters(point.network, asked.parameters, asked.seed)
    gradients = compare_with_engine(point, sums, point.gradient(ReferenceEngine.name), chosen, asked.told)
    kept = {field.name: getattr(told, field.name) for field in dataclasses.fields(told)}
    return TimeExplanation(**kept, walk=Walk(layer, walks[n][0], gradients))


def _with_below(
    point: GradientPoint,
    count: int,
    chosen: IntArray,
    explained: Callable[..., Explanation],
    told: Told | None,
) -> Explanation:
    """Return the dense layers explained, on what the first ``count`` layers make, and then those."""
    network, x = point.network, outputs_below(point, count)
    stop = max((slot.stop for slot in network.slots if slot.layer < count), default=0)
    dense = Network(len(x), network.layers[count:], network.loss)
    head = Population(dense, point.theta[:, stop:], point.population.keys)
    explanation = explained(head, x.T, feature_names=[f"a{k + 1}" for k in range(len(x))], told=told)
    first = explanation.comparisons[-2].derivation
    grad = first.step.W.T @ first.delta / x.shape[1]
    engine = point.gradient(ReferenceEngine.name)
    return replace(explanation, below=layers_below(point, count, grad, engine, chosen, told))


def _check(
    point: GradientPoint,
    derivations: Sequence[Derivation],
    parameters: int | None,
    seed: int,
    told: Told | None,
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
    layers = [without_noise(layer) for layer in network.layers if not isinstance(layer, Dropout)]
    return Network(network.inputs, layers, network.loss)


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
