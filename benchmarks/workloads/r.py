"""R1 to R7: recurrent networks on sequences of one channel, one of them or 30."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.task import Task
from benchmarks.workload import Target, Workload, entries
from benchmarks.workloads.cohorts import cohort
from shoal.engines.compiled.module import INSTRUCTION_SET

ROWS, BATCH, CLASSES = 1000, 64, 10
PEERS = ("torch", "jax", "keras")
WIDE = {"R1": 2.5}
"""Targets where vectors have 64 bytes (x86-64-v4), if others than elsewhere."""
VMAP = "jax, vmapped"


def task(cell: str, units: int, steps: int, networks: int, rows: int = ROWS, epochs: int = 2) -> Task:
    """Return waves whose class is their frequency, in noise."""
    rng = np.random.default_rng(0)
    labels = rng.integers(CLASSES, size=rows)
    t, phase = np.linspace(0, 2 * np.pi, steps), rng.uniform(0, 2 * np.pi, size=(rows, 1))
    X = np.sin((1 + labels[:, None]) * t + phase) + 0.3 * rng.normal(size=(rows, steps))
    own = cohort(
        (1, units, CLASSES),
        networks,
        rows=rows,
        epochs=epochs,
        order="own" if networks == 1 else "shared",
        cell=cell,
    )
    return Task(
        X[..., None].astype(np.float32),
        np.eye(CLASSES, dtype=np.float32)[labels],
        (own,),
        epochs,
        check_epochs=1,
        loss="cross_entropy",
        batch_size=BATCH,
    )


def _workload(
    name: str, cell: str, units: int, steps: int, ratio: float, networks: int = 1, epochs: int = 2
) -> Workload:
    many = f"{networks} × " if networks > 1 else ""
    forms = (
        entries(shoal="train", torch="walk", jax="scan", keras="fit")
        if networks == 1
        else entries(shoal="train", jax="sequential_on_devices")
        + entries(label=VMAP, jax="vmap")
        + entries(3, torch="walk", keras="fit")
    )
    ratio = WIDE.get(name, ratio) if INSTRUCTION_SET == "x86-64-v4" else ratio
    return Workload(
        name,
        f"{many}{cell.upper()}, {units} units, {steps} steps",
        f"{many}{cell.upper()} 1→{units}→{CLASSES}, {steps} steps, cross-entropy, {ROWS} rows, "
        f"batch {BATCH}, Adam, {'an epoch' if epochs == 1 else f'{epochs} epochs'}, float32",
        partial(task, cell, units, steps, networks, epochs=epochs),
        forms,
        (Target(ratio, PEERS if networks == 1 else (VMAP,)),),
    )


WORKLOADS = (
    _workload("R1", "lstm", 64, 100, 1.3),
    _workload("R2", "lstm", 16, 100, 3, epochs=10),
    _workload("R3", "gru", 64, 100, 2),
    _workload("R4", "rnn", 64, 100, 2, epochs=5),
    _workload("R5", "lstm", 8, 28, 5, networks=30, epochs=5),
    _workload("R6", "lstm", 32, 28, 2.8, networks=30, epochs=1),
    _workload("R7", "lstm", 64, 1000, 4, epochs=1),
)
