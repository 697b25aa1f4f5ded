"""The networks of a study as figures tell them apart: by size, L2 strength and random start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shoal.plots.scales import finite
from shoal.plots.text import number, plain, size_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shoal.plots.evidence import Candidate, Trials


def ordered_sizes(trials: Trials) -> list[str]:
    """Return the sizes from the fewest parameters up, the order in which Occam's rule prefers them."""
    parameters = dict(zip(trials["hidden"], trials["parameters"], strict=True))
    return sorted(parameters, key=lambda size: parameters[size])


def distinct(members: Sequence[Candidate]) -> list[Candidate]:
    """Return ``members`` without repetitions, in order: an ensemble may count a network twice."""
    return list({(m["hidden"], m["l2"], m["start"]): m for m in members}.values())


def mean_loss(trials: Trials, candidate: Candidate) -> float:
    """Return the validation loss of ``candidate``, averaged over its folds."""
    wanted = (candidate["hidden"], candidate["l2"], candidate["start"])
    keys = zip(trials["hidden"], trials["l2"], trials["start"], strict=True)
    return float(np.mean(finite(trials["validation_loss"])[[key == wanted for key in keys]]))


def descriptions(trials: Trials) -> list[str]:
    """Return for each network what it is and how it did, for a tooltip."""
    folded = len(set(trials["fold"])) > 1
    columns = ("hidden", "l2", "start", "fold", "validation_loss")
    return [
        f"{units(hidden)}, L2 {plain(l2)}, start {start}{f', fold {fold}' if folded else ''}: {number(loss)}"
        for hidden, l2, start, fold, loss in zip(*(trials[name] for name in columns), strict=True)  # type: ignore[literal-required]
    ]


def units(hidden: str) -> str:
    """Return a size in words.

    >>> units("0"), units("1"), units("16x8")
    ('no hidden units', '1 hidden unit', '16×8 hidden units')
    """
    if hidden == "0":
        return "no hidden units"
    return "1 hidden unit" if hidden == "1" else f"{size_name(hidden)} hidden units"
