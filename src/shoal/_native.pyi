"""The compiled engine; absent from an installation made with ``SHOAL_NATIVE=0``."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating[Any]]
Doubles: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.intp]
WatchArrays: TypeAlias = tuple[float, float, Doubles, Integers]
AugmentationArrays: TypeAlias = tuple[int, int, int, Sequence[float], Doubles, int]

def instruction_set() -> Literal["x86-64-v4", "x86-64-v3", "x86-64-v2", "x86-64-v1", "aarch64", "generic"]:
    """Return the highest instruction set level that this processor runs."""

def instruction_sets() -> list[str]:
    """Return the instruction sets that this machine has an engine for, the best one first."""

def cores() -> int:
    """Return the number of cores that this process may run on."""

def apply(isa: str, f: str, x: Floats, out: Floats) -> None:
    """Write f(x) into ``out``: exp, expm1, log, log1p, tanh, sigmoid or ndtr, in the dtype of both."""

def deform(
    isa: str, augmentation: AugmentationArrays, X: Floats, epoch: int, threads: int, seen: Floats
) -> None:
    """Write images X (N, C·H·W) into ``seen`` as an epoch sees them, as ``shoal.augmentation`` does."""

def multiply_adds(isa: str, n: int, sum: Floats) -> int:  # noqa: A002
    """Do chains of n multiply-adds x ← ½ x + 1 in the dtype of ``sum`` (1,), and return how many in all."""

def outputs(isa: str, layers: Doubles, theta: Floats, X: Floats, threads: int, z: Floats) -> None:
    """Write what members ``theta`` (P, D) give for rows ``X`` (N, n), without dropout, to ``z`` (P, K, N)."""

def product(isa: str, W: Floats, a: Floats, z: Floats, repeats: int) -> None:
    """Write W (m, n) a (n, N) into ``z`` (m, N) as a dense layer does, ``repeats`` times over."""

class TrainingFloat:
    """Members ``theta`` (P, D) in float32 that train in place, as ``shoal.training`` does, with ``history``.

    - ``network``: layers (L, 25), weight mask (D,), loss, its parameter, inputs, outputs.
    - ``samples``, ``validation``: X (N, n), y (K, N), s (1, N) or (P, N), in the dtype of ``theta``.
    - ``strengths`` (4, P): l2, l1, weight decay, learning rate, which may be changed between calls;
      ``factors`` of the rate, one an update. ``by_batch`` divides penalties by the weight of the minibatch.
    - ``solver``: its number, parameters, whether it needs the full batch, whether decay is times the rate.
    - ``batch_size`` 0 is full batch, ``patience`` 0 never stops early, ``clip_norm`` 0 never clips;
      ``shared_order`` is the seed of an order that all members share, or None.
    - ``augmentation``: channels, rows, columns; translate, the largest factor, rotate in radians, elastic,
      fill (NaN: the edge); taps of the Gaussian (2R+1,); the seed of its streams.
    - ``watch`` over plateaus: its tol and patience, its best (P,) and counts (P,).
    - ``history``: losses and validation losses (P, epochs), epochs, best epochs, reasons and penalties (P,).
    """

    def __init__(
        self,
        isa: str,
        network: tuple[Doubles, npt.NDArray[np.bool_], int, float, int, int],
        theta: Floats,
        keys: npt.NDArray[np.uint64],
        samples: tuple[Floats, Floats, Floats],
        validation: tuple[Floats, Floats, Floats] | None,
        strengths: Doubles,
        by_batch: bool,
        solver: tuple[int, Sequence[float], bool, bool],
        factors: Doubles | None,
        epochs: int,
        batch_size: int,
        tolerance: float,
        patience: int,
        shared_order: int | None,
        clip_norm: float,
        augmentation: AugmentationArrays | None,
        watch: WatchArrays | None,
        history: tuple[Doubles, Doubles | None, Integers, Integers, Integers, Doubles],
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
