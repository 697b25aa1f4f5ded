from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from shoal.errors import ConfigurationError
from shoal.selection.choosing.choice import choose
from shoal.selection.choosing.contenders import all_contenders, complete, covered, finite_contenders
from shoal.selection.trials import Trials

Build = Callable[..., dict[str, Any]]
LOST = {"validation_loss": math.nan, "validation_se": math.nan, "diverged": True, "stopped": "diverged"}


def test_contenders_of_a_study_under_way_have_means_over_the_folds_that_they_have(row: Build) -> None:
    trials = Trials.from_rows(
        [
            row(start=1, fold=0, validation_loss=0.5, validation_se=0.03),
            row(start=0, fold=0, validation_loss=0.1, validation_se=0.06),
            row(start=1, fold=1, validation_loss=0.7, validation_se=0.04),
            row(start=2, fold=1, validation_loss=0.2, validation_se=0.02, gamma=3.0),
        ]
    )
    found = all_contenders(trials)
    assert [one.start for one in found] == [0, 1, 2]
    assert [one.validation_loss for one in found] == pytest.approx([0.1, 0.6, 0.2])
    assert [one.standard_error for one in found] == pytest.approx([0.06, 0.05 / 2, 0.02])
    assert [one.gamma for one in found] == [None, None, 3.0]


def test_a_contender_that_diverged_in_one_fold_never_wins(row: Build) -> None:
    trials = Trials.from_rows(
        [
            row(start=0, fold=0, validation_loss=0.1),
            row(start=0, fold=1, **LOST),
            row(start=1, fold=0, validation_loss=0.5),
            row(start=1, fold=1, validation_loss=0.5),
        ]
    )
    assert choose(trials).chosen.start == 1
    assert math.isnan(all_contenders(trials)[0].validation_loss)


def test_only_contenders_with_a_loss_may_win(row: Build) -> None:
    trials = Trials.from_rows([row(start=0, **LOST), row(start=1, validation_loss=0.5)])
    assert [one.start for one in finite_contenders(all_contenders(trials), 2)] == [1]
    none = all_contenders(Trials.from_rows([row(start=0, **LOST)]))
    with pytest.raises(ConfigurationError, match=r"^the only network diverged, .* try a learning_rate"):
        finite_contenders(none, 1)


def test_contenders_are_compared_on_the_folds_that_they_have_in_common(row: Build) -> None:
    trials = Trials.from_rows(
        [
            row(start=0, fold=0, validation_loss=0.1),
            row(start=1, fold=0, validation_loss=0.2),
            row(start=1, fold=1, validation_loss=0.3),
            *(row(start=2, fold=fold, **LOST) for fold in range(3)),
        ]
    )
    assert covered(trials) == [0, 1]
    assert complete(trials, [0, 1])["start"].tolist() == [1, 1, 2, 2]
    assert complete(trials, [0])["start"].tolist() == [0, 1, 2]
    assert covered(complete(trials, [2])) == []
