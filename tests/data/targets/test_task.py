from __future__ import annotations

import datetime as dt
import json
import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from shoal.data.targets.losses import LOSSES, scaling
from shoal.data.targets.task import TargetEncoder, infer_task, rows_with_target
from shoal.errors import ConfigurationError, DataError, ModelFolderError, ShoalWarning, UnknownNameError

DECLARED = "is declared to hold categories (3 classes)"


@pytest.mark.parametrize(
    ("target", "task", "why"),
    [
        (["a", "b", "c"], "classification", "holds text (3 classes)"),
        (["1", "2", "b"], "classification", "holds text (3 classes)"),
        (["+", "-", None], "classification", "holds text (2 classes)"),
        ([True, False], "classification", "is true or false"),
        ([3.5, 7.25], "classification", "has two distinct values"),
        (["-1", "1", "?"], "classification", "has two distinct values"),
        (["1", "2", "1.0"], "classification", "has two distinct values"),
        (range(10), "classification", "holds the codes 0 to 9 without a gap"),
        ([3, 1, 2], "classification", "holds the codes 1 to 3 without a gap"),
        (range(20), "classification", "holds the codes 0 to 19 without a gap"),
        (range(21), "regression", "is a number with 21 distinct values"),
        ([2, 3, 4], "regression", "is a number with 3 distinct values"),
        ([1, 2, 4], "regression", "is a number with 3 distinct values"),
        ([0, 0.5, 1], "regression", "is a number with 3 distinct values"),
        (["1.5", "2.5", "-", "7"], "regression", "is a number with 3 distinct values"),
        (["007", "7", "12", "12"], "classification", "holds codes with leading zeros (3 classes)"),
        (["12e1", "120", "a7f"], "classification", "holds text (3 classes)"),
        ([2**53, 2**53 + 1], "classification", "has two distinct values"),
        ([str(2**60 + k) for k in range(3)], "regression", "is a number with 3 distinct values"),
        (pl.Series(["3", "7", "9"], dtype=pl.Categorical), "classification", DECLARED),
        (pd.Series([3, 7, 9], dtype="category"), "classification", DECLARED),
    ],
)
def test_the_task_and_why(target: Any, task: str, why: str) -> None:
    choice = infer_task(list(target) if isinstance(target, range) else target)
    other = {"classification": "regression", "regression": "classification"}[task]
    assert choice.task == task
    assert choice.sentence == f"{task}, because 'target' {why}; task={other!r} overrides"


def test_the_task_can_be_overridden(refuses: Any) -> None:
    assert infer_task([1, 2, 3], "regression").task == "regression"
    assert infer_task([1.5, 2.5, 3.5], "classification").task == "classification"
    assert "task" in infer_task([1, 2, 3], "regression").sentence
    with refuses(UnknownNameError, "'regresion'", "did you mean 'regression'?"):
        infer_task([1, 2], "regresion")


@pytest.mark.parametrize(
    ("target", "override", "fragments"),
    [
        (["low", "high"], "regression", ["must be finite numbers", "'low' in data row 1"]),
        ([1.0, 2.0, np.inf], None, ["must be finite numbers", "'inf' in data row 3"]),
        ([None, None], None, ["missing in all 2 rows"]),
        ([dt.date(2024, 1, 1), dt.date(2024, 1, 2)], None, ["holds dates"]),
    ],
)
def test_a_target_that_fits_no_task_is_refused(
    target: Any, override: str | None, fragments: list[str], refuses: Any
) -> None:
    with refuses(DataError, "'target'" if override is None else "target", *fragments):
        infer_task(target, override)


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        ("missing", "'missing' in 1 of 60 rows, which may be classes or no values at all; leave"),
        ("k/A", "'k/A' in 1 of 60 rows"),
        ("n.d.", "'n.d.' in 1 of 60 rows"),
    ],
)
def test_numbers_are_no_classes_for_an_odd_text(odd: str, told: str, refuses: Any) -> None:
    target = pl.Series("y", [*(f"{k / 7:.3f}" for k in range(59)), odd])
    with refuses(DataError, f"the target 'y' holds numbers, and {told}"):
        infer_task(target)
    assert infer_task(target, "classification").task == "classification"
    often = pl.Series("y", [odd if k % 7 == 0 else f"{k / 7:.3f}" for k in range(60)])
    with refuses(DataError, f"the target 'y' holds numbers, and '{odd}' in 9 of 60 rows"):
        infer_task(often)
    codes = pl.Series("y", [*(str(k % 20) for k in range(59)), odd])  # few enough to be classes
    assert infer_task(codes).task == "classification"


