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

def train(
    isa: str,
    network: tuple[Doubles, npt.NDArray[np.bool_], int, float, int, int],
    theta: Floats,
    keys: npt.NDArray[np.uint64],
    samples: tuple[Floats, Floats, Floats],
    validation: tuple[Floats, Floats, Floats] | None,
    strengths: Doubles,
    solver: tuple[int, Sequence[float], bool, bool],
    factors: Doubles | None,
    epochs: int,
    batch_size: int,
    tolerance: float,
    patience: int,
    shared_order: int | None,
    clip_norm: float,
    augmentation: AugmentationArrays | None,
    by_batch: bool,
    reins: tuple[npt.NDArray[np.uint32], Integers, Doubles, Floats, Doubles, int, WatchArrays | None] | None,
    threads: int,
    history: tuple[Doubles, Doubles | None, Integers, Integers, Integers],
    report: Callable[[int, int], bool] | None,
    checkpoint: Callable[[], None] | None,
) -> None:
    """Train the members of ``theta`` (P, D) in place and write their ``history``, as ``shoal.training`` does.

    - ``network``: layers (L, 24), weight mask (D,), loss, its parameter, inputs, outputs.
    - ``samples``, ``validation``: X (N, n), y (K, N), s (1, N) or (P, N), in the dtype of ``theta``.
    - ``strengths`` (4, P): l2, l1, weight decay, learning rate; ``factors`` of the rate, one an update.
    - ``solver``: its number, parameters, whether it needs the full batch, whether decay is times the rate.
    - ``batch_size`` 0 is full batch, ``patience`` 0 never stops early, ``clip_norm`` 0 never clips;
      ``shared_order`` is the seed of an order that all members share, or None.
    - ``augmentation``: channels, rows, columns; translate, the largest factor, rotate in radians, elastic,
      fill (NaN: the edge); taps of the Gaussian (2R+1,); the seed of its streams.
    - ``by_batch`` divides penalties by the weight of the minibatch; ``reins``: orders (E, R, M) and each
      member's (P,), penalties (P,), the solver's memory (S, P, D) and scalars (Q, P), updates before, and
      the watch over losses: its tol and patience, its best (P,) and counts (P,).
    - ``report(epochs done, members active)`` runs after each epoch, with ``reins`` after E; returning True
      ends training. On any but the main thread ``checkpoint()`` runs now and then; what it raises ends it.
    """
