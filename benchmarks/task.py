"""A task: what every contestant gets, down to the initial weights and the rows of every minibatch.

Whoever defines a task (``workloads/``) draws it once, and contestants read it from a file, so that none of
them needs the others' libraries in its process.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Convolution(NamedTuple):
    """``filters`` of ``size`` × ``size`` pixels and relu, then the maxima of ``pool`` × ``pool`` pixels.

    ``same`` surrounds the image with zeros, so that it keeps its size before it is pooled; 1 pools nothing.
    """

    filters: int
    size: int
    same: bool
    pool: int

    def output(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape (C, H, W) that an image has afterwards."""
        less = 0 if self.same else self.size - 1
        return self.filters, *((extent - less) // self.pool for extent in image[1:])


@dataclass(frozen=True)
class Cohort:
    """P networks of one architecture.

    ``units`` are the inputs, the hidden layers' sizes and the outputs; where samples are an ``image``
    (C, H, W), ``convolutions`` come before these. With a ``cell`` (``lstm``, ``gru``, ``rnn``) samples are
    sequences (T, C), the inputs are channels, and the first hidden layer is recurrent: its last state goes
    on. ``theta`` (P, D) holds W (m, n), or (m, C, size, size), and b (m,) of layer after layer, of a
    recurrent one W (g·m, C), R (g·m, m), b (g·m,) and of gru c (m,), in torch's order of gates; ``keys``
    (P, 2) are shoal's seeds and member numbers; ``l2`` (P,) ;
    ``weights`` are the sample weights, (1, N) for all members or (P, N); ``orders`` the rows of every epoch,
    (1, E, N) for all members or (P, E, N), and empty for full batch.
    """

    units: tuple[int, ...]
    theta: Array
    keys: Array
    l2: Array
    weights: Array
    orders: Array
    image: tuple[int, ...] = ()
    convolutions: tuple[Convolution, ...] = ()
    cell: str = ""

    @property
    def size(self) -> int:
        """The number of members, P."""
        return len(self.theta)

    def members(self, rows: Array) -> Cohort:
        """Return the cohort of the members ``rows``."""
        picked = {
            name: getattr(self, name) if len(getattr(self, name)) < self.size else getattr(self, name)[rows]
            for name in ARRAYS
        }
        return dataclasses.replace(self, **picked)

    def spread(self, count: int) -> Cohort:
        """Return ``count`` members, or all if there are fewer, at even distances."""
        return self.members(np.linspace(0, self.size - 1, min(count, self.size)).round().astype(int))

    def layers(self, theta: Array) -> list[tuple[Array, ...]]:
        """Return the arrays of every layer as views, each with P in front."""
        channels = [*self.image[:1], *(stage.filters for stage in self.convolutions)]
        shapes: list[tuple[int, ...]] = [
            (stage.filters, before, stage.size, stage.size)
            for stage, before in zip(self.convolutions, channels[:-1], strict=True)
        ]
        shapes += [(m, n) for n, m in zip(self.units[:-1], self.units[1:], strict=True)]
        each: list[tuple[tuple[int, ...], ...]] = [(shape, shape[:1]) for shape in shapes]
        if self.cell:
            (m, n), rows = shapes[0], GATES[self.cell] * shapes[0][0]
            each[0] = ((rows, n), (rows, m), (rows,), *([(m,)] if self.cell == "gru" else []))
        parts, start = [], 0
        for layer in each:
            arrays = []
            for shape in layer:
                end = start + math.prod(shape)
                arrays.append(theta[:, start:end].reshape(-1, *shape))
                start = end
            parts.append(tuple(arrays))
        return parts

    def flat(self, layers: Sequence[tuple[Array, ...]]) -> Array:
        """Return the arrays of every layer as ``theta`` (P, D)."""
        return np.concatenate([part.reshape(len(part), -1) for layer in layers for part in layer], axis=1)


GATES = {"lstm": 4, "gru": 3, "rnn": 1}
"""Times that W and R of a recurrent layer have a row for each unit."""
ARRAYS = tuple(field.name for field in dataclasses.fields(Cohort) if field.type == "Array")


@dataclass(frozen=True)
class Task:
    """Train the networks of all cohorts on ``X`` (N, n), ``y`` (N, K), or return their gradients or outputs.

    Every member p minimises, over each batch and with m_p the sum of its weights over all N rows::

        J_p = Σ_i s_pi · loss_i / Σ_i s_pi  +  l2_p/(2 m_p) Σ W²

    where the loss is ``squared_error`` (½ Σ_k r²) or ``cross_entropy`` (softmax, rows of y with one 1).
    ``solver`` is ``adam`` (β 0.9 and 0.999, ε 1e-8); or ``own``, whatever the contestant has for full
    batches, for at most ``epochs`` or until |∂J/∂θ| ≤ 1e-5; or ``gradient``: no training, ``epochs``
    evaluations of ∂J/∂θ over all rows; or ``predict``: as many predictions of all rows.
    ``check_epochs`` is how long contestants train before their losses are compared.
    """

    X: Array
    y: Array
    cohorts: tuple[Cohort, ...]
    epochs: int
    check_epochs: int
    activation: str = "tanh"
    loss: str = "squared_error"
    solver: str = "adam"
    learning_rate: float = 1e-3
    batch_size: int | None = None
    seed: int = 0

    @property
    def networks(self) -> int:
        """The number of networks in all cohorts."""
        return sum(cohort.size for cohort in self.cohorts)

    @property
    def labels(self) -> Array:
        """The class numbers (N,) of a task with classes."""
        labels: Array = self.y.argmax(axis=1)
        return labels

    def spread(self, count: int) -> Task:
        """Return the task with at most ``count`` members of every cohort."""
        return dataclasses.replace(self, cohorts=tuple(cohort.spread(count) for cohort in self.cohorts))

    def save(self, path: Path) -> None:
        """Write the task into one npz file."""
        settings = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name not in ("X", "y", "cohorts")
        }
        arrays = {"X": self.X, "y": self.y, "settings": np.array(json.dumps(settings))}
        for i, cohort in enumerate(self.cohorts):
            shape = {name: getattr(cohort, name) for name in ("units", "image", "convolutions", "cell")}
            arrays[f"shape_{i}"] = np.array(json.dumps(shape))
            arrays |= {f"{name}_{i}": getattr(cohort, name) for name in ARRAYS}
        np.savez(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Task:
        """Return the task that ``save`` wrote."""
        with np.load(path) as arrays:
            count = sum(name.startswith("shape_") for name in arrays)
            cohorts = tuple(
                Cohort(
                    **_shape(json.loads(str(arrays[f"shape_{i}"]))),
                    **{name: arrays[f"{name}_{i}"] for name in ARRAYS},
                )
                for i in range(count)
            )
            return cls(arrays["X"], arrays["y"], cohorts, **json.loads(str(arrays["settings"])))


def _shape(entry: dict[str, Any]) -> dict[str, Any]:
    stages = tuple(Convolution(*stage) for stage in entry["convolutions"])
    return {
        "units": tuple(entry["units"]),
        "image": tuple(entry["image"]),
        "convolutions": stages,
        "cell": entry["cell"],
    }
