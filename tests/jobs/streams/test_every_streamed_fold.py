"""Tables trained on from the disk in folds: no row is trained on by whom it judges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.jobs.request import FitRequest
from shoal.jobs.saved.layout import WEIGHTS
from shoal.jobs.streams import prepare as streams
from shoal.jobs.streams import uses
from shoal.jobs.streams.prepare import PreparedStream, is_streamed, prepare_stream
from shoal.jobs.streams.sides import TESTS, TRAINS
from shoal.jobs.tables.prepare import prepare_table
from shoal.training import blocks

N = 2000
PLAIN: dict[str, Any] = {"pieces": 0, "waves": 0}


@pytest.fixture(autouse=True)
def tiny(thousand_is_many: Callable[..., None]) -> None:
    thousand_is_many(sample=600, aside=200)


@pytest.fixture
def table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 2))
    return pl.DataFrame(
        {
            "a": x[:, 0],
            "b": x[:, 1],
            "who": [f"p{k}" for k in rng.integers(60, size=N)],
            "day": rng.integers(0, 300, size=N),
            "w": rng.integers(1, 4, size=N) / 2,
            "y": x[:, 0] + x[:, 1] / 2 + rng.normal(size=N) / 10,
        }
    )


def written(table: pl.DataFrame, path: Path) -> str:
    if path.suffix == ".csv":
        table.write_csv(path)
    else:
        table.write_parquet(path, row_group_size=250)
    return str(path)


def features(buffers: Any) -> set[tuple[float, ...]]:
    return {tuple(row) for buffer in buffers for row in buffer.X.tolist()}


def require_apart(prepared: PreparedStream, folder: Path, count: int) -> None:
    """Check that each fold is trained on the rows of others, and judged by its own."""
    fold, file = prepared.train.attributes.fold, prepared.lay_out(folder)
    assert fold is not None
    assert file.folds is not None
    assert (file.rows, sum(file.folds.rows)) == (prepared.n_train, prepared.n_train)
    drawn = [tuple(row) for row in prepared.train.X.astype(np.float32).tolist()]
    everything = features(file.without(count).buffers(0, 0))
    assert len(everything) == prepared.n_train
    for held in range(count):
        part = file.without(held)
        assert part.folds is not None
        found = features(part.buffers(0, 0))
        assert len(found) == part.folds.trained[0]
        judges = {row for row, own in zip(drawn, fold.tolist(), strict=True) if own == held}
        assert judges
        assert judges <= everything
        assert not judges & found


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_folds_at_random_have_every_row_but_those_that_test(
    name: str, table: pl.DataFrame, tmp_path: Path
) -> None:
    source = written(table.drop("who", "day", "w"), tmp_path / name)
    request = FitRequest(source, "y", folds=4)
    assert is_streamed(request)
    prepared = prepare_stream(request)
    assert (prepared.folds, prepared.validation, prepared.validation_share) == (4, None, None)
    assert (prepared.n_train, len(prepared.train), len(prepared.test)) == (N - 200, 800, 200)
    assert (
        "each of 4 folds is judged by those of 800 rows drawn at random that it holds out"
        in prepared.warnings
    )
    require_apart(prepared, tmp_path, 4)
    file = prepared.lay_out(tmp_path)
    assert file.folds is not None
    assert file.folds.rows[0] == 0
    assert max(file.folds.rows[1:]) - min(file.folds.rows[1:]) < 0.1 * N


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_every_class_is_even_in_folds(name: str, table: pl.DataFrame, tmp_path: Path) -> None:
    kinds = pl.Series(
        "y", np.random.default_rng(1).choice(["few", "many", "some"], p=[0.03, 0.7, 0.27], size=N)
    )
    source = written(table.drop("who", "day", "w").with_columns(kinds), tmp_path / name)
    prepared = prepare_stream(FitRequest(source, "y", folds=4))
    require_apart(prepared, tmp_path, 4)
    fold, file = prepared.train.attributes.fold, prepared.lay_out(tmp_path)
    assert fold is not None
    rows = np.fromfile(file.path, np.float32).reshape(file.rows, -1)
    for labels, own in ((prepared.train.y, fold), (rows[:, -2], rows[:, -1])):
        for label in range(3):
            assert np.ptp(np.bincount(own[labels == label].astype(int), minlength=4)) <= 1


def test_no_group_is_in_two_folds(table: pl.DataFrame, tmp_path: Path) -> None:
    source = written(table.drop("day"), tmp_path / "t.parquet")
    prepared = prepare_stream(FitRequest(source, "y", folds=3, group="who", weight="w"))
    require_apart(prepared, tmp_path, 3)
    assert prepared.sides is not None
    assert prepared.parting is not None
    side = prepared.sides.of(table)
    trains = table.filter(pl.Series(side == TRAINS))
    fold = prepared.parting.reading()(
        trains, np.zeros(trains.height, dtype=np.uint64), np.zeros(trains.height)
    )
    of_groups = trains.select("who", pl.Series("fold", fold)).unique()
    assert of_groups.height == of_groups["who"].n_unique()
    assert not set(of_groups["who"]) & set(table.filter(pl.Series(side == TESTS))["who"])
    counts = np.bincount(fold)
    assert len(counts) == 3
    assert counts.max() < 1.2 * counts.min()
    file = prepared.lay_out(tmp_path).without(1)
    assert prepared.unit is not None
    assert file.weight == pytest.approx(
        float((trains["w"] / prepared.unit).filter(pl.Series(fold != 1)).sum())
    )


def test_stretches_of_time_are_those_of_the_same_table_in_memory(
    table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SAMPLE", N)
    for module in (streams, uses):
        monkeypatch.setattr(module, "ASIDE", N)
    monkeypatch.setattr(blocks, "BUFFER", N)
    source = written(table.drop("who", "w"), tmp_path / "t.parquet")
    request = FitRequest(source, "y", folds=3, time_order="day", **PLAIN)
    streamed, whole = prepare_stream(request), prepare_table(request)
    require_apart(streamed, tmp_path, 3)
    for one, same in ((streamed.train, whole.train), (streamed.test, whole.test)):
        np.testing.assert_allclose(one.y, same.y, rtol=1e-12)
    divided, expected = (
        part.attributes.divider(len(part)).folds(3, seed=0) for part in (streamed.train, whole.train)
    )
    for (train, held), (earlier, later) in zip(divided, expected, strict=True):
        np.testing.assert_array_equal(train, earlier)
        np.testing.assert_array_equal(held, later)


@pytest.mark.usefixtures("without_report")
@pytest.mark.parametrize("choose", ["ensemble", "best"])
def test_a_job_learns_in_folds(choose: str, fit: Any, table: pl.DataFrame, tmp_path: Path) -> None:
    source = written(table.drop("who", "day", "w"), tmp_path / "t.parquet")
    settings = {"epochs": 8, "hidden": ((4,),), "starts": 2, "quality": "fast", "choose": choose}
    done = fit(source, "y", tmp_path / "out", folds=3, **settings)
    assert done.evidence["data"]["split"]["train"] == N - 200
    assert done.evidence["asked"]["folds"] == 3
    if choose == "best":
        assert f"Trained again on all {N - 200} samples" in done.evidence["choice"]["sentence"]
    error = np.abs(done.model.predict(table.select("a", "b"))["y"] - table["y"].to_numpy()).mean()
    assert error < 0.3  # of the mean alone 0.9
    assert "--folds 3" in (tmp_path / "out" / "command.txt").read_text()


@pytest.mark.usefixtures("without_report")
def test_an_interrupted_job_goes_on_to_the_same_model(
    fit: Any, table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = written(table.drop("who", "day", "w"), tmp_path / "t.parquet")
    settings = {"epochs": 3, "hidden": ((4,),), "starts": 1, "quality": "fast", "folds": 3}
    fit(source, "y", tmp_path / "whole", **settings)
    begun: list[tuple[int | None, int]] = []
    buffers = blocks.BlockFile.buffers

    def noted(self: Any, seed: int, epoch: int) -> Any:
        begun.append((self.folds.held, epoch))
        if len(begun) == 3:
            raise KeyboardInterrupt
        return buffers(self, seed, epoch)

    monkeypatch.setattr(blocks.BlockFile, "buffers", noted)
    with pytest.raises(KeyboardInterrupt):
        fit(source, "y", tmp_path / "out", **settings)
    fit(source, "y", tmp_path / "out", resume=True, **settings)
    assert begun[:2] == [(0, 0), (0, 1)]
    assert begun[2] == begun[3] == (0, 2)  # goes on where it was
    assert (tmp_path / "out" / WEIGHTS).read_bytes() == (tmp_path / "whole" / WEIGHTS).read_bytes()
