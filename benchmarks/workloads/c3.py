"""C3: a deep network's body, 64 filters of 3 × 3 pixels on 64 channels, where libraries are at their best."""

from __future__ import annotations

import numpy as np

from benchmarks.task import Convolution, Task
from benchmarks.workload import Target, Workload, entries
from benchmarks.workloads.cohorts import cohort

IMAGE, ROWS, EPOCHS = (64, 16, 16), 256, 2
STAGES = (Convolution(64, 3, same=True, pool=1), Convolution(64, 3, same=True, pool=4))


def task() -> Task:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, np.prod(IMAGE))).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[rng.integers(10, size=ROWS)]
    network = cohort((1024, 10), rows=ROWS, epochs=EPOCHS, order="own", image=IMAGE, convolutions=STAGES)
    return Task(X, y, (network,), EPOCHS, check_epochs=1, loss="cross_entropy", batch_size=64)


WORKLOAD = Workload(
    "C3",
    "3 × 3 convolutions of 64 channels",
    "two conv 64×3×3 relu on 64 channels of 16 × 16 pixels, max 4, 1024→10, cross-entropy, 256 images, "
    "batch 64, Adam, 2 epochs, float32",
    task,
    entries(shoal="train", torch="loop loop_channels_last", jax="scan"),
    (Target(1, ("torch",)),),
)
