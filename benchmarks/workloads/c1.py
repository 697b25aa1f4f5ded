"""C1 and C2: LeNet-5 on images of handwritten digits' shape; one of it, and 30."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.task import Array, Convolution, Task
from benchmarks.workload import Target, Workload, entries
from benchmarks.workloads.cohorts import cohort

IMAGE = (1, 28, 28)
STAGES = (Convolution(6, 5, same=False, pool=2), Convolution(16, 5, same=False, pool=2))
UNITS = (256, 120, 84, 10)
ROWS, EPOCHS = 6_000, 10
ROWS_OF_30 = 2_048
ONE_BY_ONE = "torch, one by one"


def images(rows: int) -> tuple[Array, Array]:
    """Return noise in which something bright stands at a place of its own for each of ten classes."""
    rng = np.random.default_rng(0)
    labels = rng.integers(10, size=rows)
    X = rng.uniform(size=(rows, *IMAGE)).astype(np.float32)
    for row, label in enumerate(labels):
        y, x = 3 + label // 5 * 12, 2 + label % 5 * 5
        X[row, 0, y : y + 6, x : x + 4] += 0.5
    return X.reshape(rows, -1), np.eye(10, dtype=np.float32)[labels]


def task(networks: int, rows: int, batch: int, epochs: int) -> Task:
    lenets = cohort(
        UNITS,
        networks,
        activation="relu",
        rows=rows,
        epochs=epochs,
        order="own" if networks == 1 else "shared",
        image=IMAGE,
        convolutions=STAGES,
    )
    return Task(
        *images(rows),
        (lenets,),
        epochs,
        check_epochs=1,
        activation="relu",
        loss="cross_entropy",
        batch_size=batch,
    )


LENET = (
    "conv 6×5×5, max 2, conv 16×5×5, max 2, 256→120→84→10, relu, cross-entropy, 28 × 28 pixels, Adam, float32"
)
ONE = tuple(
    Workload(
        name,
        f"LeNet-5, batch {batch}",
        f"{LENET}, batch {batch}, 60 000 images (6 000, 10 epochs)",
        partial(task, 1, ROWS, batch, EPOCHS),
        entries(shoal="train", torch="loop loop_channels_last"),  # jax needs minutes
        (Target(3, ("torch",)),),
    )
    for name, batch in (("C1", 128), ("C1b", 2048))
)
THIRTY = Workload(
    "C2",
    "30 LeNets at once",
    f"30 × {LENET}, batch 128, shared order, 2 048 images, one epoch",
    partial(task, 30, ROWS_OF_30, 128, 1),
    entries(shoal="train", torch="grouped") + entries(6, ONE_BY_ONE, torch="loop loop_channels_last"),
    (Target(5, ("torch",)), Target(5, (ONE_BY_ONE,))),
)
