from __future__ import annotations

import errno
import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from shoal.errors import CapacityError, DataError, OutputError
from shoal.jobs.job import FinishedJob
from shoal.jobs.kinds import KINDS
from shoal.jobs.model import TableModel
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.layout import MODEL, ROWS, TRIED, WEIGHTS
from shoal.jobs.streams import prepare as streams
from shoal.jobs.streams.drawing import draw, drawing_stream
from shoal.jobs.streams.prepare import PreparedStream, is_streamed, prepare_stream, way_to_the_disk
from shoal.jobs.streams.sides import TESTS, TRAINS
from shoal.selection.cohorts import cohort
from shoal.training import blocks

duckdb = pytest.importorskip("duckdb", reason="needs the package duckdb")
Mixed = Callable[..., dict[str, list[Any]]]
N = 3000


@pytest.fixture(autouse=True)
def tiny(thousand_is_many: Callable[..., None]) -> None:
    thousand_is_many(sample=900, aside=300, rows=700)


@pytest.fixture
def table(mixed: Mixed, tmp_path: Path) -> pl.DataFrame:
    return pl.DataFrame(mixed(N, seed=7), strict=False)


def write(table: pl.DataFrame, path: Path) -> str:
    if path.suffix == ".csv":
        table.write_csv(path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(table.write_csv().encode()))
    elif path.suffix == ".db":
        with duckdb.connect(str(path)) as connection:
            connection.register("given", table.to_arrow())
            connection.execute("CREATE TABLE t AS FROM given")
        return f"duckdb:{path}"
    elif path.suffix == ".parquet":
        table.write_parquet(path, row_group_size=500)
    elif path.suffix == ".arrow":
        table.write_ipc(path, record_batch_size=500)
    else:
        for k, part in enumerate(table.iter_slices(800)):
            path.mkdir(exist_ok=True)
            part.write_parquet(path / f"{k}.parquet")
    return str(path)


def fitted(fit: Any, table: str, out: Path, **settings: Any) -> FinishedJob:
    found: FinishedJob = fit(table, "target", out, choose="ensemble", hidden=((4,),), starts=2, **settings)
    return found


@pytest.mark.parametrize("name", ["t.parquet", "folder", "t.arrow", "t.csv", "t.csv.gz", "t.db"])
def test_the_rows_on_disk_are_all_but_those_set_aside(name: str, table: pl.DataFrame, tmp_path: Path) -> None:
    request = FitRequest(write(table, tmp_path / name), "target")
    assert is_streamed(request)
    prepared = prepare_stream(request)
    assert (prepared.n_rows, prepared.n_train, len(prepared.train)) == (N, 2400, 900)
    assert prepared.validation is not None
    assert len(prepared.validation) == len(prepared.test) == 300
    file = prepared.lay_out(tmp_path)
    others = np.setdiff1d(np.arange(N), prepared.aside)
    written = np.fromfile(file.path, np.float32).reshape(2400, -1)
    X = prepared.preprocessor.transform(table[others], dtype=np.float32)
    np.testing.assert_array_equal(written[:, :-1], X)
    np.testing.assert_array_equal(written[:, -1], (table["target"][others] == "yes").to_numpy())
    assert (file.rows, file.inputs, file.classes) == (2400, X.shape[1], True)


def test_the_sample_is_of_the_rows_to_train_on(table: pl.DataFrame, tmp_path: Path) -> None:
    prepared = prepare_stream(FitRequest(write(table, tmp_path / "t.parquet"), "target"))
    assert "900" not in prepared.warnings[0]
    assert "1,500 of its 3,000 rows, drawn at random" in prepared.warnings[0]
    np.testing.assert_allclose(np.median(prepared.train.X[:, 0]), 0, atol=1e-6)  # scaled by its own median
    aside = prepared.preprocessor.transform(table[np.sort(prepared.aside)], dtype=np.float32)
    assert prepared.validation is not None
    both = np.vstack([prepared.validation.X, prepared.test.X])
    assert sorted(map(tuple, both.tolist())) == sorted(map(tuple, aside.tolist()))


def test_rows_without_a_target_are_left_out(table: pl.DataFrame, tmp_path: Path) -> None:
    targets = table["target"].to_list()
    targets[5] = targets[1777] = None
    changed = table.with_columns(pl.Series("target", targets))
    prepared = prepare_stream(FitRequest(write(changed, tmp_path / "t.parquet"), "target"))
    assert prepared.warnings[0] == "2 of 3000 rows have no value of the target 'target' and are left out"
    assert prepared.lay_out(tmp_path).rows == prepared.n_train == 2998 - 600


