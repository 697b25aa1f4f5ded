"""A cohort with all that training it takes: what travels to whoever trains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shoal.selection.cohorts.inputs import Inputs

if TYPE_CHECKING:
    from shoal.networks.chain import Chain
    from shoal.selection.cohorts.planning import Cohort
    from shoal.sequences import Rows
    from shoal.shapes import Array, IntArray
    from shoal.training.blocks import BlockFile
    from shoal.training.recipe import Recipe

ALL_INPUTS = Inputs()


@dataclass(frozen=True)
class Conditions:
    """What all networks of a study are trained in, by which engine, and whether by their evidence.

    ``by_evidence``: l2 is where each member begins, and is re-estimated as its evidence prefers. ``blocks``
    are samples on disk, on which members are trained instead of on those in memory. After ``halving`` epochs,
    and 2, 4, 8 … times as many, the worse half of a cohort ends, where samples judge it.
    """

    dtype: str
    engine: str = "auto"
    by_evidence: bool = False
    blocks: BlockFile | None = None
    halving: int | None = None


@dataclass(frozen=True)
class Task:
    """A cohort with all that training it takes: rows of ``X`` (N, n) and ``y`` to train and to judge by.

    ``held`` is empty where there is nothing to judge by. ``inputs`` are what the members are given of X, all
    of which ``network`` takes. ``weights`` (N,) are what the samples of X count for, None where all count
    alike.
    """

    cohort: Cohort
    network: Chain
    recipe: Recipe
    conditions: Conditions
    X: Rows
    y: Array
    train: IntArray
    held: IntArray
    inputs: Inputs = ALL_INPUTS
    weights: Array | None = None
