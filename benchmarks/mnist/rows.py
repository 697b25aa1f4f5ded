"""Every row of the table, by name.

What is not Nielsen's was chosen on the validation part: see docs/mnist.md for what was tried.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.mnist import nielsen
from benchmarks.mnist.row import Row
from shoal.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPool2D
from shoal.training.augmentation import Augmentation

ELASTIC = Augmentation(translate=1, scale=0.1, rotate=10, elastic=34)

SETTINGS: dict[str, Any] = {
    "solver": "adam",
    "learning_rate": 1e-3,
    "schedule": "cosine",
    "batch_size": 128,
}

DENSE = Row(
    "dense-elastic",
    "784-800-800-10, ReLU, elastic deformation",
    (Flatten(), Dense(800, "relu"), Dense(800, "relu"), Dense(10)),
    {**SETTINGS, "epochs": 100, "augmentation": ELASTIC},
    published=99.3,
    source="Simard et al. 2003, 800 units",
    target=99.2,
    standardised=True,
)

AFFINE = Augmentation(translate=2, scale=0.15, rotate=15)


def _lenet(filters: int, dropout: float) -> tuple[Layer, ...]:
    return (
        Conv2D(filters, 5, "relu"),
        MaxPool2D(2),
        Conv2D(2 * filters, 5, "relu"),
        MaxPool2D(2),
        *_head(dropout),
    )


def _head(dropout: float) -> tuple[Layer, ...]:
    return (Flatten(), Dropout(dropout), Dense(128, "relu"), Dropout(dropout), Dense(10))


LENET = Row(
    "lenet",
    "16 and 32 filters of 5×5, pooling, 128 units",
    _lenet(16, dropout=0.5),
    {**SETTINGS, "learning_rate": 2e-3, "epochs": 20},
    published=99.05,
    source="LeCun et al. 1998, LeNet-5",
    target=99.2,
    starts=3,
    standardised=True,
)

AUGMENTED = replace(
    LENET,
    name="lenet-augmented",
    title="20 and 40 filters, less dropout, images moved, stretched and turned",
    vote_target=99.65,
    layers=_lenet(20, dropout=0.3),
    settings={**LENET.settings, "epochs": 40, "augmentation": AFFINE},
    published=99.6,
    source="Simard et al. 2003",
    target=99.5,
    starts=5,
)

DEEP = replace(
    AUGMENTED,
    name="deep-augmented",
    title="twice 24 and twice 48 filters of 3×3, images as above",
    layers=(
        Conv2D(24, 3, "relu"),
        Conv2D(24, 3, "relu"),
        MaxPool2D(2),
        Conv2D(48, 3, "relu"),
        Conv2D(48, 3, "relu"),
        MaxPool2D(2),
        *_head(dropout=0.3),
    ),
    settings={**AUGMENTED.settings, "epochs": 30},
)

ROWS = {row.name: row for row in (LENET, AUGMENTED, DEEP, DENSE, *nielsen.ROWS)}
