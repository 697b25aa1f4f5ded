"""A query says what ``predict`` says, in databases that know nothing of each other."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.activations import ACTIVATIONS
from shoal.calibration.decision import Decision
from shoal.errors import ConfigurationError, OutputError
from shoal.export.sql.networks import ACTIVATIONS as FORMS
from shoal.export.sql.source import export_sql, to_sql
from shoal.export.sql.text import total
from shoal.jobs.model import TableModel
from shoal.layers import BatchNorm, Dense, Dropout, LayerNorm
from shoal.populations.network import Network

Asked, Trained = Callable[..., dict[str, list[Any]]], Callable[..., TableModel]
EPOCH = datetime.datetime.fromisoformat("1970-01-01")
N = 120


@pytest.fixture(scope="module")
def table() -> dict[str, list[Any]]:
    """Columns of every kind, with values missing, and names that a query must survive."""
    rng = np.random.default_rng(0)
    hours = rng.integers(0, 24 * 900, N)
    columns: dict[str, list[Any]] = {
        'size " -- €': [None if k % 9 == 0 else float(v) for k, v in enumerate(rng.normal(1e5, 1, N))],
        "it's": [None if k % 11 == 0 else ("red", "blue", "o'green")[k % 3] for k in range(N)],
        "code": [("a", "b")[k % 2] if k not in (3, 8) else ("rare", "odd")[k % 2] for k in range(N)],
        "old": [None if k % 13 == 0 else ("yes", "no")[(k // 2) % 2] for k in range(N)],
        "seen": [
            None if k % 17 == 0 else (EPOCH + datetime.timedelta(days=18000, hours=int(h))).isoformat(" ")
            for k, h in enumerate(hours)
        ],
    }
    columns["tar'get"] = [("no", "y'es", "perhaps")[(k + (v or 0 > 1e5)) % 3] for k, v in enumerate(hours)]
    return columns


def new_rows(table: dict[str, list[Any]]) -> dict[str, list[Any]]:
    new = {name: values[:20] for name, values in table.items() if name != "tar'get"}
    new['size " -- €'] = [1e99, -1e99, 0.0, *new['size " -- €'][3:]]
    new["it's"] = ["violet", *new["it's"][1:]]
    new["code"] = ["new", " a ", *new["code"][2:]]
    dates = ["1899-12-31 23:00:00", "2000-02-29 12:30:15", "2100-03-01 00:00:00", "1969-01-01 06:00:00"]
    new["seen"] = [*dates, "2024-12-31", *new["seen"][5:]]
    return new


@pytest.mark.parametrize(("dtype", "pieces", "waves"), [("float64", 4, 2), ("float32", 0, 0)])
def test_columns_of_every_kind(
    asked: Asked, trained: Trained, table: dict[str, list[Any]], dtype: str, pieces: int, waves: int
) -> None:
    model = trained(table, "tar'get", dtype=dtype, pieces=pieces, waves=waves)
    costs = ((0, 1.1, 0.8), (1.3, 0, 1), (1, 0.9, 0))
    decision = Decision("balanced_error", (0.9, 1.1, 1.0)) if pieces else Decision("cost", costs=costs)
    model = dataclasses.replace(model, temperature=1.7, decision=decision)
    kinds = {encoder.name for encoder in model.preprocessor.encoders}
    assert kinds == {"numeric", "categorical", "boolean", "date"}
    new = new_rows(table)
    answer, expected = asked(to_sql(model), new), model.predict(new)
    assert answer["shoal_row"] == list(range(1, 21))
    for label in model.target.labels:
        name = f"P(tar'get={label})"
        tolerance = {"float32": 1e-5, "float64": 1e-12}[dtype]
        np.testing.assert_allclose(answer[name], expected[name], atol=tolerance)
    assert answer["predicted tar'get"] == list(expected["tar'get"])
    assert answer["it's"] == new["it's"]  # the table's own columns stay


def test_two_classes_and_values(asked: Asked, trained: Trained, table: dict[str, list[Any]]) -> None:
    two = {"x": table['size " -- €'], "y": [str(k % 2) for k in range(N)]}
    model = trained(two, "y")
    answer, expected = asked(to_sql(model), two), model.predict(two)
    np.testing.assert_allclose(answer["P(y=1)"], expected["P(y=1)"], atol=1e-5)
    assert answer["predicted y"] == [str(label) for label in expected["y"]]
    rng = np.random.default_rng(0)
    numbers = {"x": rng.normal(size=N).tolist(), "y": (1000 + 50 * rng.normal(size=N)).tolist()}
    model = trained(numbers, "y")
    values = asked(to_sql(model, "a table"), numbers, "a table")["predicted y"]
    np.testing.assert_allclose(values, model.predict(numbers)["y"], rtol=1e-6)


def with_network(model: TableModel, layers: list[Any], loss: str = "squared_error") -> TableModel:
    network = Network(len(model.preprocessor.feature_names), layers, loss)
    population = network.population(2, seed=3, dtype="float64")
    theta = 3 * population.theta + np.random.default_rng(5).uniform(-0.5, 0.5, population.theta.shape)
    for views in network.views(theta):
        if "variance" in views:
            views["variance"][...] = np.abs(views["variance"]) + 0.5
    return dataclasses.replace(model, population=dataclasses.replace(population, theta=theta))


@pytest.fixture(scope="module")
def numbers(trained: Trained) -> tuple[TableModel, dict[str, list[float]]]:
    rng = np.random.default_rng(0)
    rows = {name: rng.normal(size=30).tolist() for name in "aby"}
    return trained(rows, "y", starts=1), rows


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name in {*FORMS, "identity"}])
def test_every_activation(asked: Asked, numbers: Any, name: str) -> None:
    model = with_network(numbers[0], [Dense(5, name), Dense(4, name), Dense(1)])
    answer = asked(to_sql(model), numbers[1])["predicted y"]
    np.testing.assert_allclose(answer, model.predict(numbers[1])["y"], rtol=1e-9, atol=1e-9)


def test_norms_dropout_rates_and_networks_picked_twice(asked: Asked, numbers: Any) -> None:
    layers = [Dense(6), BatchNorm("relu"), Dropout(0.5), Dense(5, "silu"), LayerNorm("tanh"), Dense(1)]
    model = with_network(numbers[0], layers, "poisson")
    model = dataclasses.replace(model, population=model.population.members(np.array([0, 1, 1])))
    query = to_sql(model)
    assert query.count("\n  UNION ALL ") == 1
    answer = asked(query, numbers[1])["predicted y"]
    np.testing.assert_allclose(answer, model.predict(numbers[1])["y"], rtol=1e-9)


def test_a_long_sum_is_no_deep_expression(asked: Asked) -> None:
    """Both databases refuse an expression that is more than 1000 deep."""
    query = f"SELECT {total(['1e+00'] * 5000)} AS s FROM data"  # noqa: S608
    assert asked(query, {"a": [1]}) == {"s": [5000.0]}


def test_databases_have_types_of_their_own(asked: Asked, trained: Trained) -> None:
    """Dates, truth values and whole numbers as categories, as a database has them and not as texts."""
    days = [datetime.date(2019, 1, 1) + datetime.timedelta(days=37 * k) for k in range(60)]
    rows = {
        "when": days,
        "flag": [k % 3 == 0 for k in range(60)],
        "kind": [str(k % 4) for k in range(60)],
        "x": [float(k % 7) for k in range(60)],
        "y": [float(k) for k in range(60)],
    }
    frame = pl.DataFrame(rows).with_columns(pl.col("kind").cast(pl.Categorical))
    model = trained(frame, "y", dtype="float64")
    assert {encoder.name for encoder in model.preprocessor.encoders} >= {"date", "boolean", "categorical"}
    kept = pl.DataFrame(rows).with_columns(pl.col("kind").cast(pl.Float64))
    answer = asked(to_sql(model), kept)["predicted y"]
    np.testing.assert_allclose(answer, model.predict(frame)["y"], rtol=1e-9)


def test_categories_that_are_numbers_with_halves(asked: Asked, trained: Trained) -> None:
    ratings = ["1", "1.5", "2"] * 20
    frame = pl.DataFrame({"rating": ratings, "y": [k + 0.5 for k in range(60)]})
    model = trained(frame.with_columns(pl.col("rating").cast(pl.Categorical)), "y", dtype="float64")
    assert [encoder.name for encoder in model.preprocessor.encoders] == ["categorical"]
    kept = frame.with_columns(pl.col("rating").cast(pl.Float64))
    answer = asked(to_sql(model), kept)["predicted y"]
    np.testing.assert_allclose(answer, model.predict(frame)["y"], rtol=1e-9)


def test_a_table_that_has_numbers_of_rows_already(asked: Asked, numbers: Any) -> None:
    model, rows = numbers
    answer = asked(to_sql(model), {**rows, "shoal_row": [7] * 30})["predicted y"]
    np.testing.assert_allclose(answer, model.predict(rows)["y"], atol=1e-6)


@pytest.mark.parametrize("table", ["source", "Mean", "x"])
def test_a_table_called_as_one_of_the_querys_own_is_refused(numbers: Any, table: str) -> None:
    with pytest.raises(ConfigurationError, match=f"table of its own called '{table}'; make a view"):
        to_sql(numbers[0], table)


@pytest.mark.parametrize(
    ("names", "other"),
    [
        (("a", "A", "y"), "the column 'A'"),
        (("a", "Y", "y"), "the column 'Y'"),
        (("a", "Shoal_row", "y"), "a row"),
    ],
)
def test_columns_that_are_one_to_a_database_are_refused(
    trained: Trained, names: tuple[str, ...], other: str
) -> None:
    rng = np.random.default_rng(0)
    model = trained({name: rng.normal(size=30).tolist() for name in names}, "y", starts=1)
    with pytest.raises(ConfigurationError, match=f"has the name of .*{other} in SQL"):
        to_sql(model)


def test_what_has_no_form_is_refused(numbers: Any) -> None:
    with pytest.raises(ConfigurationError, match="activation 'gelu' has no form in SQL"):
        to_sql(with_network(numbers[0], [Dense(3, "gelu"), Dense(1)]))
    with pytest.raises(ConfigurationError, match="a model of dict has no form in SQL, which tables have"):
        to_sql({})
    with pytest.raises(ConfigurationError, match="widest layer has 2500 numbers"):
        to_sql(with_network(numbers[0], [Dense(2500), Dense(1)]))


def test_a_file_is_written_whole_and_not_over_another(numbers: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.sql"
    export_sql(numbers[0], path, table="rows")
    assert path.read_text() == to_sql(numbers[0], "rows")
    with pytest.raises(OutputError):
        export_sql(numbers[0], path)
