"""Networks from a window to all steps ahead: several starts for every refit, together one population."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from shoal.forecasting.candidates import ForecastMethod, ForecastSchooling, Learnt, Tried
from shoal.forecasting.frames import Frame
from shoal.forecasting.linear import ahead_from
from shoal.forecasting.panel import Contexts
from shoal.forecasting.windows import KnownAhead, Windows, every_window, window_of
from shoal.layers import GRU, Conv1D, Dense, Flatten, Layer
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.shapes import Array

CLIP = 1.0
"""Of the gradient's norm, so that no step is thrown off by one steep place."""
LEAST_BATCH, MOST_BATCH, BATCHES = 16, 128, 64
KERNEL = 5


@dataclass(frozen=True, eq=False)
class LearntNetworks(Learnt):
    """The mean ŷ' of networks, in the units of their frame."""

    name: ClassVar[str] = "networks"
    frame: Frame
    ahead: KnownAhead
    population: Population

    @property
    def needs(self) -> int:  # type: ignore[override]
        return self.frame.window

    def forecast(self, contexts: Contexts, n_jobs: int | None = None) -> Array:
        X, base, scale = window_of(contexts, self.frame, self.population.network.n_outputs, self.ahead)
        return self.frame.back(_mean(self.population, X, n_jobs) * scale + base)

    def to_config(self) -> dict[str, Any]:
        ahead = {"mean": list(self.ahead.mean), "deviation": list(self.ahead.deviation)}
        network = self.population.network.to_config()
        keys = self.population.keys.tolist()
        return {"frame": self.frame.to_config(), "ahead": ahead, "network": network, "keys": keys}

    def arrays(self) -> dict[str, Array]:
        return {"theta": self.population.theta}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> LearntNetworks:
        frame, ahead = Frame.from_config(config["frame"]), ahead_from(config["ahead"])
        network = Network.from_config(config["network"])
        keys = np.array(config["keys"], dtype=np.uint64)
        population = Population(network, arrays["theta"], keys)
        features = frame.window + len(ahead.mean) * (network.n_outputs + 1)
        if network.n_inputs != features or not np.isfinite(population.theta).all():
            raise ValueError(f"its networks take {network.n_inputs} numbers, its windows have {features}")
        return cls(frame, ahead, population)


@dataclass(frozen=True)
class Networks(ForecastMethod):
    """Networks of one ``kind`` and size, ``starts`` of them, trained with AdamW and a cosine schedule.

    "dense" ones have so many hidden layers of tanh units over the window and the columns known ahead, a
    "recurrent" one is a GRU over the window, a "convolutional" one has filters of five steps; a linear layer
    over them gives all steps ahead at once. A refit sees the windows before its origins: others weigh 0.
    """

    kind: str
    frame: Frame
    hidden: tuple[int, ...]
    epochs: int
    starts: int = 4
    stride: int = 1
    learning_rate: float = 0.003
    weight_decay: float = 0.01

    @property
    def family(self) -> str:  # type: ignore[override]
        return self.kind

    @property
    def words(self) -> str:
        """What a sentence calls it."""
        size = "-".join(map(str, self.hidden))
        return f"{self.kind} networks of {size} units on {self.frame.words}"

    def network(self, features: int, horizon: int) -> Network:
        """Return the network for windows of so many numbers."""
        layers: list[Layer] = []
        shape: tuple[int, ...] = (features,)
        if self.kind == "dense":
            layers = [Dense(units, "tanh") for units in self.hidden]
        else:
            shape = (1, features)
            if self.kind == "recurrent":
                layers = [GRU(self.hidden[0])]
            else:
                layers = [Conv1D(self.hidden[0], min(KERNEL, features), activation="relu"), Flatten()]
        return Network(shape if len(shape) > 1 else features, [*layers, Dense(horizon)], "squared_error")

    def learn(self, lesson: ForecastSchooling) -> Tried | None:
        ahead = KnownAhead.of(lesson.panel)
        windows = _joined(list(every_window(lesson.panel, self.frame, lesson.horizon, ahead, self.stride)))
        groups = len(lesson.origins.cuts) + 1
        weights = np.zeros((groups, self.starts, len(windows.X)))
        for group, cut in zip(weights, (*lesson.origins.cuts, 0), strict=True):
            group[:, windows.left >= cut] = 1
        if not weights.any(axis=(1, 2)).all():
            return None
        network = self.network(windows.X.shape[1], lesson.horizon)
        result = train(
            network,
            windows.X.reshape(len(windows.X), *network.input_shape),
            windows.Y,
            starts=groups * self.starts,
            sample_weight=weights.reshape(groups * self.starts, -1),
            solver="adamw",
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            epochs=self.epochs,
            batch_size=batch_size(len(windows.X)),
            batch_order="shared",
            schedule="cosine",
            clip_norm=CLIP,
            seed=lesson.seed,
            n_jobs=lesson.n_jobs,
        )
        good = ~result.diverged.reshape(groups, self.starts)
        if not good.any(axis=1).all():
            return None
        members = np.arange(groups * self.starts).reshape(groups, self.starts)
        told = []
        each = lesson.origins.contexts(lesson.panel, self.frame.window)
        for contexts, numbers, fine in zip(each, members, good, strict=False):  # the last is of no refit
            part = LearntNetworks(self.frame, ahead, result.population.members(numbers[fine]))
            told.append(part.forecast(contexts, lesson.n_jobs))
        learnt = LearntNetworks(self.frame, ahead, result.population.members(members[-1][good[-1]]))
        return Tried(learnt, self.words, np.concatenate(told))


def batch_size(N: int) -> int:
    """Return the windows of a minibatch of N."""
    return min(max(-(-N // BATCHES), LEAST_BATCH), MOST_BATCH, N)


def _joined(parts: list[Windows]) -> Windows:
    return Windows(
        np.concatenate([part.X for part in parts]).astype(np.float32),
        np.concatenate([part.Y for part in parts]).astype(np.float32),
        np.concatenate([part.left for part in parts]),
    )


def _mean(population: Population, X: Array, n_jobs: int | None) -> Array:
    """Return the mean (N, h) of what networks say of windows X (N, n)."""
    rows = X.astype(np.float32).reshape(len(X), *population.network.input_shape)
    mean: Array = population.predict(rows, n_jobs).astype(np.float64).mean(axis=0)
    return mean
