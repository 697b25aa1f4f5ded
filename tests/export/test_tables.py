from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import polars as pl
import pytest

from shoal.calibration.decision import Decision
from shoal.data.tables import read_table
from shoal.errors import ConfigurationError
from shoal.export.names import identifier
from shoal.export.onnx import to_onnx
from shoal.export.tables import feeds
from shoal.jobs.model import TableModel

Run = Callable[..., dict[str, Any]]
Trained = Callable[..., TableModel]


def assert_same(run: Run, model: TableModel, frame: Any) -> None:
    """Hold the exported model to what ``shoal predict`` says of the same table."""
    outputs, expected = run(model, feeds(model, frame)), model.predict(frame, ignore_extra=True)
    name = model.target.name
    if model.target.task == "regression":
        [(found, values)] = outputs.items()
        assert found == identifier(name)
        scale = np.abs(expected[name]).max()
        np.testing.assert_allclose(values[:, 0], expected[name], atol=1e-5 * scale)
        return
    labels, given = outputs.values()
    probabilities = np.stack([expected[f"P({name}={label})"] for label in model.target.labels], axis=1)
    np.testing.assert_allclose(given, probabilities, atol=1e-5)
    low, high = np.sort(probabilities, axis=1)[:, -2:].T
    certain = high - low > 1e-5
    assert certain.mean() > 0.99
    np.testing.assert_array_equal(labels[certain], expected[name][certain])


