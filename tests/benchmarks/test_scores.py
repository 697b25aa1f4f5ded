from __future__ import annotations

import csv
import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.sequences import arithmetic, scores
from shoal.data.sequences.origins import Files
from tests.benchmarks.test_sequences import write


def test_scores_of_classes_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "predicted.csv"
    path.write_text("row,kind,P(kind=a),P(kind=b)\n1,a,0.8,0.2\n2,a,0.5,0.5\n")
    found = arithmetic.of_classes(path, "kind", ["a", "b"])
    assert found == {"log loss": pytest.approx(-math.log(0.4) / 2), "error": 0.5}
    with pytest.raises(SystemExit, match="has 2 predictions of 1 samples"):
        arithmetic.of_classes(path, "kind", ["a"])


def test_scores_of_forecasts_by_hand(tmp_path: Path) -> None:
    (tmp_path / "series.csv").write_text("t,y\n1,0\n2,10\n3,2\n4,14\n5,4\n6,12\n")
    (tmp_path / "tested.csv").write_text("t,y,y forecast,y naive\n5,4,4,14\n6,12,6,14\n")
    found = arithmetic.of_forecasts(tmp_path / "tested.csv", tmp_path / "series.csv", "y", season=2)
    assert found["forecast"] == {
        "MASE": pytest.approx(3 / 3),  # changes over two steps before the test: 2 and 4
        "sMAPE": pytest.approx(100 * (0 + 2 * 6 / 18) / 2),
        "RMSE": pytest.approx(math.sqrt(18)),
    }
    assert found["naive"]["MASE"] == pytest.approx(6 / 3)


def test_what_is_fitted_is_scored_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "ts", "GunPoint")
    assert scores.main(["ts", "--data", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "| ts | shoal | log loss | " in said
    assert "| ts | shoal | error | " in said
    assert "differs" not in said


def test_the_same_series_are_written_in_every_form(tmp_path: Path) -> None:
    write(tmp_path / "ts", "GunPoint")
    _, ts = scores.as_ts(tmp_path, tmp_path)
    _, npz = scores.as_npz(tmp_path, tmp_path)
    _, steps = scores.as_steps(tmp_path, tmp_path)
    assert npz.labels == ts.labels
    assert steps.labels == [f"k{label}" for label in ts.labels]
    series = [each.ravel() for each in Files().read(str(npz.source)).train.series]
    with steps.source.open(newline="") as file:
        heights = np.array([float(row["height"]) for row in csv.DictReader(file)])
    assert np.array_equal(np.concatenate(series), heights)


def test_another_score_is_told_and_ends_it_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    right = scores.Score("ts", "shoal", "error", 0.3333, 1 / 3, 1 / 3)
    assert scores.table([right]) == 0
    for wrong in {"own": 1 / 3 + 1e-8}, {"printed": 0.3336}, {"own": math.nan}:
        assert scores.table([right, dataclasses.replace(right, **wrong)]) == 1
        assert capsys.readouterr().out.count("**differs**") == 1
    assert scores.table([]) == 1


def test_a_kind_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in (
        (["tz"], "there is no kind tz; take some of ts, npz,"),
        (["ts", "--data", str(tmp_path / "none")], "none is not there; set SHOAL_DATA"),
    ):
        with pytest.raises(SystemExit):
            scores.main(arguments)
        assert message in capsys.readouterr().err
