"""The report's sentences, honest whoever wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shoal.report import wording

Builder = Callable[..., dict[str, Any]]


def compare(sample: Builder, score: str, **values: float | None) -> wording.Verdict:
    evidence = sample()
    test = {**evidence["test"], "score_name": score, "rows": 1000}
    names = {"shoal": "shoal", "linear": "linear model", "constant": "constant"}
    test["models"] = [{"name": names[key], "metrics": {score: value}} for key, value in values.items()]
    return wording.verdict(test, evidence["choice"])


@pytest.mark.parametrize(
    ("score", "values", "outcome", "headline"),
    [
        ("log loss", (0.30, 0.40, 0.60), "chosen", "The chosen network does better than the linear model"),
        ("log loss", (0.40, 0.30, 0.60), "baseline", "The linear model does better: for this table"),
        ("log loss", (0.70, 0.80, 0.60), "baseline", "Even the constant baseline does better: nothing"),
        ("log loss", (0.70, 0.50, 0.60), "baseline", "Even the constant baseline does better: nothing"),
        ("log loss", (0.299, 0.30, 0.60), "level", "The chosen network is level with the linear model"),
        ("log loss", (0.301, 0.30, 0.60), "level", "The chosen network is level with the linear model"),
        ("R²", (0.80, 0.50, -0.01), "chosen", "The chosen network does better than the linear model"),
        ("R²", (0.50, 0.80, -0.01), "baseline", "The linear model does better"),
        ("R²", (-0.50, -0.20, -0.01), "baseline", "Even the constant baseline does better"),
        ("RMSE", (0.0, 0.0, 1.0), "level", "The chosen network is level with the linear model"),
    ],
)
def test_verdict(
    sample: Builder, score: str, values: tuple[float, float, float], outcome: str, headline: str
) -> None:
    shoal, linear, constant = values
    verdict = compare(sample, score, shoal=shoal, linear=linear, constant=constant)
    assert verdict.outcome == outcome
    assert verdict.headline.startswith(headline)


def test_verdict_puts_the_scores_in_proportion(sample: Builder) -> None:
    sentence = compare(sample, "log loss", shoal=0.30, linear=0.40, constant=0.24).sentence
    assert sentence == (
        "On the 1,000 test rows, which had no part in training or choosing, the chosen network has a log "
        "loss of 0.3000: 25% below the linear model's 0.4000 and 25% above the constant baseline's 0.2400."
    )


def test_verdict_on_a_score_many_times_the_other(sample: Builder) -> None:
    sentence = compare(sample, "log loss", shoal=1.0, linear=0.25, constant=0.5).sentence
    assert "4 times the linear model's 0.2500 and 100% above the constant" in sentence


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ((0.3, 0.2, 0.9), (0.4, 0.1, 0.8), " By error, though, the linear model is ahead."),
        ((0.4, 0.1, 0.8), (0.3, 0.2, 0.7), " By error and R², though, the chosen network is ahead."),
        ((0.3, 0.1, 0.9), (0.4, 0.2, 0.8), ""),
        ((0.3, 0.1, 0.9), (0.4, 0.1, 0.9), ""),
        ((0.3, 0.1, 0.8), (0.4, None, 0.9), " By R², though, the linear model is ahead."),
    ],
)
def test_verdict_admits_that_another_score_says_otherwise(
    sample: Builder, ours: tuple[float, ...], theirs: tuple[float | None, ...], words: str
) -> None:
    evidence = sample()
    models = [
        {"name": name, "metrics": dict(zip(("log loss", "error", "R²"), values, strict=True))}
        for name, values in (("shoal", ours), ("linear model", theirs))
    ]
    sentence = wording.verdict({**evidence["test"], "models": models}, evidence["choice"]).sentence
    assert sentence.endswith(f"{theirs[0]:.4f}.{words}")


def test_verdict_on_scores_that_shares_make_no_sense_of(sample: Builder) -> None:
    sentence = compare(sample, "R²", shoal=0.5, linear=0.4, constant=-0.1).sentence
    assert sentence.endswith("of 0.5000: the linear model has 0.4000 and the constant baseline has −0.1000.")


@pytest.mark.parametrize(
    "values", [{"shoal": 0.3}, {"shoal": None, "linear": 0.4}, {"shoal": 0.3, "linear": None}]
)
def test_verdict_with_nothing_to_compare(sample: Builder, values: dict[str, float | None]) -> None:
    assert compare(sample, "log loss", **values).outcome == "alone"


def test_certainty_narrows_with_the_rows(sample: Builder) -> None:
    test = sample()["test"]
    test["models"][0]["metrics"]["error"] = 0.1
    words = {}
    for rows in (100, 10_000):
        words[rows] = wording.certainty({**test, "rows": rows}) or ""
    assert "between 5.52% and 17.44%" in words[100]
    assert "between 9.43% and 10.60%" in words[10_000]


def test_no_certainty_without_an_error_rate(sample: Builder) -> None:
    assert wording.certainty(sample("regression")["test"]) is None


@pytest.mark.parametrize("errors", [0.0, 1.0])
def test_interval_of_a_perfect_score_is_not_a_point(errors: float) -> None:
    low, high = wording.wilson_interval(errors, 50)
    assert 0 <= low < high <= 1
    assert high - low == pytest.approx(1.96**2 / (50 + 1.96**2))


def test_lead_counts_classes_columns_and_networks(sample: Builder) -> None:
    assert wording.lead(sample(folds=5)) == (
        "Predicts income, one of 2 classes, from 4 of the 6 columns of adult.csv.gz. 1,000 networks "
        "(5 sizes × 10 random starts × 4 L2 strengths × 5 folds) were trained and compared in 1 min 21 s."
    )
    assert wording.lead(sample("regression")).startswith("Predicts income, a number, from 4 of")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.05, "0.05 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (3599.6, "1 h 0 min"),
        (9000, "2 h 30 min"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    assert wording.duration(seconds) == words


def test_members_that_count_twice_are_said_once() -> None:
    one, two = {"hidden": "16x8", "l2": 0.1, "start": 3}, {"hidden": "0", "l2": 0.0, "start": 0}
    choice: Any = {"members": [one, two, one]}
    assert wording.members(choice) == [
        "16×8 hidden units, L2 0.1, start 3 (counted 2 times)",
        "no hidden units, L2 0, start 0",
    ]
    assert wording.model_name("shoal", choice) == "ensemble of 2 networks"


def test_importance_is_measured_in_the_score_of_the_test(sample: Builder) -> None:
    assert wording.test_measure(sample()) == "log loss (nats)"
    assert wording.test_measure(sample("regression")) == "RMSE (units of income)"


def test_remaining_importances() -> None:
    def entries(count: int, last: float) -> list[Any]:
        return [{"column": "c", "increase": 1.0, "sd": 0.0}] * 20 + [
            {"column": "c", "increase": last, "sd": 0.0}
        ] * count

    assert wording.remaining_importances(entries(0, 0.5)) is None
    assert wording.remaining_importances(entries(1, 0.5)) == (
        "It rises by at most 0.50 each for the other 1 column; evidence.json holds them all."
    )
    assert "by nothing for the other 3 columns" in (wording.remaining_importances(entries(3, -0.1)) or "")


def test_the_temperature_is_told_with_what_it_did(sample: Builder) -> None:
    evidence = sample()
    assert wording.calibration(evidence) == (
        "One temperature, 0.720, makes all probabilities surer and leaves their order as it is. It was "
        "fitted on 7,815 rows held out from training, where it brings the log loss from 0.3150 to 0.2870. "
        "On the test rows the log loss goes from 0.3100 to 0.2800, the expected calibration error from 13% "
        "to 1.2%."
    )
    evidence["calibration"]["temperature"] = 1.0
    assert "stay as trained: no temperature lowers the log loss of 7,815" in wording.calibration(evidence)
    assert wording.calibration(sample("regression")) == ""
    del evidence["calibration"]  # as an earlier version left it
    assert wording.calibration(evidence) == ""
    again = {**sample(folds=5), "calibration": None}
    assert wording.calibration(again).startswith(
        "The probabilities are as trained: the network has seen all rows but those of the test, so that none "
        "are left to find a temperature on. On the test rows the expected calibration error is 1.2%."
    )


def test_where_evidence_and_validation_agree(sample: Builder) -> None:
    evidence = sample(choose="evidence", l2=(1.0,))
    choice = evidence["choice"]
    words = wording.by_evidence(choice)
    assert words.startswith(f"Both prefer {choice['hidden']} hidden units.")
    assert "one standard error of the lowest" in words
    assert "agree with a rank correlation of 0.93. The data determine 21.5 of the" in words
    choice["best"].update(hidden="1", validation_loss=0.1)
    choice["evidence"]["agreement"] = None
    words = wording.by_evidence(choice)
    assert f"prefers {choice['hidden']} hidden units, validation 1 hidden unit." in words
    assert "more than one standard error above the lowest, 0.1000" in words
    assert "rank correlation" not in words
    assert wording.by_evidence(sample()["choice"]) == ""
