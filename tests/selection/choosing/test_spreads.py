from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.selection.choosing.contenders import all_contenders
from shoal.selection.choosing.spreads import spreads
from shoal.selection.trials import Trials

Build = Callable[..., dict[str, Any]]
LOST = {"validation_loss": np.nan, "validation_se": np.nan, "diverged": True, "stopped": "diverged"}


def test_the_spread_has_the_quartiles_of_every_candidate(row: Build) -> None:
    # of 1, 2, 3, 4, 5 the quartiles are 2, 3, 4; the diverged start counts apart
    trials = Trials.from_rows(
        [row(start=i, validation_loss=loss) for i, loss in enumerate([3.0, 1.0, 5.0, 2.0, 4.0])]
        + [row(**LOST, start=5)]
        + [row(candidate=1, hidden="9", **LOST, start=i) for i in range(2)]
    )
    first, second = spreads(all_contenders(trials))
    assert (first.hidden, first.starts, first.diverged) == ("8", 6, 1)
    assert (first.min, first.q1, first.median, first.q3, first.max) == (1.0, 2.0, 3.0, 4.0, 5.0)
    assert (second.hidden, second.starts, second.diverged, second.median) == ("9", 2, 2, None)


def test_quartiles_are_those_of_each_candidate_alone_however_many_starts_the_others_have(row: Build) -> None:
    draws = np.random.default_rng(0).normal(size=(4, 5)) ** 2
    counts = (5, 3, 5, 1)
    rows = [
        row(candidate=k, hidden=str(k), start=i, validation_loss=float(draws[k, i]))
        for k, count in enumerate(counts)
        for i in range(count)
    ]
    contenders = all_contenders(Trials.from_rows(rows))
    for k, (count, found) in enumerate(zip(counts, spreads(contenders), strict=True)):
        alone = np.quantile(draws[k, :count], [0, 0.25, 0.5, 0.75, 1]).tolist()
        assert [found.min, found.q1, found.median, found.q3, found.max] == alone
