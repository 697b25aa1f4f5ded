from __future__ import annotations

import dataclasses
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.data.columns import ColumnSummary, describe_columns
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import as_frame
from shoal.data.readers.glimpse import glimpse
from shoal.errors import CapacityError
from shoal.jobs.memory import footprint as module
from shoal.jobs.memory.footprint import (
    PROGRAM,
    Allowance,
    Brought,
    Footprint,
    Width,
    bytes_of_predictions,
    fitting,
)
from shoal.jobs.recipes import CLASSES, NUMBERS, Method
from shoal.jobs.request import FitRequest
from shoal.jobs.tables import described
from shoal.jobs.tables.prepare import prepare_frame, prepare_table
from shoal.selection.candidates.architectures import Perceptron
from shoal.selection.cohorts.planning import Cost
from shoal.training.recipe import Recipe

Write = Callable[..., Path]

REQUEST = FitRequest("t.csv", "y")


def numeric(name: str, distinct: int = 1000, missing: int = 0) -> ColumnSummary:
    return ColumnSummary(name, "numeric", True, missing, distinct, "")


def many(n: int) -> tuple[ColumnSummary, ...]:
    return tuple(numeric(f"x{k}") for k in range(n))


def large(columns: tuple[ColumnSummary, ...], **others: Any) -> Footprint:
    return Footprint(10**6, 200_000, columns, used=8 * 10**6 * len(columns), n_outputs=1, **others)


@pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")
@pytest.mark.parametrize("method", [CLASSES, NUMBERS, dataclasses.replace(NUMBERS, waves=0)])
def test_columns_become_as_many_features_as_are_told(method: Method) -> None:
    rng = np.random.default_rng(0)
    table = {
        "x": rng.normal(size=200),
        "gaps": np.where(rng.random(200) < 0.1, np.nan, rng.normal(size=200)),
        "few": rng.integers(1, 5, 200),
        "two": rng.integers(1, 3, 200),
        "yes": rng.random(200) < 0.5,
        "colour": rng.choice(["red", "green", "blue"], 200),
        "number": np.arange(200),
        "y": rng.normal(size=200),
    }
    frame = as_frame(table)
    columns = describe_columns(frame, "y")
    fitted = TablePreprocessor.fit(frame, "y", columns, method.pieces, method.waves)
    views = fitted.views(method.forms) or [fitted.feature_names]
    told = Width.of(columns, method)
    # a category that nobody has, and pieces between equal quantiles, are not there in the end
    assert 0 <= told.all - len(fitted.feature_names) <= 3
    assert 0 <= told.at_once - max(map(len, views)) <= 3


def test_what_is_told_of_encoding_and_training_is_what_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of arrays; the table is polars', whose bytes are counted apart."""
    rng = np.random.default_rng(0)
    frame = as_frame({f"x{k}": rng.normal(size=20_000) for k in range(12)} | {"y": ["a", "b"] * 10_000})
    request = dataclasses.replace(REQUEST, pieces=8)
    for name, size in (("WORKING", 2**22), ("PROGRAM", 0)):
        monkeypatch.setattr(module, name, size)
    monkeypatch.setattr("shoal.data.cells.plain_numbers.AT_A_TIME", 2**15)
    tracemalloc.start()
    prepared = prepare_frame(frame, "y", request, divide_test=True)
    _, encoding = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    method = dataclasses.replace(CLASSES, pieces=8)
    told = Footprint(20_000, 4000, prepared.columns, used=0, n_outputs=1)
    assert prepared.bytes == 4 * 20_000 * 12 * 9
    assert encoding / 1.2 < told.bytes(method, workers=0) < 1.5 * encoding
    network = Perceptron("mish").network((8,), 12 * 9, 1, "log_loss")
    fold = Cost(12_800, 3200, 10, batch_size=128, itemsize=4, memory=1).shared_bytes(network)
    a_worker = told.bytes(method, workers=3) - told.bytes(method, workers=2)
    assert a_worker == pytest.approx(fold + 2**22, rel=0.05)


def test_threads_share_what_came_and_have_their_rows_alone() -> None:
    told = large(many(10))
    X, a_thread = 4 * 10**6 * 90, 2 * 4 * 800_000 * 91
    assert told.bytes(CLASSES, workers=1) == PROGRAM + X + a_thread + module.WORKING
    assert told.bytes(CLASSES, workers=3) == PROGRAM + X + 3 * (a_thread + module.WORKING)


