"""The report's sentences, honest whoever wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shoal.plots.evidence import Scale, Scales
from shoal.report import wording

Builder = Callable[..., dict[str, Any]]


def test_lead_counts_classes_columns_and_networks(sample: Builder) -> None:
    assert wording.lead(sample(folds=5)) == (
        "Predicts income, one of 2 classes, from 4 of the 6 columns of adult.csv.gz. 1,000 networks "
        "(5 sizes × 10 random starts × 4 L2 strengths × 5 folds) were trained and compared in 1 min 21 s."
    )
    assert wording.lead(sample("regression")).startswith("Predicts income, a number, from 4 of")
    searched = sample(folds=5)
    searched["asked"]["search"] = {"axes": ["dropout"], "points": 20, "halving": 5}
    assert "1,000 networks (20 points of a search × 10 random starts × 5 folds)" in wording.lead(searched)


def test_members_that_count_twice_are_said_once() -> None:
    one, two = {"hidden": "16x8", "l2": 0.1, "start": 3}, {"hidden": "0", "l2": 0.0, "start": 0}
    choice: Any = {"members": [one, two, one]}
    assert wording.members(choice) == [
        "16×8 hidden units, L2 0.1, start 3 (counted 2 times)",
        "no hidden units, L2 0, start 0",
    ]


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
    evidence["calibration"]["after"] = evidence["calibration"]["before"] + 0.01
    assert (
        "they chose when networks stop, and so suit them better than new rows do. On"
        in wording.calibration(evidence)
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


def test_how_little_was_tried_is_said_and_nothing_where_enough_was(sample: Builder) -> None:
    assert wording.little(sample()) == wording.little(sample(folds=5)) == ""
    whole = sample(folds=5, sizes={"4": 57}, l2=(1.0,), starts=1, diverged=0)
    assert wording.little(whole) == (
        "There is one candidate, and nothing to compare it with: what was chosen may be far from the best."
    )
    cut = sample(sizes={"4": 57}, l2=(1.0,), starts=1, diverged=0)
    cut["asked"].update(folds=5, starts=50)
    assert wording.little(cut).startswith(
        "The study was ended early, with 1 of 250 networks trained; networks were judged on 1 of 5 folds "
        "alone; there is one candidate, and nothing to compare it with: "
    )
    assert "there are no more than 2 random starts: " in wording.little(sample(starts=2)).lower()
    assert "there is no more than 1 random start: " in wording.little(sample(starts=1)).lower()
    assert "1 network (1 size × 1 random start × 1 L2 strength × 5 folds) was trained" in wording.lead(cut)
    assert wording.little(sample(sizes={"0": 57}, starts=2)) == ""  # linear networks have one minimum


def test_the_lead_tells_what_sequences_are_like(sample: Builder) -> None:
    page = sample()
    shape = {
        "channels": ["x", "y"], "shortest": 7, "median": 15.0, "longest": 29, "missing": 0.0,
        "edges": [7, 20, 30], "counts": [3, 1],
    }  # fmt: skip
    page["data"]["sequences"] = shape
    assert "from sequences of 7 to 29 steps and 2 channels in" in wording.lead(page)
    page["data"]["sequences"] = {**shape, "shortest": 29}
    assert "from sequences of 29 steps and 2 channels in" in wording.lead(page)


def test_the_lead_of_texts_tells_no_columns(sample: Builder) -> None:
    page = sample()
    page["data"] |= {"noun": "text", "columns": []}
    assert wording.lead(page).startswith("Predicts income, one of 2 classes, from the texts of adult.csv.gz.")


def test_what_gives_the_same_model_again_depends_on_the_clock(sample: Builder) -> None:
    asked = sample()["asked"]
    without = {name: value for name, value in asked.items() if name not in ("again", "clocked")}
    assert wording.repeatable(without) == "The same versions, seed and sizes give the same networks."
    earlier = wording.repeatable({**without, "again": "shoal fit"})
    assert earlier.startswith("What was left open was decided by the time")
    counted, clocked = (
        wording.repeatable({**without, "again": "shoal fit", "clocked": decided}) for decided in (False, True)
    )
    assert counted.startswith("Nothing was decided by a clock.")
    assert "the command above gives the same model to the bit, at any load" in counted
    assert clocked.startswith("How many networks were compared was decided by the time that they took")
    assert "This one leaves nothing open" in clocked


def test_intervals_are_as_wide_everywhere_or_by_thirds(sample: Builder) -> None:
    test = sample("regression")["test"]
    assert wording.widest_third(test) == ""
    test["intervals"] = {"coverage": 0.9, "covered": 0.9, "width": 2.0}  # as an earlier version left it
    assert wording.widest_third(test) == ""
    third = {"rows": 10, "low": 0.0, "high": 1.0, "covered": 0.9, "width": 2.0}
    test["intervals"]["thirds"] = [third, third]
    assert wording.widest_third(test).startswith("They are about as wide everywhere")
    test["intervals"]["thirds"] = [third, {**third, "width": 3.0}]
    assert wording.widest_third(test).startswith("They are wider where errors on rows held out were larger")


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ((0.4, 0.3), "those of inputs as they are to 0.4000, so later starts were scaled too."),
        ((0.3, 0.4), "those of inputs as they are to 0.3000, so later starts were not scaled."),
        ((None, None), ""),
    ],
)
def test_scales_are_told_with_what_came_of_them(losses: tuple[float | None, float | None], said: str) -> None:
    columns: list[Scale] = [{"column": f"x{i}", "scale": 1 / (i + 1)} for i in range(14)]
    found: Scales = {"columns": columns, "plain": losses[0], "scaled": losses[1], "counted": 3}
    told = " ".join(wording.scales(found, 5))
    assert "The scales are x0 1, x1 0.50, x2 0.33, " in told
    assert "and at most 0.077 of the other 2 columns." in told
    assert said in told
    assert ("so later" in told) == bool(said)
    assert told.endswith("3 of 5 predictions are by networks of scaled inputs.")
    few = " ".join(wording.scales({**found, "columns": columns[:1]}, 5))
    assert "The scales are x0 1." in few
