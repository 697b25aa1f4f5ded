"""Jobs on sequences: the same honesty, resuming and folders as for tables and images."""

from __future__ import annotations

import csv
import json
import shlex
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.cli.terminal import TerminalListener
from shoal.errors import ConfigurationError, DataError, ModelFolderError, ShoalWarning
from shoal.export.saved import export_folder
from shoal.jobs.check import check_subject
from shoal.jobs.explain import explain_subject
from shoal.jobs.job import FinishedJob
from shoal.jobs.predict import predict_data
from shoal.jobs.report import rebuild_report
from shoal.jobs.saved.files import read_saved, write_saved
from shoal.jobs.saved.folder import load_model, load_table_model
from shoal.jobs.sequences.model import SequenceModel
from shoal.jobs.subjects.saved import saved_subject

Fit = Callable[..., FinishedJob]
Write = Callable[..., Path]
SMALL: dict[str, Any] = {"hidden": ((2,),), "epochs": 5, "features": 336, "budget": 1e7}


def scores(outcome: FinishedJob) -> dict[str, float]:
    (model,) = [m for m in outcome.evidence["test"]["models"] if m["name"] == "shoal"]
    metrics: dict[str, float] = model["metrics"]
    return metrics


def predicted(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def fitted_sequences(fit: Fit, write_series: Write, tmp_path_factory: pytest.TempPathFactory) -> FinishedJob:
    folder = tmp_path_factory.mktemp("fitted_sequences")
    write_series(folder / "a_TEST.ts", 30, seed=1)
    return fit(write_series(folder / "a_TRAIN.ts", 40), None, folder / "out", choose="ensemble", **SMALL)


def test_it_learns_and_tells_what_it_did(fitted_sequences: FinishedJob) -> None:
    evidence = fitted_sequences.evidence
    assert scores(fitted_sequences)["error"] < 0.1
    assert (evidence["title"], evidence["data"]["noun"]) == ("class from a_TRAIN.ts", "sequence")
    assert evidence["data"]["split"] == {"train": 40, "validation": 40, "test": 30}
    assert evidence["data"]["sequences"]["longest"] == 11
    asked, mixture = evidence["asked"], evidence["mixture"]
    assert (asked["solver"], asked["patience"], asked["architecture"]) == ("adamw", None, "recurrent")
    assert {"networks of the study", "a constant", "random convolutions of series"} < {
        view["view"] for view in mixture["views"]
    }
    assert sum(view["weight"] for view in mixture["views"]) == pytest.approx(1)
    assert [model["name"] for model in evidence["test"]["models"]] == ["shoal", "linear model", "constant"]
    page = fitted_sequences.report.read_text()
    assert mixture["sentence"] in page
    assert "from sequences of 8 to 11 steps and 1 channel in a_TRAIN.ts" in page
    assert "Columns that matter" not in page


def test_the_test_score_is_that_of_the_predictions(fitted_sequences: FinishedJob, tmp_path: Path) -> None:
    source = fitted_sequences.folder.parent / "a_TEST.ts"
    assert predict_data(fitted_sequences.folder, str(source), tmp_path / "p.csv") == 30
    rows = predicted(tmp_path / "p.csv")
    labels = [line.rsplit(":", 1)[1] for line in source.read_text().splitlines() if line[0] != "@"]
    assert list(rows[0]) == ["series", "class", "P(class=down)", "P(class=up)"]
    wrong = np.mean([row["class"] != label for row, label in zip(rows, labels, strict=True)])
    likelihood = [float(row[f"P(class={label})"]) for row, label in zip(rows, labels, strict=True)]
    assert scores(fitted_sequences) == {
        "log loss": pytest.approx(-np.log(likelihood).mean(), rel=1e-6),
        "error": pytest.approx(wrong),
    }


def test_predictions_need_no_labels_and_take_series_of_any_length(
    fitted_sequences: FinishedJob, tmp_path: Path
) -> None:
    path = tmp_path / "new.ts"
    path.write_text("@classLabel false\n@data\n" + ",".join(map(str, range(50))) + "\n3\n")
    predict_data(fitted_sequences.folder, str(path), tmp_path / "p.csv")
    assert [row["series"] for row in predicted(tmp_path / "p.csv")] == ["line 3", "line 4"]
    with pytest.raises(ConfigurationError, match="classes have no intervals"):
        predict_data(fitted_sequences.folder, str(path), tmp_path / "q.csv", interval=0.9)
    path.write_text("@dimensions 2\n@data\n1:2\n")
    with pytest.raises(DataError, match="has 2 channels, expected 1"):
        predict_data(fitted_sequences.folder, str(path), tmp_path / "q.csv")
    assert not (tmp_path / "q.csv").exists()


def test_a_regression_has_intervals(fit: Fit, write_series: Write, tmp_path: Path) -> None:
    source = write_series(tmp_path / "a.ts", 60, numbers=True)
    outcome = fit(source, None, tmp_path / "out", choose="ensemble", **SMALL)
    (linear,) = [m for m in outcome.evidence["test"]["models"] if m["name"] == "constant"]
    assert scores(outcome)["RMSE"] < 0.5 * linear["metrics"]["RMSE"]
    predict_data(outcome.folder, str(source), tmp_path / "p.csv", interval=0.8)
    rows = predicted(tmp_path / "p.csv")
    assert list(rows[0]) == ["series", "target", "target lower", "target upper"]
    assert all(float(r["target lower"]) < float(r["target"]) < float(r["target upper"]) for r in rows)


def test_long_tables_are_predicted_by_their_identifiers(
    fit: Fit, write_series: Write, tmp_path: Path
) -> None:
    source = write_series(tmp_path / "a.csv", 40)
    outcome = fit(source, "label", tmp_path / "out", id="id", order="t", choose="ensemble", **SMALL)
    without = tmp_path / "new.csv"
    without.write_text("t,x,id\n2,2,b\n1,1,b\n1,3,a\n")
    with pytest.warns(ShoalWarning, match="such as 'b', are put in order of time"):
        predict_data(outcome.folder, str(without), tmp_path / "p.csv")
    assert [row["id"] for row in predicted(tmp_path / "p.csv")] == ["b", "a"]
    without.write_text("t,id\n2,b\n")
    with pytest.raises(DataError, match=r"new\.csv: the table lacks the column 'x'"):
        predict_data(outcome.folder, str(without), tmp_path / "p.csv", overwrite=True)


def test_a_resumed_job_ends_as_if_nothing_had_happened(
    fit: Fit, write_series: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_report: None
) -> None:
    source = write_series(tmp_path / "a.ts", 40)
    whole = fit(source, None, tmp_path / "whole", choose="ensemble", **SMALL)

    def interrupted(_: object, progress: Any) -> None:
        if progress.done:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TerminalListener, "progress", interrupted)
        early = fit(source, None, tmp_path / "out", choose="ensemble", **SMALL)
    assert len(early.evidence["trials"]["hidden"]) <= len(whole.evidence["trials"]["hidden"])
    resumed = fit(source, None, tmp_path / "out", choose="ensemble", resume=True, **SMALL)
    np.testing.assert_array_equal(resumed.model.population.theta, whole.model.population.theta)
    assert scores(resumed) == scores(whole)
    assert resumed.evidence["mixture"] == whole.evidence["mixture"]
    with pytest.raises(ConfigurationError, match="--features was 336, now 400"):
        fit(source, None, tmp_path / "out", choose="ensemble", resume=True, **{**SMALL, "features": 400})