@pytest.mark.parametrize("starts", [1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("table", "target"), [("breast_cancer", "diagnosis"), ("wine", "cultivar"), ("diabetes", "progression")]
)
def test_tables_that_come_with_scikit_learn(
    run: Run, trained: Trained, table: str, target: str, dtype: str, starts: int
) -> None:
    frame = read_table(f"builtin:{table}")
    assert_same(run, trained(frame, target, starts, dtype), frame)


@pytest.mark.parametrize(
    ("table", "target", "factors"),
    [("breast_cancer", "diagnosis", (0.02, 0.98)), ("wine", "cultivar", (0.1, 2.0, 0.5))],
)
@pytest.mark.parametrize("costly", [False, True])
def test_classes_are_decided_by_their_factors_or_by_costs(
    run: Run, trained: Trained, table: str, target: str, factors: tuple[float, ...], costly: bool
) -> None:
    frame = read_table(f"builtin:{table}")
    plain = trained(frame, target)
    decision = Decision("balanced_error", factors)
    if costly:
        costs = 5.0 * np.random.default_rng(0).random((len(factors),) * 2) * (1 - np.eye(len(factors)))
        decision = Decision("cost", costs=tuple(map(tuple, costs.tolist())))
    model = dataclasses.replace(plain, decision=decision)
    expected = model.predict(frame)[target]
    assert (expected != plain.predict(frame)[target]).any()
    labels, _ = run(model, feeds(model, frame)).values()
    assert (labels == expected).mean() > 0.99  # but for ties


@pytest.mark.parametrize("temperature", [0.4, 2.5])
@pytest.mark.parametrize(("table", "target"), [("breast_cancer", "diagnosis"), ("wine", "cultivar")])
def test_probabilities_have_their_temperature(
    run: Run, trained: Trained, table: str, target: str, temperature: float
) -> None:
    frame = read_table(f"builtin:{table}")
    model = trained(frame, target)
    assert_same(run, dataclasses.replace(model, temperature=temperature), frame)


@pytest.mark.parametrize(
    ("table", "target"),
    [("german_credit", "class"), ("adult", "income"), ("california_housing", "medianHouseValue")],
)
def test_real_tables(
    run: Run, trained: Trained, real_data: Callable[[str], Path], table: str, target: str
) -> None:
    frame = read_table(real_data(f"tables/{table}.csv.gz"))
    assert_same(run, trained(frame, target), frame)


@pytest.fixture
def mixed() -> dict[str, list[Any]]:
    """A table with columns of every kind, values missing in each of them."""
    rng = np.random.default_rng(0)
    n = 400
    moments = np.datetime64("1959-12-30T05:00") + rng.integers(0, 60 * 24 * 365 * 120, size=n)
    days = np.datetime64("2024-02-25") + rng.integers(0, 500, size=n)
    table: dict[str, list[Any]] = {
        "size": rng.normal(1e6, 0.01, size=n).tolist(),
        "code, or «Wert»": ["unknown" if k % 99 == 0 else str(k % 31) for k in range(n)],
        "colour": [{5: "rare 1", 77: "rare 2"}.get(k, ["red", "blue", "green"][k % 3]) for k in range(n)],
        "label": rng.choice(["a", "b"], size=n).tolist(),
        "member": rng.choice(["Yes", "no", "YES", "nO"], size=n).tolist(),
        "always known": rng.choice(["t", "F"], size=n).tolist(),
        "seen": [str(moment).replace("T", " ") for moment in moments],
        "day": days.astype(str).tolist(),
        "count": rng.integers(0, 9, size=n).astype(str).tolist(),
        "amount": rng.lognormal(3, 4, size=n).tolist(),
    }
    for name in ("size", "colour", "member", "seen"):
        for row in rng.choice(n, size=20, replace=False):
            table[name][row] = None
    table["target"] = ["no" if (value or 0) > 1e6 else "yes" for value in table["size"]]
    return table


@pytest.mark.parametrize(("pieces", "waves"), [(0, 0), (5, 0), (0, 2), (5, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_columns_of_every_kind_new_categories_and_missing_values(
    run: Run, trained: Trained, mixed: dict[str, list[Any]], dtype: str, pieces: int, waves: int
) -> None:
    model = trained(mixed, "target", dtype=dtype, pieces=pieces, waves=waves)
    for form, asked in (("piece 1", pieces), ("sin 1", waves)):
        assert any(form in name for name in model.preprocessor.feature_names) == bool(asked)
    kinds = {column.name: column.kind for column in model.preprocessor.columns}
    assert set(kinds.values()) == {"numeric", "categorical", "boolean", "date"}
    assert kinds["code, or «Wert»"] == "numeric"
    assert_same(run, model, mixed)

    new: dict[str, list[Any]] = {
        "size": [None, -1e149, 1e149, 1e6],
        "code, or «Wert»": ["-", "unknown", "7", None],
        "colour": ["violet", "?", " red ", None],
        "label": ["c", None, "a", "b"],
        "member": ["1", None, "f", "tRuE"],
        "always known": [None, "0", "y", "-"],
        "seen": ["1899-12-31 23:59", None, "2100-03-01 00:00", "2000-02-29 12:30"],
        "day": ["-", "1600-01-01", "2400-12-31", None],
        "count": ["-3", None, "1e4", "0"],
        "amount": [0, None, 1e-9, 1e12],
    }
    assert_same(run, model, new)
    probabilities = run(model, feeds(model, new))["probabilities"]
    assert np.abs(np.diff(probabilities[:, 0])).min() > 1e-4  # rows that the model tells apart


def test_the_usual_texts_for_missing_values_are_known_to_the_graph(
    run: Run, trained: Trained, mixed: dict[str, list[Any]]
) -> None:
    model = trained(mixed, "target")
    first = {name: array[:1] for name, array in feeds(model, mixed).items()}
    first["size"], first["seen"] = first["size"] * np.nan, first["seen"] * np.nan
    expected = run(model, first | {"colour": np.array([[""]], dtype=object)})["probabilities"]
    for text in ("NA", "?", "nan", "null"):
        given = run(model, first | {"colour": np.array([[text]], dtype=object)})["probabilities"]
        np.testing.assert_array_equal(given, expected)
    new = run(model, first | {"colour": np.array([["violet"]], dtype=object)})["probabilities"]
    assert np.abs(new - expected).max() > 1e-4


def test_a_table_asks_for_no_cosine_of_doubles(trained: Trained) -> None:
    """ONNX Runtime before 1.29 has none; dates and waves need cosines."""
    days = pl.Series("day", range(40)).cast(pl.Date)
    table = pl.DataFrame({"day": days, "size": np.linspace(0, 9, 40).round(2), "target": np.arange(40.0) % 7})
    operators = [node.op_type for node in to_onnx(trained(table, "target")).graph.node]
    assert "Sin" in operators
    assert "Cos" not in operators


def test_typed_columns_are_fed_as_texts_and_numbers(run: Run, trained: Trained) -> None:
    rng = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "flag": [[True, False, None][k % 3] for k in range(200)],
            "when": np.datetime64("2020-01-01") + rng.integers(0, 900, size=200),
            "whole": rng.integers(0, 50, size=200),
            "y": rng.normal(size=200),
        }
    )
    model = trained(frame, "y")
    assert {name: array.dtype.kind for name, array in feeds(model, frame).items()} == {
        "flag": "O",
        "when": "f",
        "whole": "f",
    }
    assert_same(run, model, frame)


def test_inputs_are_explained_and_names_do_not_clash(trained: Trained, mixed: dict[str, list[Any]]) -> None:
    model = to_onnx(trained(mixed, "target"))
    inputs = {value.name: value for value in model.graph.input}
    assert list(inputs) == [name for name in mixed if name != "target"]
    assert inputs["size"].type.tensor_type.elem_type == onnx.TensorProto.DOUBLE
    assert inputs["colour"].type.tensor_type.elem_type == onnx.TensorProto.STRING
    assert inputs["seen"].doc_string.startswith("days since 1970-01-01")
    assert [value.name for value in model.graph.output] == ["target", "probabilities"]
    assert {entry.key: entry.value for entry in model.metadata_props} == {
        "target": "target",
        "task": "classification",
    }


def test_a_column_without_a_name_is_refused(trained: Trained) -> None:
    table = pl.DataFrame({"": [float(k % 7) for k in range(40)], "y": [float(k % 5) / 3 for k in range(40)]})
    with pytest.raises(ConfigurationError, match="column 1 has no name"):
        to_onnx(trained(table, "y"))


NAMES = {
    "sold": "sold",
    "House value (k$)": "House_value_k",
    "largeur [m]": "largeur_m",
    "Größe": "Gro_e",
    "2nd": "_2nd",
    "目标": "target",
    "a b": "a_b_2",  # a column is called a_b
    "MatMul_out": "MatMul_out",
    "constant": "constant",
    "rows": "rows",
}


@pytest.mark.parametrize("target", NAMES)
def test_a_number_has_the_name_of_its_target(run: Run, trained: Trained, target: str) -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {"a_b": rng.normal(size=60), "x [cm]": rng.normal(size=60), target: rng.normal(size=60)}
    )
    model = trained(frame, target)
    exported = to_onnx(model)
    [output] = exported.graph.output
    assert output.name == NAMES[target]
    assert [value.name for value in exported.graph.input] == ["a_b", "x [cm]"]
    assert {entry.key: entry.value for entry in exported.metadata_props}["target"] == target
    values = run(model, feeds(model, frame))[NAMES[target]]
    np.testing.assert_allclose(values[:, 0], model.predict(frame)[target], atol=1e-5)


@pytest.mark.parametrize(
    ("target", "column", "names"),
    [
        ("kind", "x", ["kind", "probabilities"]),
        ("probabilities", "x", ["probabilities", "probabilities_2"]),
        ("kind", "probabilities", ["kind", "probabilities_2"]),
        ("kind?", "kind", ["kind_2", "probabilities"]),
    ],
)
def test_a_class_has_the_name_of_its_target(
    run: Run, trained: Trained, target: str, column: str, names: list[str]
) -> None:
    x = np.random.default_rng(0).normal(size=60)
    frame = pl.DataFrame({column: x, target: np.where(x > 0, "a", "b")})
    model = trained(frame, target)
    outputs, expected = run(model, feeds(model, frame)), model.predict(frame)
    assert list(outputs) == names
    np.testing.assert_array_equal(outputs[names[0]], expected[target])
    np.testing.assert_allclose(outputs[names[1]][:, 0], expected[f"P({target}=a)"], atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("target", ["target", "amount"])
def test_a_network_that_was_picked_often_is_stored_once(
    run: Run, trained: Trained, mixed: dict[str, list[Any]], target: str, dtype: str
) -> None:
    once = trained(mixed, target, dtype=dtype, pieces=5, waves=2)
    picked = dataclasses.replace(once, population=once.population.members([2, 0, 2, 2, 1, 0]))
    assert_same(run, picked, mixed)
    constants = to_onnx(picked).graph.initializer
    assert len({(c.data_type, tuple(c.dims), c.raw_data) for c in constants}) == len(constants)
    kind = onnx.TensorProto.FLOAT if dtype == "float32" else onnx.TensorProto.DOUBLE
    of_three = [c for c in constants if c.data_type == kind and len(c.dims) == 3 and c.dims[0] == 3]
    counts = 3 * 8 if dtype == "float64" else 0  # how often each was picked is in double
    assert sum(len(c.raw_data) for c in of_three) == once.population.theta.nbytes + counts
    assert len(to_onnx(picked).SerializeToString()) < len(to_onnx(once).SerializeToString()) + 500
