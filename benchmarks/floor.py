"""``python -m benchmarks.floor [B1 …]``: what the arithmetic of a workload takes on one core of this machine.

A floor is the products of all layers, two of the first and three of the others (z = W a, δ aᵀ, Wᵀ δ), at the
peak of multiply-adds, and one tanh for each hidden unit and sample at the engine's speed. Biases,
derivatives, losses, the solver, gathering, and all that memory costs come on top. Nothing else is to run
meanwhile.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.kernels import speeds
from benchmarks.machine import machine
from benchmarks.table import duration
from benchmarks.task import Cohort, Task
from benchmarks.workloads import WORKLOADS

NAMES = ("B1", "B4", "B5", "B6", "B6d", "B7", "B8", "C3")


@dataclass(frozen=True)
class Work:
    """Floating-point operations in products, and hidden units whose tanh is taken; both of the whole task."""

    operations: float
    activations: float

    @classmethod
    def of(cls, task: Task) -> Work:
        operations = activations = 0.0
        for cohort in task.cohorts:
            products = list(_products(cohort))
            passes = cohort.size * len(task.X) * task.epochs
            operations += 2.0 * passes * (3 * sum(products) - products[0])
            activations += passes * sum(cohort.units[1:-1]) if task.activation == "tanh" else 0
        return cls(operations, activations)

    def seconds(self, peak: float, activation: float) -> float:
        """Return the floor: ``peak`` in operations a second, ``activation`` in seconds a number."""
        return self.operations / peak + self.activations * activation


def _products(cohort: Cohort) -> Iterator[int]:
    """Yield the multiplications of each layer for one sample, forward."""
    shape = cohort.image
    for stage in cohort.convolutions:
        less = 0 if stage.same else stage.size - 1
        pixels = math.prod(extent - less for extent in shape[1:])
        yield stage.filters * shape[0] * stage.size**2 * pixels
        shape = stage.output(shape)
    for n, m in itertools.pairwise(cohort.units):
        yield n * m


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="ID", help=f"of {', '.join(NAMES)}; all")
    parser.add_argument("--repeats", type=int, default=15, help="times that the peak and the tanh are taken")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in NAMES:
            parser.error(f"there is no floor of {name}; take some of {', '.join(NAMES)}")
    found = {dtype: speeds(dtype, arguments.repeats) for dtype in ("float32", "float64")}
    print("; ".join(f"{name} {value}" for name, value in machine().items()) + ".\n")
    for dtype, (peak, tanh) in found.items():
        print(f"{dtype}: {peak / 1e9:.4g} GFLOP/s, a tanh in {tanh * 1e9:.3g} ns.")
    print("\n| id | arithmetic | tanh | floor |\n|---|--:|--:|--:|")
    for name in arguments.names or NAMES:
        task = WORKLOADS[name].task()
        work, (peak, tanh) = Work.of(task), found[str(task.X.dtype)]
        tanhs = f"{work.activations / 1e6:.3g} million" if work.activations else "–"
        floor = duration(work.seconds(peak, tanh))
        print(f"| {name} | {work.operations / 1e9:.3g} GFLOP | {tanhs} | {floor} |")


if __name__ == "__main__":
    main()
