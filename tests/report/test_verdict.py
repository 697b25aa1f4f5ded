"""Who did better on the test rows, honest whoever it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shoal.plots.tested import Verdict
from shoal.report.verdict import certainty, told, verdict, wilson_interval

Builder = Callable[..., dict[str, Any]]
Ends = tuple[float, float]


def beside(name: str, metric: str, low: float, high: float) -> dict[str, Any]:
    loss = {"RMSE": "squared error", "MAE": "absolute error"}.get(metric, metric)
    ends = {"difference": (low + high) / 2, "low": low, "high": high}
    return {"model": name, "metric": metric, "loss": loss, **ends}


def compared(
    sample: Builder,
    linear: dict[str, Ends],
    constant: dict[str, Ends],
    scores: tuple[float, float, float] = (1.0, 1.0, 1.0),
    **more: str,
) -> Verdict:
    """Return the verdict where the differences have these ends, and our score and those of the others."""
    evidence = sample()
    names = ("shoal", "linear model", "constant")
    test = {
        **evidence["test"],
        **more,
        "score_name": next(iter(linear)),
        "rows": 114,
        "models": [
            {"name": name, "metrics": dict.fromkeys(linear, value)}
            for name, value in zip(names, scores, strict=True)
        ],
        "comparisons": [
            *(beside("linear model", metric, *ends) for metric, ends in linear.items()),
            *(beside("constant", metric, *ends) for metric, ends in constant.items()),
        ],
    }
    return verdict(test, evidence["choice"])  # type: ignore[arg-type]


BETTER, WORSE, OPEN = (-0.3, -0.1), (0.1, 0.3), (-0.1, 0.3)
AHEAD = {"log loss": BETTER, "error": BETTER}


@pytest.mark.parametrize(
    ("linear", "constant", "outcome", "headline"),
    [
        (AHEAD, AHEAD, "chosen", "The chosen network does better than the linear model"),
        (
            {"log loss": BETTER, "error": OPEN},  # the error is larger, for all that is known by chance
            AHEAD,
            "mixed",
            "By log loss the chosen network does better than the linear model, but by error the two cannot "
            "be told apart on 114 rows",
        ),
        (
            {"log loss": BETTER, "error": WORSE},
            AHEAD,
            "mixed",
            "By log loss the chosen network does better than the linear model, but by error the linear model "
            "does",
        ),
        (
            {"log loss": OPEN, "error": OPEN},
            AHEAD,
            "level",
            "The chosen network and the linear model cannot be told apart on 114 rows: prefer the simpler "
            "one",
        ),
        (
            {"log loss": OPEN, "error": WORSE},
            AHEAD,
            "mixed",
            "The chosen network and the linear model cannot be told apart on 114 rows by log loss, but by "
            "error the linear model does better",
        ),
        (
            {"log loss": WORSE, "error": WORSE},
            AHEAD,
            "baseline",
            "The linear model does better: for this table the simpler model is the better one",
        ),
        (
            {"log loss": WORSE, "error": BETTER},
            AHEAD,
            "mixed",
            "By log loss the linear model does better, but by error the chosen network does",
        ),
        (
            AHEAD,
            {"log loss": OPEN, "error": BETTER},
            "level",
            "The chosen network cannot be told apart from the constant baseline on 114 rows: that anything "
            "was learned is not shown",
        ),
        (
            AHEAD,
            {"log loss": WORSE, "error": BETTER},
            "baseline",
            "Even the constant baseline does better: nothing that generalises was learned",
        ),
        (
            AHEAD,
            {"log loss": BETTER, "error": WORSE},
            "mixed",
            "By log loss the chosen network does better than the constant baseline, but by error the "
            "constant baseline does",
        ),
        (
            {"RMSE": BETTER, "MAE": WORSE},
            {"RMSE": BETTER, "MAE": BETTER},
            "mixed",
            "By RMSE the chosen network does better than the linear model, but by MAE the linear model does",
        ),
    ],
)
def test_verdict(
    sample: Builder, linear: dict[str, Ends], constant: dict[str, Ends], outcome: str, headline: str
) -> None:
    # our score is 1, and those of the others lie where the differences say
    theirs = [1 - sum(next(iter(ends.values()))) / 2 for ends in (linear, constant)]
    found = compared(sample, linear, constant, (1.0, theirs[0], theirs[1] + 0.05))
    assert found["headline"] == headline
    assert found["outcome"] == outcome


def test_a_difference_that_is_sure_and_of_no_matter_is_level(sample: Builder) -> None:
    tiny = {"log loss": (-0.004, -0.002), "error": (-0.004, -0.002)}
    found = compared(sample, tiny, AHEAD, (0.997, 1.0, 2.0))
    assert found["outcome"] == "level"
    assert found["headline"] == "The chosen network is level with the linear model: prefer the simpler one"
    # nor does another score matter that points elsewhere by so little
    found = compared(sample, {"log loss": BETTER, "error": (-0.001, 0.003)}, AHEAD, (0.8, 1.0, 2.0))
    assert found["outcome"] == "chosen"


def test_the_differences_are_told_with_their_intervals(sample: Builder) -> None:
    found = compared(sample, {"log loss": BETTER, "error": (-0.011, 0.046)}, AHEAD)
    assert found["differences"] == (
        "The chosen network differs from the linear model by −0.200 in log loss (95% interval −0.300 to "
        "−0.100) and +1.75 points in error (−1.10 to +4.60), from the constant baseline by −0.200 in log "
        "loss (−0.300 to −0.100) and −20.00 points in error (−30.00 to −10.00); below 0 the chosen network "
        "is better."
    )


def test_the_scores_are_put_in_proportion(sample: Builder) -> None:
    sentence = compared(sample, AHEAD, AHEAD, (0.30, 0.40, 0.24))["sentence"]
    assert sentence == (
        "Log loss on 114 rows kept for this test: 0.3000, 25% below the linear model's 0.4000 and 25% above "
        "the constant baseline's 0.2400."
    )
    sentence = compared(sample, AHEAD, AHEAD, (1.0, 0.25, 0.5))["sentence"]
    assert "4 times the linear model's 0.2500 and 100% above the constant" in sentence


def test_nothing_is_claimed_without_intervals(sample: Builder) -> None:
    evidence = sample()
    evidence["test"]["comparisons"] = []  # of one row, or of an earlier version
    found = told(evidence, evidence["test"])  # type: ignore[arg-type]
    assert found["outcome"] == "alone"
    assert found["headline"] == "How sure it is that the chosen network does better or worse is not known"
    assert "below the linear model's" in found["sentence"]
    del evidence["test"]["models"][1:]
    assert told(evidence, evidence["test"])["headline"] == "There is nothing to compare with"  # type: ignore[arg-type]


def test_the_verdict_of_the_evidence_is_the_one_that_is_told(sample: Builder) -> None:
    evidence = sample()
    known = {"outcome": "level", "headline": "A", "sentence": "B.", "differences": "C."}
    evidence["test"]["verdict"] = known
    assert told(evidence, evidence["test"]) == known  # type: ignore[arg-type]


def test_certainty_narrows_with_the_rows(sample: Builder) -> None:
    test = sample()["test"]
    test["models"][0]["metrics"]["error"] = 0.1
    words = {rows: certainty({**test, "rows": rows}) or "" for rows in (100, 10_000)}  # type: ignore[typeddict-item]
    assert "between 5.52% and 17.44%" in words[100]
    assert "between 9.43% and 10.60%" in words[10_000]


def test_rows_of_unlike_weights_are_as_certain_as_the_equal_ones_that_tell_as_much(sample: Builder) -> None:
    test = sample()["test"]
    test["models"][0]["metrics"]["error"] = 0.1
    weighed = certainty({**test, "rows": 5000, "counted": 100.0}) or ""  # type: ignore[typeddict-item]
    assert weighed.startswith(
        "Over so many rows, which tell as much as 100 of one weight, an error of 10.00%"
    )
    assert "between 5.52% and 17.44%" in weighed


def test_no_certainty_without_an_error_rate(sample: Builder) -> None:
    assert certainty(sample("regression")["test"]) is None


@pytest.mark.parametrize("errors", [0.0, 1.0])
def test_interval_of_a_perfect_score_is_not_a_point(errors: float) -> None:
    low, high = wilson_interval(errors, 50)
    assert 0 <= low < high <= 1
    assert high - low == pytest.approx(1.96**2 / (50 + 1.96**2))


HURRIED = "was fitted on 90 of 4,000 rows, for want of time"


@pytest.mark.parametrize(
    ("linear", "constant", "said"),
    [(BETTER, BETTER, True), (OPEN, BETTER, True), (WORSE, BETTER, False), (BETTER, WORSE, False)],
)
def test_a_linear_model_that_was_hurried_is_told_where_it_does_not_win(
    sample: Builder, linear: Ends, constant: Ends, said: bool
) -> None:
    ends = {"log loss": linear, "error": linear}, {"log loss": constant, "error": constant}
    plain = compared(sample, *ends, scores=(1.0, 0.8 if linear == WORSE else 1.5, 2.0))
    found = compared(sample, *ends, scores=(1.0, 0.8 if linear == WORSE else 1.5, 2.0), hurried=HURRIED)
    assert (found["outcome"] == "baseline") is not said
    added = f"; but the linear model {HURRIED}" if said else ""
    assert found["headline"] == plain["headline"] + added


def test_what_is_the_same_in_every_row_is_called_level(sample: Builder) -> None:
    level, same = (0.0, 0.0), "nothing in cost (the same in every row)"
    found = compared(sample, {"cost": level, "error": OPEN}, {"cost": BETTER, "error": BETTER})
    assert found["outcome"] == "level"
    assert found["headline"] == (
        "The chosen network is level with the linear model in every one of 114 rows: prefer the simpler one"
    )
    assert (
        f"from the linear model by {same} and +10.00 points in error (95% interval −10.00"
        in found["differences"]
    )
    of_all = compared(sample, {"cost": level}, {"cost": level})
    assert of_all["headline"] == (
        "The chosen network is level with the constant baseline in every one of 114 rows: that anything was "
        "learned is not shown"
    )
    assert of_all["differences"].count(same) == 2
    assert "interval" not in of_all["differences"]


def test_where_no_row_of_the_class_is_found_scores_are_the_same_and_rows_need_not_be(sample: Builder) -> None:
    """F1 is 0 however many rows are called wrongly: it is no mean of rows, so none of them is level."""
    level = (0.0, 0.0)
    found = compared(sample, {"F1": level, "log loss": OPEN}, {"F1": level, "log loss": OPEN})
    assert found["headline"] == (
        "The chosen network is level with the constant baseline on 114 rows: that anything was learned is "
        "not shown"
    )
    assert "from the linear model by nothing in F1 and +0.100 in log loss" in found["differences"]


@pytest.mark.parametrize(
    ("metric", "ends", "said"),
    [("F1", (0.0, 0.0), "is level with"), ("balanced error", OPEN, "cannot be told apart from")],
)
def test_what_log_loss_shows_was_learned_though_classes_are_decided_for_another_metric(
    sample: Builder, metric: str, ends: Ends, said: str
) -> None:
    found = compared(sample, {metric: ends, "log loss": OPEN}, {metric: ends, "log loss": BETTER})
    assert found["outcome"] == "mixed"
    assert found["headline"] == (
        f"The chosen network {said} the constant baseline on 114 rows by {metric}, but by log loss the "
        "chosen network does better"
    )


@pytest.mark.parametrize(
    ("metric", "why"),
    [("AUC", "all rows of the test are of one class"), ("F1", "no row of the test is of its class")],
)
def test_where_the_score_is_undefined_the_log_loss_says_it(sample: Builder, metric: str, why: str) -> None:
    evidence = sample()
    test = evidence["test"]
    expected = verdict(test, evidence["choice"])
    for model in test["models"]:
        model["metrics"][metric] = None
    found = verdict({**test, "score_name": metric}, evidence["choice"])
    assert found["headline"] == f"{expected['headline']} (by log loss, as {metric} is not defined: {why})"
    assert (found["outcome"], found["sentence"]) == (expected["outcome"], expected["sentence"])
    test["models"][0]["metrics"][metric] = 0.5  # as of evidence with a score that others lack
    assert verdict({**test, "score_name": metric}, evidence["choice"])["outcome"] == "alone"