def test_dates_are_no_classes_however_they_are_stored(refuses: Any) -> None:
    days = [dt.date(1998, 1, 1) + dt.timedelta(days=3 * k) for k in range(60)]
    for written in (days, list(map(str, days)), [f"{day:%d.%m.%y}" for day in days]):
        with refuses(DataError, "the target 'y' holds dates, expected numbers or classes; derive one"):
            infer_task(pl.Series("y", written))
    assert infer_task(pl.Series("y", list(map(str, days[:20] * 3)))).task == "classification"


def test_numbers_in_a_writing_that_is_not_read_are_no_classes(refuses: Any) -> None:
    target = pl.Series("y", [f"{k / 7:.2f}-" for k in range(1, 60)])
    with refuses(DataError, "holds numbers in a writing that is not read, as '0.14-'; write them as -1234.5"):
        infer_task(target)
    assert infer_task(pl.Series("y", [f"{k % 20} kg" for k in range(60)])).task == "classification"


def test_rows_without_a_target_are_left_out_with_a_warning() -> None:
    table = {"x": [1, 2, 3, 4], "y": ["a", "?", "b", None]}
    with pytest.warns(ShoalWarning, match=r"^2 of 4 rows have no value of the target 'y' and are left out$"):
        left = rows_with_target(table, "y")
    assert left.to_dict(as_series=False) == {"x": [1, 3], "y": ["a", "b"]}