@pytest.mark.parametrize("settings", [{}, {"folds": 3}, {"group": "colour"}, {"time_order": "when"}])
def test_a_class_that_none_of_the_rows_drawn_has_is_known_and_trained_on(
    settings: dict[str, Any], mixed: Mixed, tmp_path: Path
) -> None:
    n = 6000  # of which 1 500 are drawn
    table = pl.DataFrame(mixed(n, seed=7), strict=False)
    if "time_order" in settings:
        table = table.with_columns(pl.Series("when", range(n)))
    request = FitRequest(write(table, tmp_path / "t.parquet"), "target", **settings)
    first = prepare_stream(request)
    drawn = draw(request.table, "target", request.seed, 1500).numbers
    sides = np.zeros(n) if first.sides is None else first.sides.of(table)
    rare = [k for k in range(n) if k not in drawn and not sides[k]][-3:]
    targets = table["target"].to_list()
    targets[rare[0]] = targets[rare[1]] = "fraud"
    targets[rare[2]] = "error"
    changed = table.with_columns(pl.Series("target", targets))
    prepared = prepare_stream(replace(request, table=write(changed, tmp_path / "u.parquet")))
    assert prepared.target.labels == ("error", "fraud", "no", "yes")
    assert any(
        "2 classes of the target 'target' have none of the rows drawn, but 'fraud' 2, 'error' 1" in note
        for note in prepared.warnings
    )
    assert len(prepared.train) == len(first.train) + 2
    assert prepared.n_train == first.n_train == prepared.lay_out(tmp_path).rows
    width = len(prepared.preprocessor.feature_names) + 1 + ("folds" in settings)
    written = np.fromfile(tmp_path / ROWS, np.float32).reshape(-1, width)
    codes = written[:, len(prepared.preprocessor.feature_names)]
    assert np.bincount(codes.astype(int), minlength=4)[:2].tolist() == [1, 2]


def test_a_row_that_is_there_for_its_class_judges_nothing(table: pl.DataFrame, tmp_path: Path) -> None:
    source = write(table, tmp_path / "t.parquet")
    for settings, side in (({}, TRAINS), ({"group": "colour"}, TESTS)):
        request = FitRequest(source, "target", **settings)  # type: ignore[arg-type]
        one = prepare_stream(request)
        on_side = np.zeros(N) if one.sides is None else one.sides.of(table)
        places = np.flatnonzero(on_side == side)
        last = int(places[np.argmax(drawing_stream(request.seed).random_raw(N)[places])])
        targets = table["target"].to_list()
        targets[last] = "rare"
        changed = write(table.with_columns(pl.Series("target", targets)), tmp_path / "u.parquet")
        other = prepare_stream(replace(request, table=changed))
        assert other.target.labels == ("no", "rare", "yes")
        assert "1 class of the target 'target' has none of the rows drawn" in " ".join(other.warnings)
        assert (len(one.test), one.aside.tolist()) == (len(other.test), other.aside.tolist())
        for subset in (other.test, other.validation):
            assert subset is not None
            assert 1 not in subset.y


@pytest.mark.usefixtures("without_report")
def test_a_job_learns_and_leaves_no_rows_behind(fit: Any, table: pl.DataFrame, tmp_path: Path) -> None:
    done = fitted(fit, write(table, tmp_path / "t.parquet"), tmp_path / "out", epochs=8)
    assert done.evidence["data"]["split"] == {"train": 2400, "validation": 300, "test": 300}
    assert isinstance(done.model, TableModel)
    assert (done.model.predict(table)["target"] == table["target"].to_numpy()).mean() > 0.9
    assert not (tmp_path / "out" / ROWS).exists()


@pytest.mark.parametrize("settings", [{}, {"folds": 3}])
@pytest.mark.usefixtures("without_report")
def test_a_job_learns_a_class_of_one_row(
    settings: dict[str, Any], fit: Any, table: pl.DataFrame, tmp_path: Path
) -> None:
    targets = table["target"].to_list()
    targets[int(np.argmax(drawing_stream(0).random_raw(N)))] = "rare"  # the last that would be drawn
    source = write(table.with_columns(pl.Series("target", targets)), tmp_path / "t.parquet")
    done = fitted(fit, source, tmp_path / "out", epochs=8, **settings)
    assert isinstance(done.model, TableModel)
    assert done.model.target.labels == ("no", "rare", "yes")
    assert (done.model.predict(table)["target"] == table["target"].to_numpy()).mean() > 0.9