def test_the_command_leaves_nothing_open(fitted_sequences: FinishedJob) -> None:
    words = shlex.split((fitted_sequences.folder / "command.txt").read_text())
    assert words[words.index("--features") + 1] == "336"
    assert words[words.index("--hidden") + 1] == "2"
    assert words[words.index("--budget") + 1] == "10000000.0"


def test_the_folder_says_what_the_sequences_are(fitted_sequences: FinishedJob, tmp_path: Path) -> None:
    saved = json.loads((fitted_sequences.folder / "preprocessing.json").read_text())
    assert (saved["kind"], saved["origin"], saved["series"]["channels"]) == (
        "sequences", {"name": "files"}, ["channel 1"],
    )  # fmt: skip
    loaded = load_model(fitted_sequences.folder)
    assert isinstance(loaded, SequenceModel)
    with pytest.raises(ConfigurationError, match="holds a model of sequences, expected one of a table"):
        load_table_model(fitted_sequences.folder)
    assert rebuild_report(fitted_sequences.folder).exists()


def test_it_is_checked_and_explained(fitted_sequences: FinishedJob) -> None:
    subject = saved_subject(fitted_sequences.folder, None, row=2, batch=5, member=1)
    assert subject.sample_name == "sequence 2"
    assert not check_subject(subject, None, 1e-5, 1e-6, sample=50).failures
    assert "sequence 2" in str(explain_subject(subject, parameters=20))
    with pytest.raises(DataError, match="sequence 41 is not in"):
        saved_subject(fitted_sequences.folder, None, row=41, batch=5, member=1)


def test_a_job_with_a_deadline_has_a_model(fit: Fit, write_series: Write, tmp_path: Path) -> None:
    source = write_series(tmp_path / "a.ts", 40)
    settings = {**SMALL, "budget": None, "time": 5.0}
    outcome = fit(source, None, tmp_path / "out", choose="ensemble", **settings)
    words = shlex.split(outcome.evidence["asked"]["again"])
    repeat = {
        "epochs": int(words[words.index("--epochs") + 1]),
        "budget": float(words[words.index("--budget") + 1]),
    }
    if "--networks" in words:
        repeat["networks"] = words[words.index("--networks") + 1]
    again = fit(source, None, tmp_path / "again", choose="ensemble", **{**SMALL, **repeat})
    assert "--time" not in words
    assert scores(again) == scores(outcome)


