"""The compiled engine; absent from an installation made with ``SHOAL_NATIVE=0``."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating[Any]]
Doubles: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.intp]
Fields: TypeAlias = dict[str, Any]
"""By name, as ``wire_fields`` lists them."""

WIRE: int
"""The version of what travels by name."""

def wire_fields() -> dict[str, dict[str, list[str]]]:
    """Return the fields of each activation, loss, layer and solver, and those of the ``records``."""

def instruction_set() -> Literal["x86-64-v4", "x86-64-v3", "x86-64-v2", "x86-64-v1", "aarch64", "generic"]:
    """Return the highest instruction set level that this processor runs."""

def instruction_sets() -> list[str]:
    """Return the instruction sets that this machine has an engine for, the best one first."""

def cores() -> int:
    """Return the number of cores that this process may run on."""

def apply(isa: str, f: str, x: Floats, out: Floats) -> None:
    """Write f(x) into ``out``: exp, expm1, log, log1p, tanh, sigmoid or ndtr, in the dtype of both."""

def deform(isa: str, augmentation: Fields, X: Floats, epoch: int, threads: int, seen: Floats) -> None:
    """Write images X (N, C·H·W) into ``seen`` as an epoch sees them: see ``shoal.training.augmentation``."""

def multiply_adds(isa: str, n: int, sum: Floats) -> int:  # noqa: A002
    """Do chains of n multiply-adds x ← ½ x + 1 in the dtype of ``sum`` (1,), and return how many in all."""

def outputs(
    isa: str,
    architecture: Architecture,
    theta: Floats,
    X: Floats,
    lengths: npt.NDArray[np.int64] | None,
    threads: int,
    z: Floats,
) -> bool:
    """Write what members ``theta`` (P, D) give for rows ``X`` (N, n), without dropout, to ``z`` (P, K, N).

    Of sequences ``lengths`` (N,) are the valid steps, None where all are. Returns whether X is finite.
    """

def draw(
    keys: npt.NDArray[np.uint64], parts: npt.NDArray[np.int64], fill_normal: int, theta: Doubles
) -> None:
    """Write the first draws of members ``keys`` (P, 2) to parts of ``theta`` (P, D), in their order.

    A row of ``parts`` (k, 3) is where one starts and stops, and whether it is N(0, 1) instead of U[0, 1).
    ``fill_normal`` is the address of NumPy's ``random_standard_normal_fill``, 0 where no part is normal.
    """

def product(isa: str, W: Floats, a: Floats, z: Floats, repeats: int) -> None:
    """Write W (m, n) a (n, N) into ``z`` (m, N) as a dense layer does, ``repeats`` times over."""

class Architecture:
    """A network, read once, from the fields of ``engines.compiled.architecture``; any others are refused."""

    def __init__(self, network: Fields) -> None: ...

class TrainingFloat:
    """Members ``theta`` (P, D) in float32 that train in place, as ``shoal.engines.loop`` does.

    The fields of the problem, the recipe and the course are those of ``shoal.engines.wire``; any others are
    refused. The strengths may be changed between calls.
    """

    def __init__(
        self,
        isa: str,
        architecture: Architecture,
        theta: Floats,
        keys: npt.NDArray[np.uint64],
        problem: Fields,
        recipe: Fields,
        course: Fields,
    ) -> None: ...
    def advance(
        self,
        first: int,
        epochs: int,
        step: int,
        orders: tuple[npt.NDArray[np.uint32], Integers] | None,
        threads: int,
        to_the_end: bool,
        checkpoint: Callable[[], None] | None,
    ) -> None:
        """Train epochs ``first`` … of the plan, after ``step`` updates.

        With ``orders`` (E, R, M) of as many epochs, and each member's (P,). Where it is ``to_the_end``,
        nothing is asked afterwards. On any but the main thread ``checkpoint()`` runs now and then; what it
        raises ends the training.
        """

    def memory(self) -> tuple[dict[str, Floats], dict[str, Doubles]]:
        """Return what members remember, by name: vectors (P, k·D), and numbers (P, k)."""

    def restore(self, vectors: dict[str, Floats], numbers: dict[str, Doubles], epoch: int) -> None:
        """Go on from what was remembered after ``epoch`` epochs, and where theta and the history stand."""

class TrainingDouble(TrainingFloat):
    """The same in float64."""
