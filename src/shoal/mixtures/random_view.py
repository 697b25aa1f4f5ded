"""A view that trains nothing by gradients: random convolutions, and a linear layer in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import softmax

from shoal.mixtures.closed_form import ClosedForm, bytes_of_fit
from shoal.mixtures.random_convolutions import KERNELS, RandomConvolutions, bytes_under_way
from shoal.mixtures.views import Fitted, Kept, Schooling, View, at_temperature, below, held_temperature
from shoal.sequences import Sequences
from shoal.shapes import Array
from shoal.workers import count_workers

SHARPNESS = 2.0
"""Of scores that are ±1 in training: two classes then have odds of e⁴, which the temperature corrects."""


@dataclass(frozen=True)
class RandomView(View[Sequences]):
    """``RandomConvolutions`` under ``ClosedForm``, drawn D times; probabilities are the softmax of the mean::

        ŷ = 1/D Σ_d ŷ_d          P(class k | x) ∝ exp(2 ŷ_k / T)

    with the temperature T that the scores of samples left out ask for. With ``channels`` it looks at so many
    of the first, and at all for None.
    """

    features: int = 10_000
    draws: int = 1
    differences: bool = False
    means: bool = False
    channels: int | None = None

    @property
    def words(self) -> str:
        over = "series and differences" if self.differences else "series"
        return f"random convolutions of {over}{', values alone' if self.channels else ''}"

    def bytes(self, schooling: Schooling[Sequences]) -> int:
        N, C, T = map(int, schooling.series.X.shape)
        K, threads = schooling.targets.outputs, count_workers(schooling.n_jobs)
        under_way = bytes_under_way((self.channels or C, T), self._least, self.features)
        layers = 8 * self.draws * self.features * (K + 2)
        making = 8 * N * self.features + threads * under_way  # beside those of the draw before
        return layers + max(making, bytes_of_fit(N, self.features, K, schooling.ahead))

    @property
    def _least(self) -> int:
        return len(KERNELS) * (1 + self.differences) * (1 + self.means)

    def fit(self, schooling: Schooling[Sequences]) -> FittedRandom:
        series, layers = _first(schooling.series, self.channels), []
        for draw in range(self.draws):
            convolutions = RandomConvolutions.fit(
                series,
                self.features,
                schooling.seed,
                start=draw,
                differences=self.differences,
                means=self.means,
            )
            features = convolutions.transform(series, schooling.n_jobs)
            targets = schooling.targets
            top = ClosedForm.fit(
                features, targets.signs(), schooling.together, targets.weights, schooling.later
            )
            layers.append((convolutions, top))
        plain = _predictions([top.left_out for _, top in layers])
        temperature = held_temperature(plain, schooling)
        held_out = at_temperature(plain, temperature)
        return FittedRandom(tuple(layers), self.channels, temperature, held_out)


@dataclass(frozen=True, eq=False)
class FittedRandom(Fitted[Sequences]):
    """Random convolutions and the linear layer over them, for each draw."""

    kind: ClassVar[str] = "random"
    layers: tuple[tuple[RandomConvolutions, ClosedForm], ...]
    channels: int | None
    temperature: float
    held_out: Array

    def predict(self, series: Sequences, n_jobs: int | None = None) -> Array:
        series = _first(series, self.channels)
        scores = [top.predict(convolutions.transform(series, n_jobs)) for convolutions, top in self.layers]
        return at_temperature(_predictions(scores), self.temperature)

    def kept(self) -> Kept:
        draws: list[dict[str, Any]] = []
        arrays: dict[str, Array] = {}
        for draw, (convolutions, top) in enumerate(self.layers):
            config, own = convolutions.kept()
            draws.append({**config, "strength": top.strength})
            own |= {"mean": top.mean, "deviation": top.deviation, "W": top.W, "b": top.b}
            arrays |= {f"{draw}.{name}": array for name, array in own.items()}
        return {"draws": draws, "channels": self.channels, "temperature": self.temperature}, arrays

    @classmethod
    def of(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the view that ``kept`` described; raise ``ValueError`` or the like for what is none."""
        layers = []
        for draw, described in enumerate(config["draws"]):
            own = below(arrays, draw)
            convolutions = RandomConvolutions.of(described, own)
            mean, deviation, W, b = (own[name] for name in ("mean", "deviation", "W", "b"))
            shapes = [array.shape for array in (mean, deviation, W)]
            F, K = convolutions.features, len(b)
            if shapes != [(F,), (F,), (F, K)] or not all(
                array.dtype == np.float64 and np.isfinite(array).all() for array in (mean, deviation, W, b)
            ):
                raise ValueError("a linear layer does not fit its features")
            layers.append(
                (convolutions, ClosedForm(mean, deviation, W, b, described["strength"], np.zeros((0, K))))
            )
        held_out = np.zeros((0, layers[0][1].b.size))
        return cls(tuple(layers), config["channels"], config["temperature"], held_out)


def _first(series: Sequences, channels: int | None) -> Sequences:
    return series if channels is None else Sequences(series.X[:, :channels], series.lengths)


def _predictions(scores: list[Array]) -> Array:
    """Return probabilities of the mean of scores (N, K) of classes; of one column the numbers that it is."""
    mean = sum(scores[1:], start=scores[0]) / len(scores)
    return np.asarray(softmax(SHARPNESS * mean, axis=1)) if mean.shape[1] > 1 else mean
