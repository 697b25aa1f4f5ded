"""What a shoal of the lab is: what it begins with, and the knobs that act while it trains."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from shoal.activations import ACTIVATIONS
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.initializers import Normal
from shoal.lab.material import Material
from shoal.layers import Dense, Dropout
from shoal.layers.base import Layer
from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.randomness import check_seed
from shoal.shapes import is_number
from shoal.solvers import SOLVERS

WIDE = float(np.sqrt(10))
"""Of first weights and biases: a variance of 10, as in Bishop's figure 5.10."""
MOST_NETWORKS = 3000
MOST_UNITS = 64
MOST_EPOCHS = 20_000
LIMITS: dict[str, tuple[float, float, bool]] = {
    "seed": (0, 2**32 - 1, True),
    "starts": (1, 1000, True),
    "depth": (1, 4, True),
    "epochs": (10, MOST_EPOCHS, True),
    "hidden": (1, MOST_UNITS, True),
    "l2": (0, 1e4, False),
    "weight_decay": (0, 0.5, False),
    "learning_rate": (1e-6, 10, False),
    "dropout": (0, 0.9, False),
    "samples": (2, 1000, True),
    "noise": (0, 2, False),
}
"""From where to where each setting is, and whether it is a whole number."""
NATURAL: dict[str, dict[str, Any]] = {
    "sine": {"samples": 20, "noise": 0.3},
    "moons": {"samples": 100, "noise": 0.2},
    "table": {"samples": 300, "noise": 0.0},
}
"""How many points a set has at first, and how noisy they are."""
INITIALS = ("wide", "unit", "scaled")
"""How first weights are drawn: N(0, 10), as in Bishop's figure; N(0, 1); or as suits the activation."""


@dataclass(frozen=True, kw_only=True)
class Design:
    """What a shoal begins with; another one is another shoal, from its first epoch on.

    - ``data``: which set, by name; ``seed``: of its points and of the starts.
    - ``hidden``: sizes, each trained from ``starts`` starts; ``depth``: hidden layers of that size.
    - ``activation`` of hidden units, ``initial`` weights (of ``INITIALS``), ``solver``, ``epochs`` at most.

    Raises ``ConfigurationError`` for what is out of range, ``UnknownNameError`` for unknown names.
    """

    data: str = "sine"
    seed: int = 0
    hidden: tuple[int, ...] = tuple(range(1, 11))
    starts: int = 30
    depth: int = 1
    activation: str = "tanh"
    initial: str = "wide"
    solver: str = "scg"
    epochs: int = 5000

    def __post_init__(self) -> None:
        check_seed(self.seed)
        _known("activation", self.activation, ACTIVATIONS)
        _known("solver", self.solver, SOLVERS)
        _known("draw of first weights", self.initial, INITIALS)
        for name in ("starts", "depth", "epochs"):
            require_between(name, getattr(self, name), *LIMITS[name])
        for units in self.hidden:
            require_between("hidden", units, *LIMITS["hidden"])
        if not self.hidden or len(set(self.hidden)) < len(self.hidden):
            raise ConfigurationError(
                f"hidden must be sizes that all differ, got {list(self.hidden)}; such as 1 to 10"
            )
        if self.networks > MOST_NETWORKS:
            raise ConfigurationError(
                f"{len(self.hidden)} sizes × {self.starts} starts are {self.networks:,} networks; "
                f"the lab shows {MOST_NETWORKS:,} at most, so take fewer sizes or starts"
            )

    @property
    def networks(self) -> int:
        """How many networks there are in all."""
        return len(self.hidden) * self.starts

    def network(self, place: int, data: Material, dropout: float = 0.0) -> Network:
        """Return the architecture of the size at ``place``, with dropout behind each hidden layer."""
        first = {"wide": Normal(WIDE), "unit": Normal(1.0)}.get(self.initial)
        block: list[Layer] = [Dense(self.hidden[place], self.activation, first)]
        if dropout:
            block.append(Dropout(dropout))
        last = Dense(data.outputs, initializer=first)
        return Network(data.train.X.shape[1], [*block * self.depth, last], data.loss)


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """What may be turned while a shoal trains, for all of its networks at once.

    - ``l2``: λ; ``weight_decay``; ``learning_rate``: None is the solver's own.
    - ``dropout``: the rate behind each hidden layer.
    - ``samples`` to train on, and their ``noise``.

    Raises ``ConfigurationError`` for what is out of range.
    """

    l2: float = 0.0
    weight_decay: float = 0.0
    learning_rate: float | None = None
    dropout: float = 0.0
    samples: int = 20
    noise: float = 0.3

    def __post_init__(self) -> None:
        for name in _KNOBS:
            if (value := getattr(self, name)) is not None or name != "learning_rate":
                require_between(name, value, *LIMITS[name])

    def turned(self, changes: dict[str, Any]) -> Knobs:
        """Return the knobs with some of them turned; those that are not named stay."""
        return replace(self, **{name: value for name, value in changes.items() if name in _KNOBS})

    def strengths(self, solver: str) -> dict[str, Any]:
        """Return what a run with this solver takes as ``set(…)``: all strengths, also those left alone."""
        rule = SOLVERS[solver]
        known: dict[str, Any] = {"l2": self.l2, "weight_decay": self.weight_decay}
        if self.learning_rate is not None:
            known["learning_rate"] = self.learning_rate
        elif rule.takes_learning_rate:
            known["learning_rate"] = rule.learning_rate
        return known


_KNOBS = tuple(field.name for field in fields(Knobs))


def without_chance(network: Chain) -> Network:
    """Return the network as it predicts, whose parameters are the same: without dropout."""
    layers = [layer for layer in network.layers if not isinstance(layer, Dropout)]
    return Network(network.inputs, layers, network.loss)


def _known(kind: str, name: str, known: Any) -> None:
    if name not in known:
        raise UnknownNameError(kind, name, known)


def require_between(name: str, value: Any, least: float, most: float, whole: bool = False) -> None:
    """Raise ``ConfigurationError`` unless ``value`` is a number from ``least`` to ``most``."""
    fits = is_number(value) and np.isfinite(value) and least <= value <= most
    if not fits or (whole and int(value) != value):
        kind = "a whole number" if whole else "a number"
        raise ConfigurationError(f"{name} must be {kind} from {least:g} to {most:g}, got {value!r}")
