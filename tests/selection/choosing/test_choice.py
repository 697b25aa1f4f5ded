from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.selection.choosing.choice import _rank_correlation, choose
from shoal.selection.trials import Trials

Build = Callable[..., dict[str, Any]]


def lost(**values: Any) -> dict[str, Any]:
    return {
        "validation_loss": math.nan,
        "validation_se": math.nan,
        "diverged": True,
        "stopped": "diverged",
        **values,
    }


@pytest.fixture
def sizes(row: Build) -> Trials:
    """Three sizes, two starts each; the best is 16 units with 0.300 ± 0.020, so the threshold is 0.320."""
    losses = {"1": [0.500, 0.510], "4": [0.330, 0.319], "16": [0.300, 0.305]}
    return Trials.from_rows(
        [
            row(
                candidate=i,
                hidden=hidden,
                start=start,
                parameters=3 * int(hidden) + 1,
                validation_loss=loss,
                validation_se=0.020 if loss == 0.300 else 0.1,
            )
            for i, (hidden, pair) in enumerate(losses.items())
            for start, loss in enumerate(pair)
        ]
    )


def test_best_is_the_smallest_validation_loss(sizes: Trials) -> None:
    choice = choose(sizes, "best")
    assert (choice.chosen.hidden, choice.chosen.start) == ("16", 0)
    assert choice.threshold is None
    assert choice.sentence == (
        "16 hidden units (l2 0, start 0; 49 parameters): the smallest validation loss, 0.3, "
        "of all 6 networks."
    )


def test_one_se_is_the_smallest_network_within_one_standard_error_of_the_best(sizes: Trials) -> None:
    # 0.300 + 0.020 = 0.320: of 4 units, start 1 (0.319) is within it and start 0 (0.330) is not;
    # 1 unit (0.500) is not, although its own standard error is large.
    choice = choose(sizes, "one-se")
    assert choice.threshold == pytest.approx(0.320)
    assert (choice.chosen.hidden, choice.chosen.start) == ("4", 1)
    assert choice.best.hidden == "16"
    assert choice.members == (choice.chosen,)
    assert choice.sentence == (
        "4 hidden units (l2 0, start 1; 13 parameters): the smallest network whose validation loss, 0.319, "
        "is within one standard error (0.02) of the best of all 6 networks, 0.3 from 16 hidden units (l2 0, "
        "start 0; 49 parameters)."
    )


def test_one_se_says_so_where_the_best_is_also_the_smallest(row: Build) -> None:
    trials = Trials.from_rows([row(start=0, validation_loss=0.2), row(start=1, validation_loss=0.1)])
    choice = choose(trials)
    assert choice.chosen == choice.best
    assert "no smaller network within one standard error of it (0.11)" in choice.sentence


def test_among_equal_sizes_the_larger_penalty_wins_then_the_lower_loss(row: Build) -> None:
    trials = Trials.from_rows(
        [
            row(candidate=0, l2=0.0, start=0, validation_loss=0.200, validation_se=0.01),
            row(candidate=1, l2=1.0, start=0, validation_loss=0.209),
            row(candidate=1, l2=1.0, start=1, validation_loss=0.205),
            row(candidate=2, l2=2.0, start=0, validation_loss=0.211),  # beyond 0.200 + 0.010
        ]
    )
    chosen = choose(trials).chosen
    assert (chosen.l2, chosen.start) == (1.0, 1)


def test_folds_are_averaged_and_their_standard_errors_pooled(row: Build) -> None:
    # mean (0.2 + 0.4 + 0.3) / 3 = 0.3; SE = sqrt(0.03² + 0.04² + 0.12²) / 3 = 0.13 / 3
    losses, errors = [0.2, 0.4, 0.3], [0.03, 0.04, 0.12]
    trials = Trials.from_rows(
        [row(fold=f, validation_loss=losses[f], validation_se=errors[f]) for f in range(3)]
        + [row(fold=f, start=1, validation_loss=0.31, validation_se=0.01) for f in range(3)]
    )
    choice = choose(trials, "best")
    assert choice.chosen.start == 0
    assert choice.chosen.validation_loss == pytest.approx(0.3)
    assert choice.chosen.standard_error == pytest.approx(0.13 / 3)


@pytest.mark.parametrize("rule", ["best", "one-se"])
def test_a_network_that_diverged_never_wins(row: Build, rule: str) -> None:
    trials = Trials.from_rows(
        [
            row(candidate=0, hidden="1", parameters=4, **lost()),
            row(candidate=1, hidden="2", parameters=7, **lost(validation_loss=0.0, validation_se=0.0)),
            row(candidate=2, hidden="3", parameters=10, validation_loss=math.inf),
            row(candidate=3, hidden="4", parameters=13, validation_loss=0.9),
        ]
    )
    assert choose(trials, rule).chosen.hidden == "4"


def test_if_all_diverged_the_error_says_what_to_try(row: Build) -> None:
    with pytest.raises(ConfigurationError, match=r"all 2 networks diverged.*learning_rate"):
        choose(Trials.from_rows([row(**lost()), row(**lost(start=1))]))


def test_an_unknown_rule_is_named(sizes: Trials) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'one-se'"):
        choose(sizes, "one-sd")


def test_a_choice_becomes_plain_json(sizes: Trials) -> None:
    choice = choose(sizes)
    plain = json.loads(json.dumps(choice.to_dict(), allow_nan=False))
    assert plain["hidden"] == "4"
    assert plain["best"] == {
        "hidden": "16",
        "l2": 0.0,
        "start": 0,
        "parameters": 49,
        "validation_loss": 0.3,
        "standard_error": 0.02,
    }
    assert plain["members"] == [{"hidden": "4", "l2": 0.0, "start": 1}]
    assert json.loads(json.dumps(choice.spread_dicts()))[0]["starts"] == 2


def test_a_sentence_calls_sizes_what_they_count(row: Any) -> None:
    trials = Trials.from_rows([row(hidden="8x16", parameters=9)])
    assert choose(trials, "best", unit="filter").sentence.startswith("8x16 filters (l2 0, start 0; 9 param")


def test_the_agreement_of_two_scores_is_spearmans() -> None:
    rng = np.random.default_rng(0)
    for n in (2, 3, 50):
        a, b = rng.integers(0, 6, size=(2, n)).astype(float)
        a[0], a[1], b[0], b[1] = 0, 1, 1, 3  # both vary
        assert _rank_correlation(a, b) == pytest.approx(spearmanr(a, b)[0], rel=1e-12)
    assert _rank_correlation(np.zeros(5), np.arange(5.0)) is None


@pytest.mark.parametrize("rule", ["best", "one-se"])
def test_a_network_tells_what_it_has_determined_in_every_fold(rule: str, row: Build) -> None:
    unknown = math.nan, 0.01  # after the first epoch
    found = [(0, *unknown), (0, 0.0005, 5e5), (0, 11.6, 0.05), (1, 13.0, 0.001)]  # the last loses
    trials = Trials.from_rows(
        [
            row(start=start, fold=fold, parameters=13, validation_loss=0.2 + start, gamma=gamma, strength=s)
            for fold, (start, gamma, s) in enumerate(found)
        ]
    )
    assert choose(trials, rule).sentence.endswith(
        "The rows trained on determine 0.0005 to 11.6 of its 13 parameters, over the folds, and set the "
        "strength of its penalty to 0.05 to 5e+05."
    )
    first = Trials.from_rows([row(gamma=gamma, strength=s) for gamma, s in [unknown]])
    assert "determine" not in choose(first, rule).sentence
