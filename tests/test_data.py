"""The whole road from a file to features and a target, on real tables."""

from __future__ import annotations

import csv
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shoal.data.columns import describe_columns
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import Frame, as_frame
from shoal.data.tables import read_table
from shoal.data.targets.task import TargetEncoder, infer_task
from shoal.errors import ShoalWarning

RealData = Callable[[str], Path]

TABLES = (
    *("abalone", "adult", "california_housing", "cpu_act", "german_credit", "ionosphere", "letter"),
    *("magic", "pendigits", "phoneme", "pima", "segment", "sonar", "wine_white"),
)
#: The columns that hold one value in every row; nothing else is left out of any table.
CONSTANT = {"ionosphere": ["x1"], "segment": ["region-pixel-count"], "naval": ["x8", "x11"]}
UCI = ("boston", "concrete", "energy", "kin8nm", "naval", "power", "protein", "wine_red", "yacht")


def split(frame: Frame) -> tuple[Frame, Frame]:
    """Return the training and the test rows: the first fifth of a permutation is the test part."""
    rows = np.random.default_rng(0).permutation(len(frame))
    n_test = len(frame) // 5
    return frame[rows[n_test:].tolist()], frame[rows[:n_test].tolist()]


def features(train: Frame, test: Frame, columns: Any, target: str) -> tuple[TablePreprocessor, Any, Any]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        preprocessor = TablePreprocessor.fit(train, target, columns)
    assert [str(w.message) for w in caught if w.category is ShoalWarning] == list(preprocessor.warnings)
    return preprocessor, preprocessor.transform(train), preprocessor.transform(test)


@pytest.fixture(scope="session")
def index(real_data: RealData) -> dict[str, dict[str, str]]:
    with real_data("tables/INDEX.csv").open() as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def test_every_table_of_the_index_is_tried(index: dict[str, dict[str, str]]) -> None:
    assert sorted(index) == sorted(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_what_its_index_says(name: str, index: Any, real_data: RealData) -> None:
    frame, known = read_table(real_data(f"tables/{name}.csv.gz")), index[name]
    columns = describe_columns(frame, known["target"])
    assert {
        "rows": len(frame),
        "features": len(columns),
        "categorical": sum(column.kind == "categorical" for column in columns),
        "missing": sum(column.missing for column in columns),
    } == {field: int(known[field]) for field in ("rows", "features", "categorical", "missing")}
    assert [column.name for column in columns if not column.used] == CONSTANT.get(name, [])
    choice = infer_task(frame[known["target"]])
    assert choice.task == known["task"]
    encoder = TargetEncoder.fit(frame[known["target"]], choice.task)
    assert len(encoder.labels) == int(known["classes"] or 0)


@pytest.mark.parametrize("name", [*(f"tables/{name}" for name in TABLES), *(f"uci/{name}" for name in UCI)])
def test_training_and_test_rows_become_finite_features(name: str, real_data: RealData) -> None:
    frame = read_table(real_data(f"{name}.csv.gz"))
    target = frame.columns[-1]
    columns = describe_columns(frame, target)
    assert [column.name for column in columns if not column.used] == CONSTANT.get(Path(name).name, [])
    preprocessor, X_train, X_test = features(*split(frame), columns, target)
    for X in (X_train, X_test):
        assert X.shape[1] == len(preprocessor.feature_names)
        assert np.isfinite(X).all()
        assert (np.abs(X) <= 3).all()
    # Every feature varies among the rows that it was learned from.
    assert (np.ptp(X_train, axis=0) > 0).all()
    again = TablePreprocessor.from_config(json.loads(json.dumps(preprocessor.to_config())))
    assert (again.transform(split(frame)[1]) == X_test).all()


@pytest.mark.parametrize("name", UCI)
def test_the_regressions_of_the_literature_are_regressions(name: str, real_data: RealData) -> None:
    frame = read_table(real_data(f"uci/{name}.csv.gz"))
    assert infer_task(frame["y"]).task == "regression"
    encoder = TargetEncoder.fit(frame["y"], "regression")
    y = frame["y"].to_numpy().astype(np.float64)
    np.testing.assert_allclose(encoder.decode_values(encoder.encode(frame["y"])), y, rtol=1e-12)
    np.testing.assert_allclose([encoder.mean, encoder.sd], [y.mean(), y.std()], rtol=1e-12)


def test_the_features_of_adult(real_data: RealData) -> None:
    frame = read_table(real_data("tables/adult.csv.gz"))
    preprocessor = TablePreprocessor.fit(frame, "income")
    names = preprocessor.feature_names
    assert len(names) == 108
    assert [name for name in names if name.endswith("is missing")] == [
        *("workclass is missing", "occupation is missing", "native_country is missing")
    ]
    assert [name for name in names if "(other)" in name] == ["native_country=(other)"]
    X = preprocessor.transform(frame)
    assert X[:, names.index("native_country=(other)")].sum() == 1
    assert X[:, names.index("workclass is missing")].sum() == 2799
    assert X[:, names.index("sex=Male")].mean() == pytest.approx(32650 / 48842)


def test_a_pandas_frame_of_adult_gives_the_same_features(real_data: RealData) -> None:
    path = real_data("tables/adult.csv.gz")
    typed = pd.read_csv(path, na_values=["?"])
    preprocessor = TablePreprocessor.fit(read_table(path), "income")
    assert TablePreprocessor.fit(as_frame(typed), "income") == preprocessor
    rows = typed.head(3000)
    assert (preprocessor.transform(rows) == preprocessor.transform(read_table(path)[:3000])).all()


def test_no_row_costs_a_call_of_its_own(real_data: RealData) -> None:
    """What Python calls is counted: whole columns are worked on, by those who can."""
    path, before, calls = real_data("tables/adult.csv.gz"), sys.getprofile(), []
    read_table(path)  # which imports what is needed for it
    sys.setprofile(lambda frame, event, of: calls.append(event) if event in ("call", "c_call") else None)
    try:
        table = read_table(path)
    finally:
        sys.setprofile(before)
    assert len(table) == 48842
    assert 100 < len(calls) < 10_000