def test_solvers_that_need_double_precision_take_twice_as_much() -> None:
    double = dataclasses.replace(CLASSES, recipe=Recipe(solver="scg"))
    gained = [large(many(10)).bytes(r, 1) - PROGRAM - module.WORKING for r in (CLASSES, double)]
    assert gained[1] == 2 * gained[0]


def test_what_fits_is_left_alone() -> None:
    told = large(many(10))
    assert fitting(told, REQUEST, NUMBERS, Allowance(told.bytes(NUMBERS))) == ({}, "")
    assert fitting(told, REQUEST, NUMBERS, Allowance(None)) == ({}, "")


def test_numbers_are_told_more_plainly_rather_than_not_at_all() -> None:
    told = large(many(10))
    wished = [told.bytes(dataclasses.replace(NUMBERS, **less)) for less in ({}, {"waves": 0})]
    less, sentence = fitting(told, REQUEST, NUMBERS, Allowance(wished[0] - 1, "so much is there"))
    assert less == {"waves": 0}
    assert sentence == (
        "Numbers are told without waves, as with --waves 0: with them the job needs about "
        f"{wished[0] / 2**30:.1f} GiB of memory, and so much is there"
    )
    less, sentence = fitting(told, REQUEST, NUMBERS, Allowance(wished[1] - 1, "so much is there"))
    assert less == {"pieces": 0, "waves": 0}
    assert "without pieces and waves, as with --pieces 0 --waves 0:" in sentence


def test_what_was_asked_for_is_not_made_less_and_named_instead() -> None:
    told, request = large(many(10)), dataclasses.replace(REQUEST, pieces=8)
    with pytest.raises(
        CapacityError, match=r"so much is there; leave out --pieces, take fewer columns, with"
    ):
        fitting(told, request, CLASSES, Allowance(told.bytes(CLASSES) - 1, "so much is there"))


def categories(name: str, distinct: int) -> ColumnSummary:
    return ColumnSummary(name, "categorical", True, 0, distinct, "")


@pytest.mark.parametrize(
    ("columns", "others", "advice"),
    [
        (many(30), {}, "take fewer columns, with --columns or --drop, or use fewer rows"),
        (many(1), {}, "or use fewer rows"),
        (
            (*many(3), categories("a", 3), categories("city", 40), categories("street", 900)),
            {},
            "--drop columns of many categories, such as 'street', 'city', or use fewer rows",
        ),
        (many(30), {"reading": 10**11}, "or use a part of the table"),
        (many(30), {"test": Brought(10**7)}, "or use a part of the rows of --test"),
    ],
    ids=["numbers", "one", "categories", "reading", "test"],
)
def test_the_advice_is_what_helps(
    columns: tuple[ColumnSummary, ...], others: dict[str, Any], advice: str
) -> None:
    request = dataclasses.replace(REQUEST, memory=PROGRAM)
    told = large(columns, **others)
    with pytest.raises(CapacityError) as refused:
        fitting(told, request, CLASSES, Allowance.of(request))
    message = str(refused.value)
    assert message.startswith("fitting 1,000,000 rows of ")
    assert (
        "320.0 MiB of it for the program itself, and --memory allows 320.0 MiB; allow more, as with"
        in message
    )
    assert message.endswith(f"MB, {advice}")


def test_what_cannot_help_is_not_advised() -> None:
    request = dataclasses.replace(REQUEST, memory=PROGRAM - 1)
    with pytest.raises(CapacityError, match=r"allow more, as with --memory \d+MB$"):
        fitting(large(many(30)), request, CLASSES, Allowance.of(request))


def test_without_a_limit_a_share_of_what_is_free_may_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "available_bytes", lambda: 4000)
    monkeypatch.setattr(module, "resident_bytes", lambda: 500)
    assert Allowance.of(REQUEST) == Allowance(3500, "3.9 KiB are free, of which 75% may be taken")
    monkeypatch.setattr(module, "available_bytes", lambda: None)
    assert Allowance.of(REQUEST).holds(10**18)
    assert Allowance.of(dataclasses.replace(REQUEST, memory=7)).most == 7


