"""B10: what a fresh process costs, from its start to its end."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.measure import ROOT, Measurement, core_counts
from benchmarks.workload import Target


@dataclass(frozen=True)
class Commands:
    """Python programs, one for each peer, as (what it does, code)."""

    name: str
    title: str
    definition: str
    programs: dict[str, tuple[str, str]]
    targets: tuple[Target, ...]
    per: int = 1


SHOAL = """
import numpy as np, shoal
X = np.linspace(0, 1, 50)
network = shoal.Network(1, [shoal.Dense(8, "tanh"), shoal.Dense(1)])
shoal.train(network, X, np.sin(6 * X), epochs=200)
"""
B10 = Commands(
    "B10",
    "cold start",
    "python -c in a fresh process: shoal imported and a 1→8→1 network trained for 200 epochs on 50 rows; of "
    "the others the import alone",
    {
        "shoal": ("import and train", SHOAL),
        "torch": ("import torch", "import torch"),
        "jax": ("import jax.numpy", "import jax.numpy"),
        "sklearn": ("import sklearn.neural network", "import sklearn.neural_network"),
        "numpy": ("import numpy", "import numpy"),
    },
    (Target(1, ("torch", "sklearn")),),
)


def measure_commands(commands: Commands, say: Callable[[str], None], repeats: int) -> list[Measurement]:
    """Return each program's times, in rounds; the first round, which fills the file cache, is not counted."""
    cores = core_counts()[-1]
    measured = {peer: Measurement(peer, what, cores, 1, 1) for peer, (what, _) in commands.programs.items()}
    for turn in range(repeats + 1):
        for peer, (_, code) in commands.programs.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
            if turn:
                measured[peer].seconds.append(time.perf_counter() - start)
    for peer, measurement in measured.items():
        measurement.cold = measurement.median
        say(f"  {peer}: {measurement.median:.3f} s")
    return list(measured.values())
