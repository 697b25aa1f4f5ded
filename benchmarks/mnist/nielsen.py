"""The rows of Nielsen's book, *Neural Networks and Deep Learning* (2015), with his settings.

He trains on the first 50 000 images, with minibatches of 10, pixels from 0 to 1, and the weights and biases
of his first chapters drawn from N(0, 1). His numbers are each of one network at the best of its epochs; here
they are of several networks, after the last epoch and at the best.

His convolutional networks (chapter 6, network3.py) draw the weights of a layer from N(0, 1/n), with the n of
outputs that the layer has, a quarter of the filters' pixels where 2×2 are pooled; the last layer begins
at 0. Their λ is divided by the number of minibatches and not of images, so l2 = 10 λ. His biases are N(0, 1),
ours as small as the weights.
"""

from __future__ import annotations

from typing import Any

from benchmarks.mnist.row import Row
from shoal.initializers import Normal, Zeros
from shoal.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D
from shoal.solvers.sgd import SGD

_UNIT = Normal(1.0)
_STARTS = 5


def _layers(hidden: int, last: str = "identity") -> tuple[Layer, ...]:
    return Flatten(), Dense(hidden, "sigmoid", _UNIT), Dense(10, last, _UNIT)


def _settings(learning_rate: float, epochs: int = 30, l2: float = 0.0) -> dict[str, Any]:
    plain = SGD(momentum=0.0)
    return {"solver": plain, "learning_rate": learning_rate, "batch_size": 10, "epochs": epochs, "l2": l2}


def _quadratic(hidden: int, published: float) -> Row:
    return Row(
        f"nielsen-quadratic-{hidden}",
        f"784-{hidden}-10, quadratic cost",
        _layers(hidden, "sigmoid"),
        _settings(3.0),
        published,
        "chapter 1",
        loss="squared_error",
        starts=_STARTS,
        watched=True,
        rows=50_000,
    )


def _entropy(name: str, hidden: int, published: float, rows: int = 50_000, **settings: float | int) -> Row:
    options = {"learning_rate": 0.5, **settings}
    what = [
        f"784-{hidden}-10, cross-entropy",
        *([f"{rows} images"] if rows < 50_000 else []),
        *([f"λ = {options['l2']:g}"] if "l2" in options else []),
    ]
    return Row(
        f"nielsen-{name}",
        ", ".join(what),
        _layers(hidden),
        _settings(**options),  # type: ignore[arg-type]
        published,
        "chapter 3",
        loss="log_loss",
        starts=_STARTS,
        watched=True,
        rows=rows,
    )


def _convolutional(name: str, filters: tuple[int, ...], published: float, **how: Any) -> Row:
    activation, decay = how.get("activation", "sigmoid"), how.get("l2", 0.0)
    stages = [
        layer
        for m in filters
        for layer in (Conv2D(m, 5, activation, initializer=Normal((m * 25 / 4) ** -0.5)), MaxPool2D(2))
    ]
    head = (Flatten(), Dense(100, activation, Normal(0.1)), Dense(10, initializer=Zeros()))
    what = [f"{' and '.join(map(str, filters))} filters of 5×5, 100 units", *([activation] if how else [])]
    return Row(
        f"nielsen-{name}",
        ", ".join(what),
        (*stages, *head),
        _settings(how.get("learning_rate", 0.1), epochs=60, l2=decay),
        published,
        "chapter 6",
        starts=2,
        rows=50_000,
    )


ROWS = (
    _quadratic(30, 95.42),
    _quadratic(100, 96.59),
    _entropy("entropy-30", 30, 95.49),
    _entropy("entropy-100", 100, 96.82),
    _entropy("thousand", 30, 82.27, rows=1000, epochs=400, l2=0.0),
    _entropy("thousand-decay", 30, 87.10, rows=1000, epochs=400, l2=0.1),
    _entropy("decay-30", 30, 96.49, l2=5.0),
    _entropy("decay-100", 100, 98.04, learning_rate=0.1, l2=5.0, epochs=60),
    _convolutional("conv", (20,), 98.78),
    _convolutional("conv-twice", (20, 40), 99.06),
    _convolutional("conv-relu", (20, 40), 99.23, activation="relu", learning_rate=0.03, l2=1.0),
)