def test_a_table_that_cannot_fit_is_refused_unread(
    write_csv: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    path = write_csv(
        tmp_path / "t.csv", {f"x{k}": rng.normal(size=3000) for k in range(9)} | {"y": [1, 2] * 1500}
    )
    monkeypatch.setattr("shoal.data.readers.glimpse.LARGE", 1)
    monkeypatch.setattr("shoal.data.readers.glimpse.HEAD", 2**15)
    monkeypatch.setattr(described, "read_marked", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(
        CapacityError, match=r"^fitting (2,9|3,0)\d\d rows of 9 features needs about 32\d\.\d MiB"
    ):
        prepare_table(FitRequest(str(path), "y", memory=PROGRAM))


@pytest.mark.parametrize("kind", ["jsonl", "arrow", "npz"])
def test_formats_are_refused_unread_too(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    columns = {f"x{k}": rng.normal(size=3000) for k in range(9)} | {"y": np.tile([1, 2], 1500)}
    path = tmp_path / f"t.{kind}"
    if kind == "npz":
        np.savez(path, **columns)  # type: ignore[arg-type]
    else:
        table = pl.DataFrame(columns)
        (table.write_ndjson if kind == "jsonl" else table.write_ipc)(path)
    monkeypatch.setattr("shoal.data.readers.glimpse.LARGE", 1)
    monkeypatch.setattr(described, "read_marked", lambda *_, **__: pytest.fail("it was read"))
    what = "reading .* needs at least" if kind == "npz" else r"fitting (2,9|3,0)\d\d rows of 9 features needs"
    with pytest.raises(CapacityError, match=f"^{what} .* MiB of memory.*; allow more, as with --memory 3"):
        prepare_table(FitRequest(str(path), "y", memory=PROGRAM))


def test_predictions_of_many_classes_may_take_the_most() -> None:
    """With most rows for the test: a probability of each class is told thrice."""
    columns = many(1)
    told = Footprint(20_000, 15_000, columns, used=0, n_outputs=2000)
    X = 4 * 20_000 * Width.of(columns, CLASSES).all
    assert told.bytes(CLASSES) == PROGRAM + X + bytes_of_predictions(5000, 15_000, 2000)
    assert bytes_of_predictions(5000, 15_000, 2000) > 8 * 2000 * (5000 + 3 * 15_000)


@pytest.mark.parametrize("option", ["valid", "test"])
@pytest.mark.parametrize("kind", ["csv", "parquet", "npz"])
def test_a_table_that_is_brought_along_is_judged_unread(
    option: str, kind: str, write_csv: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One with many more rows than the table itself."""
    rng = np.random.default_rng(0)

    def columns(rows: int) -> dict[str, Any]:
        return {f"x{k}": rng.normal(size=rows) for k in range(9)} | {"y": np.arange(rows) % 2}

    small, path = write_csv(tmp_path / "t.csv", columns(40)), tmp_path / f"large.{kind}"
    if kind == "npz":
        np.savez(path, **columns(8000))
    elif kind == "parquet":
        pl.DataFrame(columns(8000)).write_parquet(path)
    else:
        write_csv(path, columns(8000))
    read = described.read_marked

    def only_small(source: str, *expected: Any, **known: Any) -> Any:
        assert source == str(small), "it was read"
        return read(source, *expected, **known)

    monkeypatch.setattr(described, "read_marked", only_small)
    seen = glimpse(str(path), large=1)
    assert seen is not None
    few = PROGRAM + seen.reading - 1
    with pytest.raises(CapacityError, match=rf"^reading .*large\.{kind} needs at least 32\d\.\d MiB"):
        prepare_table(FitRequest(str(small), "y", memory=few, **{option: str(path)}))
    others = "" if kind == "npz" else rf" with (7,9|8,0)\d\d rows of --{option}"
    with pytest.raises(CapacityError, match=f"^fitting 40 rows of 9 features{others} needs about .*; allow"):
        prepare_table(FitRequest(str(small), "y", memory=few + 1, **{option: str(path)}))


def test_rows_brought_along_are_counted_by_what_they_are_for() -> None:
    columns, a_row = many(12), 4 * Width.of(many(12), CLASSES).all
    itself, tested = large(columns).bytes(CLASSES), large(columns, test=Brought(10**6)).bytes(CLASSES)
    assert tested == itself + 10**6 * a_row
    # trained on as well, and kept by the engine once more
    chosen_by = large(columns, validation=Brought(10**6)).bytes(CLASSES)
    assert chosen_by >= itself + 3 * 10**6 * a_row
    assert large(columns, test=Brought(1, reading=10**12)).bytes(CLASSES) > 10**12
