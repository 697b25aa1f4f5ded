from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.calibration.decision import Decision
from shoal.data.features.encoders import BooleanEncoder, CategoricalEncoder, DateEncoder, NumericEncoder
from shoal.data.frames import as_frame
from shoal.export.c.source import to_c
from shoal.jobs.model import TableModel
from shoal.shapes import Array
from tests.export.c.conftest import Compiled

Build, Trained = Callable[..., Compiled], Callable[..., TableModel]
EPOCH = datetime.datetime.fromisoformat("1970-01-01")
N = 150


@pytest.fixture
def table() -> dict[str, list[Any]]:
    """Columns of every kind, with values missing, and names that C's comments must survive."""
    rng = np.random.default_rng(0)
    hours = rng.integers(0, 24 * 900, N)
    columns: dict[str, list[Any]] = {
        "size */ in /* €": [None if k % 9 == 0 else float(v) for k, v in enumerate(rng.normal(1e5, 1, N))],
        "colour\n??/": [None if k % 11 == 0 else ("red", "blue", "*/ green")[k % 3] for k in range(N)],
        "label": [("a", "b")[k % 2] if k not in (3, 8) else ("rare", "odd")[k % 2] for k in range(N)],
        "old": [None if k % 13 == 0 else ("yes", "no")[(k // 2) % 2] for k in range(N)],
        "seen": [
            None if k % 17 == 0 else (EPOCH + datetime.timedelta(days=18000, hours=int(h))).isoformat(" ")
            for k, h in enumerate(hours)
        ],
    }
    columns["target"] = [("no", "yes", "perhaps")[(k + (v or 0 > 1e5)) % 3] for k, v in enumerate(hours)]
    return columns


def as_numbers(model: TableModel, table: dict[str, list[Any]]) -> Array:
    """Return the rows as a program that reads the file's first lines would give them."""
    frame, rows = as_frame(table), np.empty((len(next(iter(table.values()))), 0))
    for encoder in model.preprocessor.encoders:
        texts = table[encoder.column]
        if isinstance(encoder, NumericEncoder):
            column = encoder.read(frame[encoder.column])
        elif isinstance(encoder, BooleanEncoder):
            column = np.array([{"yes": 1.0, "no": 0.0, None: np.nan}[text] for text in texts])
        elif isinstance(encoder, CategoricalEncoder):
            known = {level: float(k) for k, level in enumerate(encoder.levels)} | {None: np.nan}
            column = np.array([known.get(text, -1.0) for text in texts])
        else:
            assert isinstance(encoder, DateEncoder)
            moments = [text and datetime.datetime.fromisoformat(text) - EPOCH for text in texts]
            column = np.array([m.total_seconds() / 86400 if m else np.nan for m in moments])
        rows = np.column_stack([rows, column])
    return rows


@pytest.mark.parametrize(("dtype", "pieces", "waves"), [("float64", 4, 2), ("float32", 0, 0)])
def test_columns_of_every_kind(
    compiled: Build, trained: Trained, table: dict[str, list[Any]], dtype: str, pieces: int, waves: int
) -> None:
    model = dataclasses.replace(
        trained(table, "target", dtype=dtype, pieces=pieces, waves=waves), temperature=1.7
    )
    kinds = {encoder.name for encoder in model.preprocessor.encoders}
    assert kinds == {"numeric", "categorical", "boolean", "date"}
    new = {name: values[:20] for name, values in table.items() if name != "target"}
    new["size */ in /* €"][:3], new["colour\n??/"][1], new["label"][2] = [1e99, -1e99, 0.0], "violet", "new"
    new["seen"][:4] = ["1899-12-31 23:00", "2000-02-29 12:30", "2100-03-01 00:00", "1969-01-01 06:00"]
    program = compiled(model, 3)
    expected = model.predict(new)
    probabilities = np.stack([expected[f"P(target={label})"] for label in model.target.labels], axis=1)
    out = program.predict(as_numbers(model, new))
    np.testing.assert_allclose(out, probabilities, atol={"float32": 1e-5, "float64": 1e-12}[dtype])
    assert [model.target.labels[k] for k in program.classes(out)] == list(expected["target"])


@pytest.mark.parametrize(
    "decision",
    [
        Decision("balanced_error", (0.5, 1.25, 4.0)),
        Decision("cost", costs=((0, 1, 4.0), (0.25, 0, 1), (7, 2.5, 0))),
    ],
)
def test_classes_are_decided_by_their_factors_or_by_costs(
    compiled: Build, trained: Trained, table: dict[str, list[Any]], decision: Decision
) -> None:
    plain = trained(table, "target", dtype="float64")
    model = dataclasses.replace(plain, decision=decision)
    rows = {name: values for name, values in table.items() if name != "target"}
    expected = model.predict(rows)["target"]
    assert (expected != plain.predict(rows)["target"]).any()
    program = compiled(model, 3)
    called = program.classes(program.predict(as_numbers(model, rows)))
    assert [model.target.labels[k] for k in called] == list(expected)


@pytest.mark.parametrize(("labels", "K"), [(("no", "yes"), 2), ((), 1)])
def test_two_classes_and_numbers(
    compiled: Build, trained: Trained, table: dict[str, list[Any]], labels: tuple[str, ...], K: int
) -> None:
    target = [labels[k % 2] for k in range(N)] if labels else [1e4 + 7.5 * (k % 31) for k in range(N)]
    known = table | {"target": target}
    model = trained(known, "target", dtype="float64")
    expected = model.predict({name: values for name, values in known.items() if name != "target"})
    names = [f"P(target={label})" for label in labels] or ["target"]
    out = compiled(model, K).predict(as_numbers(model, known))
    np.testing.assert_allclose(out, np.stack([expected[name] for name in names], axis=1), rtol=1e-11)


def test_the_first_lines_say_what_each_number_is(trained: Trained, table: dict[str, list[Any]]) -> None:
    text = to_c(trained(table, "target"), "colours")
    about = text[: text.index("*/\n")]
    assert (
        "1  'colour\\n??/': 0 '* / green', 1 'blue', 2 'red'; -1 any other, NAN where it is missing" in about
    )
    assert "3  'old': 1 yes, 0 no, NAN where it is missing" in about
    assert "2  'yes'" in about
    assert "int colours_class(const double out[3]);" in text