@pytest.mark.usefixtures("without_report")
def test_the_numbers_are_the_same_whatever_the_memory_and_the_format(
    fit: Any, table: pl.DataFrame, tmp_path: Path
) -> None:
    weights = set()
    for number, (name, memory) in enumerate((("t.parquet", None), ("folder", 2 * 10**9), ("t.db", None))):
        out = tmp_path / f"out{number}"
        fitted(fit, write(table, tmp_path / name), out, memory=memory)
        weights.add((out / WEIGHTS).read_bytes())
    assert len(weights) == 1


@pytest.mark.usefixtures("without_report")
def test_an_interrupted_job_goes_on_to_the_same_model(
    fit: Any, table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(table, tmp_path / "t.parquet")
    fitted(fit, source, tmp_path / "whole")
    with monkeypatch.context() as patched:

        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(cohort, "train_blockwise", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fitted(fit, source, tmp_path / "out")
    assert (tmp_path / "out" / ROWS).exists()
    assert not (tmp_path / "out" / MODEL).exists()
    fitted(fit, source, tmp_path / "out", resume=True)
    assert (tmp_path / "out" / WEIGHTS).read_bytes() == (tmp_path / "whole" / WEIGHTS).read_bytes()


@pytest.mark.usefixtures("without_report")
def test_a_job_goes_on_from_the_last_epoch_of_a_network(
    fit: Any, table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(table, tmp_path / "t.parquet")
    fitted(fit, source, tmp_path / "whole", epochs=4)
    begun: list[int] = []
    buffers = blocks.BlockFile.buffers

    def noted(self: Any, seed: int, epoch: int) -> Any:
        begun.append(epoch)
        if begun == [0, 1, 2]:
            raise KeyboardInterrupt
        return buffers(self, seed, epoch)

    monkeypatch.setattr(blocks.BlockFile, "buffers", noted)
    with pytest.raises(KeyboardInterrupt):
        fitted(fit, source, tmp_path / "out", epochs=4)
    (kept,) = (tmp_path / "out" / TRIED).iterdir()
    fitted(fit, source, tmp_path / "out", epochs=4, resume=True)
    assert begun[3:5] == [2, 3]
    assert (tmp_path / "out" / WEIGHTS).read_bytes() == (tmp_path / "whole" / WEIGHTS).read_bytes()
    assert not kept.parent.exists()


def test_a_full_disk_is_told_and_leaves_nothing(
    table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = prepare_stream(FitRequest(write(table, tmp_path / "t.parquet"), "target"))
    count = iter(range(9))

    def full(file: Any, *samples: Any) -> None:
        if next(count) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        blocks.write_rows(file, *samples)

    monkeypatch.setattr(streams, "write_rows", full)
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match="No space left on device"):
        prepared.lay_out(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_damaged_row_group_is_told_and_leaves_nothing(table: pl.DataFrame, tmp_path: Path) -> None:
    source = Path(write(table, tmp_path / "t.parquet"))
    prepared = prepare_stream(FitRequest(str(source), "target"))
    content = bytearray(source.read_bytes())
    at = pq.ParquetFile(source).metadata.row_group(4).column(0).data_page_offset
    content[at : at + 40] = b"\xff" * 40
    source.write_bytes(content)
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        prepared.lay_out(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        prepare_stream(FitRequest(str(source), "target"))


def test_a_value_of_another_kind_is_told_with_its_rows(table: pl.DataFrame, tmp_path: Path) -> None:
    source = tmp_path / "t.csv"
    prepared = prepare_stream(FitRequest(write(table, source), "target"))
    lines = source.read_text().splitlines()
    place = next(k for k in range(2000, N) if k not in prepared.aside)
    lines[place + 1] = "much," + lines[place + 1].split(",", 1)[1]
    source.write_text("\n".join(lines))
    told = rf"data rows \d+ to \d+: column 'signal' has 'much' in data row {place + 1},"
    with pytest.raises(DataError, match=told):
        prepared.lay_out(tmp_path)


@pytest.mark.parametrize(
    ("settings", "streamed"),
    [
        ({}, True),
        ({"solver": "sgd"}, True),
        ({"solver": "scg"}, False),
        ({"folds": 3}, True),
        ({"group": "colour"}, True),
        ({"weight": "noise", "test": "t.csv", "valid": "v.csv"}, True),
        ({"group": "colour", "test": "t.csv"}, True),
        ({"time_order": "when"}, True),
        ({"time_order": "when", "test": "t.csv"}, True),
        ({"score": "evidence"}, False),
        ({"search": ("learning-rate",), "halving": 2}, False),
        ({"search": ("learning-rate",), "halving": 0}, True),
    ],
)
def test_what_asks_for_all_rows_is_not_streamed(
    settings: dict[str, Any], streamed: bool, table: pl.DataFrame, tmp_path: Path
) -> None:
    assert is_streamed(FitRequest(write(table, tmp_path / "t.parquet"), "target", **settings)) == streamed


def test_few_rows_are_streamed_where_they_do_not_fit(
    table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MANY", 10**6)
    source = write(table, tmp_path / "t.parquet")
    assert not is_streamed(FitRequest(source, "target"))
    request = FitRequest(source, "target", memory=335_600_000)
    assert is_streamed(request)
    for streamed in (True, False):  # as it was when it was begun
        again = KINDS["table"].prepare_again(FitRequest(source, "target"), streamed)  # type: ignore[attr-defined]
        assert isinstance(again, PreparedStream) == again.streamed == streamed
    with pytest.raises(CapacityError):  # nor do those that are drawn
        prepare_stream(FitRequest(source, "target", memory=1000))


def test_the_disk_is_advised_where_it_helps(
    table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(table, tmp_path / "t.parquet")
    request = FitRequest(source, "target", score="evidence", solver="scg")
    assert way_to_the_disk(request).startswith("; or leave out --score and --solver, for")
    assert not way_to_the_disk(replace(request, memory=1000))  # no table fits
    assert not way_to_the_disk(FitRequest(source, "target"))  # nothing is in the way
    monkeypatch.setattr(streams, "MANY", 10**6)
    assert not way_to_the_disk(request)  # of few rows all are drawn


def test_training_is_shorter_the_more_rows_there_are(
    table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "VISITS", 12_000)
    request = FitRequest(write(table, tmp_path / "t.parquet"), "target")
    goal = prepare_stream(request).goal(request)
    assert {rung.epochs for rung in goal.ladder} == {5}
    monkeypatch.setattr(streams, "VISITS", 1)
    assert {rung.epochs for rung in prepare_stream(request).goal(request).ladder} == {4}


@pytest.mark.usefixtures("without_report")
def test_of_fewer_rows_numbers_are_told_in_all_forms(
    fit: Any, table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MANY", 10**6)
    source = write(table, tmp_path / "t.parquet")
    assert not is_streamed(FitRequest(source, "target"))
    request = FitRequest(source, "target", quality="fast")
    assert is_streamed(request)
    prepared = prepare_stream(request)
    assert len(prepared.views) == 2
    assert len(prepared.train) == 900
    for module in (blocks, streams):
        monkeypatch.setattr(module, "WIDE", 1)
    wide = prepare_stream(request)
    assert (len(wide.train), len(wide.test), wide.n_train) == (512, 150, N - 300)
    done = fitted(fit, source, tmp_path / "out", epochs=12, quality="fast")
    assert isinstance(done.model, TableModel)
    assert (done.model.predict(table)["target"] == table["target"].to_numpy()).mean() > 0.9


def test_forms_that_are_asked_for_are_told_of_many_rows(table: pl.DataFrame, tmp_path: Path) -> None:
    source = write(table, tmp_path / "t.parquet")
    plain, pieces = (prepare_stream(FitRequest(source, "target", pieces=n)) for n in (None, 4))
    assert (len(plain.views), len(pieces.views)) == (0, 2)
    assert plain.less == {"pieces": 0, "waves": 0}
    assert pieces.less == {"waves": 0}


def test_a_text_table_that_is_not_plain_is_read_as_a_whole(table: pl.DataFrame, tmp_path: Path) -> None:
    source = Path(write(table, tmp_path / "t.csv"))
    source.write_text("# a comment\n" + source.read_text())
    request = FitRequest(str(source), "target")
    assert is_streamed(request)
    prepared = KINDS["table"].prepare(request)  # type: ignore[attr-defined]
    assert not isinstance(prepared, PreparedStream)
    assert prepared.n_rows == N
    streamed = prepare_stream(FitRequest(write(table, tmp_path / "u.csv"), "target"))
    (tmp_path / "u.csv").write_text(source.read_text())
    with pytest.raises(DataError, match="was changed while it was read"):
        streamed.lay_out(tmp_path)