def test_a_dash_is_no_number_but_a_class() -> None:
    with pytest.warns(ShoalWarning, match="1 of 3 rows"):
        assert rows_with_target({"y": ["1.5", "-", "2"]}, "y")["y"].to_list() == ["1.5", "2"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rows_with_target({"y": ["+", "-", "-"]}, "y")["y"].to_list() == ["+", "-", "-"]


def test_a_target_that_is_not_there_is_told_with_the_nearest_column(refuses: Any) -> None:
    table = {"age": [1], "income": [2]}
    with refuses(DataError, "no column 'incme'", "did you mean 'income'?", "'age', 'income'"):
        rows_with_target(table, "incme")
    with refuses(DataError, "no column 'zzz' to predict; its columns:", "'age', 'income'"):
        rows_with_target(table, "zzz")


def test_a_target_without_any_value_is_refused(refuses: Any) -> None:
    with refuses(DataError, "'y' is missing in all 2 rows"):
        rows_with_target({"x": [1, 2], "y": ["NA", None]}, "y")


@pytest.mark.parametrize(
    ("target", "labels", "codes"),
    [
        (["b", "a", "b", "a"], ("a", "b"), [1, 0, 1, 0]),
        (["10", "9", "10", "9"], ("9", "10"), [1, 0, 1, 0]),
        ([2.0, 1.0, 2.0, 1.0], ("1", "2"), [1, 0, 1, 0]),
        ([True, False, True, False], ("false", "true"), [1, 0, 1, 0]),
        (["b", "2", "b", "2"], ("2", "b"), [1, 0, 1, 0]),
        (["nan.", "inf", "nan.", "inf"], ("inf", "nan."), [1, 0, 1, 0]),
    ],
)
def test_classes_are_coded_in_order(target: Any, labels: tuple[str, ...], codes: list[int]) -> None:
    encoder = TargetEncoder.fit(target, "classification")
    assert encoder.labels == labels
    assert_array_equal(encoder.encode(target), codes)
    assert encoder.encode(target).dtype == np.int64
    assert encoder.decode_values([1, 0]).tolist() == [labels[1], labels[0]]
    assert (encoder.mean, encoder.sd) == (0.0, 1.0)


def test_numbers_that_are_equal_are_one_class_and_it_is_said() -> None:
    target = ["3.1", "3.10", "3.9", "3.9"]
    with pytest.warns(ShoalWarning, match=r"'target' holds numbers only, so '3.1' and '3.10' are one class"):
        encoder = TargetEncoder.fit(target, "classification")
    assert encoder.labels == ("3.1", "3.9")
    assert_array_equal(encoder.encode(target), [0, 0, 1, 1])


@pytest.mark.parametrize(
    "labels", [["3.1", "3.10", "3.9", "dev"], ["007", "7", "12"], ["76561198000000001", "76561198000000002"]]
)
def test_the_sentence_counts_the_classes_that_are_fitted(labels: list[str]) -> None:
    target = labels * 2
    encoder = TargetEncoder.fit(target, "classification")
    assert sorted(encoder.labels) == sorted(labels)
    assert_array_equal(encoder.decode_values(encoder.encode(target)), target)
    sentence = infer_task(target).sentence
    assert f"({len(labels)} classes)" in sentence or "two distinct values" in sentence


def test_classes_are_known_however_they_are_stored() -> None:
    encoder = TargetEncoder.fit(["1", "2", "1", "2"], "classification")
    for stored in (["2", "1"], ["2.0", "1.0"], [2, 1], [2.0, 1.0]):
        assert_array_equal(encoder.encode(stored), [1, 0])


def test_a_regression_is_standardised() -> None:
    encoder = TargetEncoder.fit(["1", "2", "6"], "regression")
    assert_allclose((encoder.mean, encoder.sd), (3.0, np.sqrt(14 / 3)), rtol=1e-15)
    assert_allclose(encoder.encode([3.0, 3 + np.sqrt(14 / 3)]), [0.0, 1.0], rtol=1e-15)
    assert_allclose(encoder.decode_values(encoder.encode([1, 2, 6])), [1.0, 2.0, 6.0], rtol=1e-15)


def test_declared_categories_that_are_numbers_are_numbers_where_a_regression_is_asked_for() -> None:
    target = pl.Series("y", ["1", "2", "6"], dtype=pl.Categorical)
    assert infer_task(target).task == "classification"
    assert infer_task(target, "regression").task == "regression"
    assert TargetEncoder.fit(target, "regression") == TargetEncoder.fit(target.cast(pl.String), "regression")


def test_a_number_in_another_writing_is_read_and_it_is_said() -> None:
    for target in (["1,5", "2,25", "-"], ["$1.5", "$2.25", "NA"]):
        with pytest.warns(ShoalWarning, match=r"1 of 3 rows have no value"):
            known = rows_with_target({"y": target}, "y")["y"]
        assert infer_task(known).sentence.startswith("classification, because 'y' has two distinct values")
        with pytest.warns(ShoalWarning, match=f"the target 'y': '{re.escape(target[0])}' is read as 1.5"):
            encoder = TargetEncoder.fit(known, "regression")
        assert encoder.mean == 1.875


@pytest.mark.parametrize("gap", ["NA", "?", "-", "n/a", "NULL", "nan", "N/A", "None", ".", "#N/A", "<NA>"])
def test_a_gap_among_numbers_is_no_class(gap: str) -> None:
    table = {"y": [gap if k % 7 == 3 else str(k / 4) for k in range(28)]}
    with pytest.warns(ShoalWarning, match="4 of 28 rows"):
        known = rows_with_target(table, "y")["y"]
    assert infer_task(known).task == "regression"
    assert TargetEncoder.fit(known, "regression").mean == pytest.approx(
        sum(k for k in range(28) if k % 7 != 3) / 96
    )


@pytest.mark.parametrize(
    ("target", "task", "fragments"),
    [
        (["a", "a"], "classification", ["is 'a' in all 2 rows", "two classes"]),
        (["1", "1.0"], "classification", ["is '1' in all 2 rows"]),
        (
            ["a", "a", "b", 5],
            "classification",
            [
                "2 classes",
                "'5' 1, 'b' 1; rare='merge' makes them one class, rare='drop' leaves their rows out",
            ],
        ),
        (
            ["1", "1", "2", "3"],
            "classification",
            ["rare='drop' leaves their rows out, task='regression' is for numbers"],
        ),
        (["a", "a", "b"], "classification", ["test on: 'b' 1; rare='drop' leaves it out"]),
        (["a"], "classification", ["is 'a' in the only row;"]),
        (["a", None, "b"], "classification", ["missing in 1 of 3 rows"]),
        ([], "classification", ["missing in 0 of 0 rows"]),
        ([0.1] * 10, "regression", ["is 0.1 in every row", "varies"]),
        (["1", "1.0"], "regression", ["is 1 in every row"]),
        ([2**60, 2**60 + 1], "regression", ["about 1.15", "16 digits", "subtract", "task='classification'"]),
        (["1", "x"], "regression", ["must be finite numbers", "'x' in data row 2"]),
        ([1.0, np.inf], "regression", ["must be finite numbers", "'inf' in data row 2"]),
        ([1.0, np.nan], "regression", ["missing in 1 of 2 rows"]),
        (["1", "-"], "regression", ["missing in 1 of 2 rows"]),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(
    target: Any, task: str, fragments: list[str], refuses: Any
) -> None:
    with refuses(DataError, "target", *fragments):
        TargetEncoder.fit(target, task)


def test_an_unknown_task_is_refused(refuses: Any) -> None:
    with refuses(UnknownNameError, "did you mean 'classification'?"):
        TargetEncoder.fit([1, 2], "clasification")


def test_a_class_never_seen_is_named_with_its_row(refuses: Any) -> None:
    encoder = TargetEncoder.fit(["a", "b", "a", "b"], "classification")
    with refuses(DataError, "is 'c' in data row 2", "'a', 'b'"):
        encoder.encode(["a", "c"])
    with refuses(DataError, "missing in 1 of 2 rows"):
        encoder.encode(["a", None])


@pytest.mark.parametrize(
    ("target", "task"),
    [(["b", "a", "b", "a"], "classification"), ([1, 2, 4], "regression")],
)
def test_an_encoder_is_the_same_after_json(target: Any, task: str) -> None:
    encoder = TargetEncoder.fit(target, task)
    assert TargetEncoder.from_config(json.loads(json.dumps(encoder.to_config()))) == encoder


CLASSES = {"name": "y", "task": "classification", "labels": ["a", "b"], "mean": 0.0, "sd": 1.0}
NUMBERS = {"name": "y", "task": "regression", "labels": [], "mean": 2.0, "sd": 1.5}


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {**CLASSES, "more": 1},
        {**CLASSES, "name": 1},
        {**CLASSES, "task": "ranking"},
        {**CLASSES, "labels": "ab"},
        {**CLASSES, "labels": ["a", 1]},
        {**CLASSES, "labels": ["a"]},
        {**CLASSES, "labels": ["a", "a"]},
        {**NUMBERS, "labels": ["a", "b"]},
        {**NUMBERS, "mean": "2"},
        {**NUMBERS, "mean": float("inf")},
        {**NUMBERS, "mean": True},
        {**NUMBERS, "sd": 0.0},
        {**NUMBERS, "sd": -1.0},
        {**NUMBERS, "sd": None},
    ],
)
def test_an_altered_encoder_is_refused(config: Any, refuses: Any) -> None:
    assert TargetEncoder.from_config(CLASSES)
    assert TargetEncoder.from_config(NUMBERS)
    with refuses(ModelFolderError, "the saved target cannot be used", "fit again"):
        TargetEncoder.from_config(config)


@given(
    st.lists(st.sampled_from(["a", "b", "10", "9", "-", "+9", "é"]), min_size=1, max_size=30), st.randoms()
)
def test_coding_does_not_depend_on_the_order_of_rows(target: list[str], random: Any) -> None:
    both = [*target * 2, "a", "b", "a", "b"]
    shuffled = random.sample(range(len(both)), len(both))
    encoder = TargetEncoder.fit(both, "classification")
    again = TargetEncoder.fit([both[i] for i in shuffled], "classification")
    assert again == encoder
    assert_array_equal(again.encode([both[i] for i in shuffled]), encoder.encode(both)[shuffled])


@pytest.mark.parametrize("loss", LOSSES)
def test_an_encoder_scales_by_its_loss_and_is_the_same_after_json(loss: str) -> None:
    y = [0.0, 1.0, 2.0, 3.0, 94.0]
    encoder = TargetEncoder.fit(y, "regression", loss=loss)
    assert TargetEncoder.from_config(json.loads(json.dumps(encoder.to_config()))) == encoder
    assert (encoder.loss, encoder.mean, encoder.sd) == (loss, *scaling(np.array(y), loss))
    assert_allclose(encoder.decode_values(encoder.encode(y)), y)


def test_an_encoder_of_an_earlier_version_has_the_usual_loss() -> None:
    assert TargetEncoder.from_config(NUMBERS).loss == "squared_error"
    assert TargetEncoder.from_config(CLASSES).loss is None


@pytest.mark.parametrize(
    "config",
    [
        {**NUMBERS, "loss": "log_loss"},
        {**NUMBERS, "loss": None},
        {**NUMBERS, "loss": ["huber"]},
        {**NUMBERS, "loss": "poisson"},  # and yet something is taken from it
        {**CLASSES, "loss": "huber"},
    ],
)
def test_an_altered_loss_is_refused(config: Any, refuses: Any) -> None:
    with refuses(ModelFolderError, "the saved target cannot be used", "fit again"):
        TargetEncoder.from_config(config)


@pytest.mark.parametrize("target", [[0, 1, 0, 1], [1, 2, 3, 4, 5], ["0", "3", "-", "2"], [0.5, 2.5, 7.0]])
def test_a_loss_of_numbers_asks_for_a_regression(target: list[Any]) -> None:
    choice = infer_task(target, loss="poisson")
    assert (choice.task, choice.sentence) == ("regression", "regression, as loss='poisson' asks for")


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (["a", "b"], "holds text"),
        ([True, False], "is true or false"),
        (["01", "02"], "holds codes with leading zeros"),
        (pl.Series("target", ["1", "2"], dtype=pl.Categorical), "is declared to hold categories"),
    ],
)
def test_classes_refuse_a_loss_of_numbers(target: Any, why: str) -> None:
    with pytest.raises(ConfigurationError, match=f"'huber' is for numbers, and the target 'target' {why}"):
        infer_task(target, loss="huber")
    with pytest.raises(ConfigurationError, match="holds classes with task='classification'"):
        infer_task([1, 2], "classification", "huber")


def test_negative_numbers_refuse_the_poisson_loss() -> None:
    for ask in ({"loss": "poisson"}, {"loss": "poisson", "override": "regression"}):
        with pytest.raises(DataError, match="is -1 in data row 2"):
            infer_task([3.5, -1.0, 2.0], **ask)
    encoder = TargetEncoder.fit([3.5, 1.0], "regression", loss="poisson")
    with pytest.raises(DataError, match="is -1 in data row 2"):
        encoder.encode([3.5, -1.0])
