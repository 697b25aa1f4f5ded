from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError, ShoalError
from shoal.jobs.kinds import prepare
from shoal.jobs.request import FitRequest
from shoal.jobs.sequences.prepare import PreparedSequences
from shoal.sequences import Sequences

Write = Callable[..., Path]
LONG = {"id": "id", "order": "t", "target": "label"}


@pytest.fixture
def ready(write_series: Write, tmp_path: Path) -> Callable[..., PreparedSequences]:
    def build(count: int = 40, name: str = "a.ts", **settings: Any) -> PreparedSequences:
        path = write_series(tmp_path / name, count)
        prepared = prepare(FitRequest(str(path), jobs=1, **settings))
        assert isinstance(prepared, PreparedSequences)
        return prepared

    return build


def test_every_sequence_is_in_one_part(ready: Callable[..., PreparedSequences]) -> None:
    prepared = ready(choose="one-se", validation_share=0.25)
    train, validation, test = prepared.series
    assert validation is not None
    assert [len(part) for part in (train, validation, test)] == [24, 8, 8]
    assert prepared.validation is not None
    assert [len(part) for part in (prepared.train, prepared.validation, prepared.test)] == [24, 8, 8]
    assert len({*train.names, *validation.names, *test.names}) == 40
    for part in (prepared.train, prepared.validation, prepared.test):
        assert set(np.bincount(part.y)) <= {len(part) // 2}
    assert prepared.sentence.startswith("40 sequences of 8 to 11 steps (median ")
    assert prepared.sentence.endswith("Classification, as the file says.")


def test_an_ensemble_is_judged_by_folds(ready: Callable[..., PreparedSequences]) -> None:
    prepared = ready()
    assert (prepared.folds, prepared.validation, len(prepared.train)) == (5, None, 32)


def test_moments_come_from_the_sequences_that_train(ready: Callable[..., PreparedSequences]) -> None:
    prepared = ready(choose="one-se", validation_share=0.25)
    train = prepared.series[0]
    (mean,) = prepared.preprocessor.channels.mean
    assert mean == pytest.approx(np.concatenate([each[0] for each in train.series]).mean())
    X = prepared.train.X
    assert isinstance(X, Sequences)
    assert X.X.sum() / X.lengths.sum() == pytest.approx(0, abs=1e-5)


def test_the_test_part_beside_is_the_test(write_series: Write, tmp_path: Path) -> None:
    write_series(tmp_path / "a_TEST.ts", 12, seed=1)
    prepared = prepare(FitRequest(str(write_series(tmp_path / "a_TRAIN.ts", 20)), jobs=1))
    assert (len(prepared.train), len(prepared.test), prepared.test_share) == (20, 12, None)
    asked = FitRequest(str(tmp_path / "a_TRAIN.ts"), test=str(write_series(tmp_path / "b.ts", 6)))
    assert len(prepare(asked).test) == 6


def test_the_same_series_of_every_origin_are_the_same_samples(
    ready: Callable[..., PreparedSequences],
) -> None:
    ts, npz, long = ready(), ready(name="a.npz"), ready(name="a.csv", **LONG)
    for other in (npz, long):
        np.testing.assert_array_equal(np.asarray(other.train.X), np.asarray(ts.train.X))
    np.testing.assert_array_equal(long.test.y, ts.test.y)
    assert (ts.target.name, npz.target.name, long.target.name) == ("class", "y", "label")


def test_numbers_are_a_regression(write_series: Write, tmp_path: Path) -> None:
    path = write_series(tmp_path / "a.ts", 30, numbers=True)
    prepared = prepare(FitRequest(str(path), jobs=1))
    assert (prepared.n_classes, prepared.target.task) == (0, "regression")
    assert prepare(FitRequest(str(path), loss="huber", jobs=1)).target.loss == "huber"


def test_what_a_test_shares_with_training_and_lengths_beyond_it_are_told(
    write_series: Write, tmp_path: Path
) -> None:
    train = write_series(tmp_path / "a_TRAIN.ts", 20)
    rows = train.read_text().splitlines()
    long = ",".join(map(str, np.arange(40.0)))
    (tmp_path / "a_TEST.ts").write_text("\n".join([*rows[:8], f"{long}:up", f"{long}:down"]))
    warnings = prepare(FitRequest(str(train), jobs=1)).warnings
    assert any("test sequences, such as line 4, are among those to train on" in each for each in warnings)
    assert any(
        "2 of " in each and "of up to 40 steps, are longer than any trained on" in each for each in warnings
    )


def test_sequences_without_a_target_and_channels_without_a_value(write_series: Write, tmp_path: Path) -> None:
    path = write_series(tmp_path / "a.ts", 20)
    header, rows = path.read_text().split("@data\n")
    lines = [f"{','.join('?' * len(row.split(':')[0].split(',')))}:{row}" for row in rows.splitlines()]
    lines[3] = lines[3].rsplit(":", 1)[0] + ":?"
    path.write_text(header.replace("@univariate true", "") + "@data\n" + "\n".join(lines))
    prepared = prepare(FitRequest(str(path), jobs=1))
    assert any("1 of 20 sequences of" in each and "have no target" in each for each in prepared.warnings)
    assert any("channel 1 has no value in any sequence" in each for each in prepared.warnings)
    assert prepared.n_rows == 19
    assert prepared.sequence_shape["missing"] == pytest.approx(0.5)


def test_the_histogram_counts_every_sequence(ready: Callable[..., PreparedSequences]) -> None:
    shape = ready().sequence_shape
    assert sum(shape["counts"]) == 40
    assert shape["edges"] == [8, 9, 10, 11, 12]
    assert (shape["shortest"], shape["longest"]) == (8, 11)


def test_the_bars_of_the_histogram_are_equally_wide(write_series: Write, tmp_path: Path) -> None:
    path = write_series(tmp_path / "a.ts", 20)
    path.write_text(path.read_text() + f"{','.join(map(str, range(100)))}:up\n")
    prepared = prepare(FitRequest(str(path), jobs=1))
    assert isinstance(prepared, PreparedSequences)
    edges = np.array(prepared.sequence_shape["edges"])
    assert set(np.diff(edges)) == {5}
    assert edges[0] <= 8
    assert edges[-1] > 100
    assert sum(prepared.sequence_shape["counts"]) == 21


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"budget": 0.0}, "--budget must be a positive number of operations, got 0"),
        ({"score": "evidence"}, "--score evidence is for the dense networks of tables"),
        ({"loss": "huber"}, "loss"),
        ({"task": "regression"}, "numbers"),
        ({"valid": "nowhere.ts"}, "does not exist"),
    ],
)
def test_what_cannot_be_asked_of_sequences(
    ready: Callable[..., PreparedSequences], settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(ShoalError, match=told):
        ready(**settings)


def test_long_tables_say_what_they_lack(ready: Callable[..., PreparedSequences]) -> None:
    with pytest.raises(ConfigurationError, match="--id id reads a row for every step, which needs --target"):
        ready(name="a.csv", id="id")
    with pytest.raises(DataError, match="no column 'time', which --order names"):
        ready(name="a.csv", **{**LONG, "order": "time"})


def test_an_unlabelled_file_cannot_be_fitted(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    path.write_text("@classLabel false\n@data\n1,2,3\n4,5,6\n")
    with pytest.raises(DataError, match=r"a\.ts has no labels or numbers to predict"):
        prepare(FitRequest(str(path)))


def test_a_class_that_training_lacks_is_told(write_series: Write, tmp_path: Path) -> None:
    write_series(tmp_path / "a_TRAIN.ts", 20)
    (tmp_path / "a_TEST.ts").write_text("@classLabel true up down new\n@data\n1,2,3:new\n")
    with pytest.raises(DataError, match="'new'"):
        prepare(FitRequest(str(tmp_path / "a_TRAIN.ts"), jobs=1))


def test_rare_classes_are_merged_or_left_out(write_series: Write, tmp_path: Path) -> None:
    path = write_series(tmp_path / "a.ts", 20)
    path.write_text(
        path.read_text().replace("@classLabel true up down", "@classLabel true up down odd") + "1,2,3:odd\n"
    )
    with pytest.raises(DataError, match="--rare"):
        prepare(FitRequest(str(path), jobs=1))
    assert prepare(FitRequest(str(path), rare="drop", jobs=1)).n_rows == 20


@pytest.fixture
def spoken(tmp_path: Path) -> Callable[..., str]:
    """Write a table of steps of series that are each of one of some speakers; return its path."""

    def write(name: str, speakers: str, column: str = "who") -> str:
        steps = [
            f"{name}{number},{t},{(-1) ** number * t},{'ud'[number % 2]},{speaker}"
            for number, speaker in enumerate(speakers)
            for t in range(3)
        ]
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join([f"id,t,x,label,{column}", *steps]))
        return str(path)

    return write


def test_no_two_parts_share_a_group(spoken: Callable[..., str]) -> None:
    prepared = prepare(FitRequest(spoken("a", "PPQQRRSSTTUU" * 2), **LONG, group="who", jobs=1))
    assert isinstance(prepared, PreparedSequences)
    train, _, test = prepared.series
    assert train.metadata is not None
    assert test.metadata is not None
    known, others = train.metadata["who"].to_list(), test.metadata["who"].to_list()
    assert set(known) | set(others) == set("PQRSTU")
    assert not set(known) & set(others)
    assert prepared.preprocessor.channels.channels == ("x",)
    groups = prepared.train.attributes.groups
    assert groups is not None
    assert len(set(zip(groups.tolist(), known, strict=True))) == len(set(known))
    assert any("no two parts share one of the 6 groups of 'who'" in note for note in prepared.warnings)


def test_series_brought_along_are_of_other_groups(spoken: Callable[..., str]) -> None:
    table = spoken("a", "PPQQRRSSTTUU")

    def ready(test: str) -> PreparedSequences:
        prepared = prepare(FitRequest(table, **LONG, group="who", test=test, jobs=1))
        assert isinstance(prepared, PreparedSequences)
        return prepared

    metadata = ready(spoken("b", "VVWW")).series[2].metadata
    assert metadata is not None
    assert set(metadata["who"]) == {"V", "W"}
    with pytest.raises(DataError, match=r"--test .*b.csv: it shares 1 group of 'who' with .*a.csv.* 'Q'"):
        ready(spoken("b", "VVQQ"))
    unsaid = ready(spoken("b", "VVWW", column="x2"))
    assert any("has no 'who' (--group), so nobody can tell" in note for note in unsaid.warnings)
    with pytest.raises(DataError, match="has no column 'speaker', which --group names"):
        prepare(FitRequest(table, **LONG, group="speaker", jobs=1))


def test_series_weigh_and_are_later_than_others(spoken: Callable[..., str], tmp_path: Path) -> None:
    days = [3, 9, 1, 7, 5, 0, 2, 8, 4, 6] * 2
    table = spoken("a", [str(day) for day in days], column="day")  # type: ignore[arg-type]
    prepared = prepare(FitRequest(table, **LONG, time_order="day", jobs=1))
    assert isinstance(prepared, PreparedSequences)
    train, test = prepared.series[0].metadata, prepared.series[2].metadata
    assert train is not None
    assert test is not None
    assert max(train["day"]) < min(test["day"]) == "8"
    assert prepared.train.attributes.times is not None
    assert any("in the order of 'day'" in note for note in prepared.warnings)
    weighed = prepare(FitRequest(table, **LONG, weight="day", jobs=1))
    assert isinstance(weighed, PreparedSequences)
    assert weighed.n_rows == 18  # two count for nothing
    parts = [part for part in (weighed.train, weighed.test) if part.weights is not None]
    together = np.concatenate([part.weights for part in parts])  # type: ignore[misc]
    np.testing.assert_allclose(np.sort(together), np.sort([d / 5 for d in days if d]))
    later = spoken("b", ["9", "10"], column="day")  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"--test .*: 1 row of it is not later than all of .*, by 'day'"):
        prepare(FitRequest(table, **LONG, time_order="day", test=later, jobs=1))
    alike = spoken("c", "VVWW", column="x2")
    told = prepare(FitRequest(table, **LONG, weight="day", test=alike, jobs=1))
    assert any("has no 'day' (--weight), so all of it counts alike" in note for note in told.warnings)
    assert told.test.weights is not None
    assert told.test.weights.tolist() == [1, 1, 1, 1]