def test_the_archives_sets_are_told_apart(real_data: Callable[[str], Path], fit: Fit, tmp_path: Path) -> None:
    source = real_data("sequences/ts/GunPoint/GunPoint_TRAIN.ts")
    settings = {**SMALL, "features": 2000, "budget": 3e8}
    outcome = fit(source, None, tmp_path / "out", choose="ensemble", **settings)
    assert outcome.evidence["test"]["rows"] == 150
    assert scores(outcome)["error"] <= 0.03


def test_sounds_are_told_apart_and_their_analysis_is_saved(
    fit: Fit, tmp_path: Path, without_report: None
) -> None:
    rng = np.random.default_rng(0)
    for number in range(24):
        name, pitch = ("high", 1500) if number % 2 else ("low", 300)
        seconds = np.arange(int(8000 * rng.uniform(0.1, 0.2))) / 8000
        place = tmp_path / "sounds" / name / f"{number}.wav"
        place.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(place), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            tone = np.sin(2 * np.pi * pitch * rng.uniform(0.9, 1.1) * seconds)
            file.writeframes((9000 * tone + 100 * rng.normal(size=len(tone))).astype("<i2").tobytes())
    outcome = fit(tmp_path / "sounds", None, tmp_path / "out", choose="ensemble", **SMALL)
    assert scores(outcome)["error"] == 0
    saved = json.loads((outcome.folder / "preprocessing.json").read_text())
    assert saved["origin"] == {"name": "sounds", "rate": 8000, "bands": 26, "window": 0.025, "hop": 0.01}
    predict_data(outcome.folder, str(tmp_path / "sounds" / "low"), tmp_path / "p.csv")
    assert {row["class"] for row in predicted(tmp_path / "p.csv")} == {"low"}
    predict_data(outcome.folder, str(tmp_path / "sounds" / "high" / "1.wav"), tmp_path / "q.csv")
    assert [(row["sound"], row["class"]) for row in predicted(tmp_path / "q.csv")] == [("1.wav", "high")]


def test_the_report_shows_sequences_of_the_test(fitted_sequences: FinishedJob) -> None:
    evidence = fitted_sequences.evidence
    examples = evidence["examples"]
    wrong = round(scores(fitted_sequences)["error"] * 30)
    assert [example["right"] for example in examples] == [False] * min(wrong, 3) + [True] * (
        9 - min(wrong, 3)
    )
    source = (fitted_sequences.folder.parent / "a_TEST.ts").read_text().splitlines()
    for example in examples:
        values, label = source[int(example["name"].split()[1]) - 1].rsplit(":", 1)
        assert example["actual"] == label
        np.testing.assert_allclose(example["channels"], [list(map(float, values.split(",")))], rtol=1e-3)
        windows = -(-len(values.split(",")) // example["window"])
        assert len(example["salience"]) == windows
        assert np.abs(example["salience"]).max() > 0
    page = fitted_sequences.report.read_text()
    assert '<section id="examples">' in page
    assert "of the test, which the model tells best" in page
    in_time = evidence["in_time"]
    (line,) = in_time["reach"]  # of a GRU that goes one way
    assert line["start"][0] == line["end"][0] == 1
    assert line["start"] != line["end"]
    states = in_time["states"]
    assert np.shape(states["states"])[1] == len(states["salience"]) == len(states["channels"][0])
    assert "30 sequences" in page


def test_what_is_exported_predicts_as_the_model_does(fitted_sequences: FinishedJob, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    from shoal.export.mixtures_series import feeds

    export_folder(fitted_sequences.folder, tmp_path / "a.onnx")
    source = fitted_sequences.folder.parent / "a_TEST.ts"
    predict_data(fitted_sequences.folder, str(source), tmp_path / "p.csv")
    rows = predicted(tmp_path / "p.csv")
    model = fitted_sequences.model
    assert isinstance(model, SequenceModel)
    series = model.preprocessor.origin.read(str(source)).train.series
    session = onnxruntime.InferenceSession(str(tmp_path / "a.onnx"))
    called, probabilities = session.run(["class", "probabilities"], feeds(list(series)))
    assert called.tolist() == [row["class"] for row in rows]
    told = [[float(row[f"P(class={label})"]) for label in ("down", "up")] for row in rows]
    np.testing.assert_allclose(probabilities, told, atol=1e-5)


@pytest.mark.parametrize("keys", [[-1], [1e308], [[0, -1]], ["x"], None])
def test_a_mixture_with_keys_that_are_none_is_refused(
    fitted_sequences: FinishedJob, tmp_path: Path, keys: object
) -> None:
    saved = read_saved(fitted_sequences.folder)
    description = {
        name: value for name, value in saved.description.items() if name not in ("format", "sha256")
    }
    network = description["network"]
    description["mixture"]["members"][0] = {"kind": "networks", "network": network, "keys": keys}
    arrays = saved.arrays | {"mixture.0.theta": saved.arrays["theta"]}
    write_saved(tmp_path / "altered", description, saved.preprocessing, arrays)
    with pytest.raises(ModelFolderError, match="describes no model"):
        load_model(tmp_path / "altered")
