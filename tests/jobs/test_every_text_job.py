"""Jobs on texts: the same honesty, resuming and folders as for tables, images and sequences."""

from __future__ import annotations

import csv
import dataclasses
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.cli.terminal import TerminalListener
from shoal.errors import CapacityError, ConfigurationError, DataError, ModelFolderError, ShoalWarning
from shoal.export.saved import export_folder
from shoal.jobs.check import check_subject
from shoal.jobs.deadline import Deadline
from shoal.jobs.job import FinishedJob
from shoal.jobs.kinds import KINDS
from shoal.jobs.predict import predict_data
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.folder import load_model
from shoal.jobs.saved.layout import PLAN
from shoal.jobs.subjects.saved import saved_subject
from shoal.jobs.texts import terms
from shoal.jobs.texts.features import TextFeatures
from shoal.jobs.texts.model import TextModel
from shoal.jobs.texts.prepare import prepare_texts
from shoal.jobs.texts.reading import read_texts
from shoal.jobs.texts.shown import shown
from shoal.mixtures.text_linear import LinearText
from shoal.report.html import render

Fit = Callable[..., FinishedJob]
SMALL: dict[str, Any] = {"hidden": ((),), "starts": 1, "l2": (1.0,), "epochs": 20, "folds": 2}
GOOD, BAD = ["good", "fine", "lovely"], ["bad", "dull", "awful"]
pytestmark = pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")


def film(row: int) -> str:
    word = (GOOD if row % 2 else BAD)[row // 2 % 3]
    return f"The {['film', 'story', 'cast', 'scene'][row // 6 % 4]} no. {row} is {word}."


def write(path: Path, rows: range, labels: bool = True) -> Path:
    head = "review,label\n" if labels else "review\n"
    label = [f",{'pos' if row % 2 else 'neg'}" if labels else "" for row in rows]
    path.write_text(head + "".join(f'"{film(row)}"{of}\n' for row, of in zip(rows, label, strict=True)))
    return path


@pytest.fixture(scope="module")
def fitted_texts(fit: Fit, tmp_path_factory: pytest.TempPathFactory) -> FinishedJob:
    folder = tmp_path_factory.mktemp("fitted_texts")
    test = str(write(folder / "test.csv", range(40, 60)))
    table = write(folder / "films.csv", range(40))
    return fit(table, "label", folder / "out", text="review", test=test, quality="fast", **SMALL)


def predicted(model: Path, source: Path, out: Path) -> list[dict[str, str]]:
    predict_data(model, str(source), out)
    with out.open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_learns_and_tells_what_it_did(fitted_texts: FinishedJob) -> None:
    evidence = fitted_texts.evidence
    (ours, linear, constant) = evidence["test"]["models"]
    assert (linear["name"], constant["name"]) == ("linear model", "constant")
    assert ours["metrics"]["error"] == 0
    assert (evidence["title"], evidence["data"]["noun"]) == ("label from films.csv", "text")
    assert evidence["data"]["split"] == {"train": 40, "validation": 40, "test": 20}
    assert "--text review" in evidence["asked"]["again"]
    assert "--quality fast" in evidence["asked"]["again"]


def test_the_printed_score_is_that_of_the_predictions(fitted_texts: FinishedJob, tmp_path: Path) -> None:
    rows = predicted(fitted_texts.folder, fitted_texts.folder.parent / "test.csv", tmp_path / "p.csv")
    own = [-np.log(float(row[f"P(label={'pos' if n % 2 else 'neg'})"])) for n, row in enumerate(rows, 40)]
    (ours, *_) = fitted_texts.evidence["test"]["models"]
    np.testing.assert_allclose(np.mean(own), ours["metrics"]["log loss"], rtol=1e-4)
    bare = predicted(fitted_texts.folder, write(tmp_path / "b.csv", range(40, 60), False), tmp_path / "q.csv")
    assert bare == rows


def test_the_command_makes_the_same_model_again(
    fitted_texts: FinishedJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from shoal.cli.app import app

    words = shlex.split(fitted_texts.evidence["asked"]["again"])[1:]
    words[words.index("--out") + 1] = str(tmp_path / "again")
    assert CliRunner().invoke(app, words).exit_code == 0
    for name in ("weights.safetensors", "preprocessing.json"):
        assert (tmp_path / "again" / name).read_bytes() == (fitted_texts.folder / name).read_bytes()


def test_a_resumed_job_ends_as_if_nothing_had_happened(
    fit: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_report: None
) -> None:
    test = str(write(tmp_path / "test.csv", range(40, 60)))
    table = write(tmp_path / "films.csv", range(40))
    asked = {**SMALL, "text": "review", "test": test, "quality": "fast", "choose": "ensemble"}
    whole = fit(table, "label", tmp_path / "whole", **asked)

    def interrupted(_: object, progress: Any) -> None:
        if progress.done:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TerminalListener, "progress", interrupted)
        early = fit(table, "label", tmp_path / "out", **asked)
    assert len(early.evidence["trials"]["hidden"]) < len(whole.evidence["trials"]["hidden"])
    resumed = fit(table, "label", tmp_path / "out", resume=True, **asked)
    np.testing.assert_array_equal(resumed.model.population.theta, whole.model.population.theta)
    assert resumed.evidence["test"]["models"] == whole.evidence["test"]["models"]
    for name in ("weights.safetensors", "preprocessing.json"):
        assert (resumed.folder / name).read_bytes() == (whole.folder / name).read_bytes()
    for changed, said in (({"characters": True}, "--characters"), ({"budget": 1e9}, "--budget")):
        with pytest.raises(ConfigurationError, match=said):
            fit(table, "label", tmp_path / "out", resume=True, **asked | changed)


@pytest.mark.parametrize("name", ["features", "memory"])
def test_there_are_as_many_terms_as_there_is_memory_for(
    fit: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_report: None, name: str
) -> None:
    """As if all of them were too many."""
    table, asked = write(tmp_path / "films.csv", range(40)), {**SMALL, "text": "review", "quality": "fast"}
    if name == "memory":
        monkeypatch.setattr(terms, "LARGE", 0)
        monkeypatch.setattr(LinearText, "within", lambda view, *_: dataclasses.replace(view, terms=30))
        done = fit(table, "label", tmp_path / "out", **asked)
        told = "the linear view of texts has the 30 commonest terms of each unit, as with --features 30, for "
        assert told in json.dumps(done.evidence)
        assert json.loads((done.folder / PLAN).read_text())["plainer"] == {"features": 30}
    else:
        done = fit(table, "label", tmp_path / "out", **asked, features=30)
    assert "--features 30" in done.evidence["asked"]["again"]
    assert max(len(part.terms) for part in done.model.preprocessor.views[0].parts) == 30


def test_terms_that_are_asked_for_have_to_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = str(write(tmp_path / "films.csv", range(40)))
    with pytest.raises(ConfigurationError, match="--features 0 leaves no terms of texts; give 1 at least"):
        prepare_texts(FitRequest(table, "label", text="review", features=0))
    for features in (None, 500):
        with pytest.raises(CapacityError, match=r"the linear view of texts needs more .* allow more"):
            prepare_texts(FitRequest(table, "label", text="review", features=features, memory=1000))


def test_the_report_colours_words_by_what_they_say(fitted_texts: FinishedJob) -> None:
    for text in fitted_texts.evidence["texts"]:
        assert (text["right"], text["joint"], text["cut"]) == (True, " ", False)
        assert [line["name"] for line in text["lines"]] == ["model", "linear"]
        for line in text["lines"]:
            most = max(line["pieces"], key=lambda piece: piece["value"])
            assert most["text"].strip(".") in GOOD + BAD
            assert most["depth"] == 1.0
    page = fitted_texts.report.read_text()
    assert '<section id="texts">' in page
    assert page.count('<span class="for"') > 2 * len(fitted_texts.evidence["texts"])


def test_texts_are_looked_at_as_long_as_there_is_time(fitted_texts: FinishedJob, tmp_path: Path) -> None:
    test = str(write(tmp_path / "test.csv", range(40, 60)))
    table = str(write(tmp_path / "films.csv", range(40)))
    prepared = prepare_texts(FitRequest(table, "label", text="review", test=test, quality="fast"))
    model = load_model(fitted_texts.folder)
    times = iter([0.0, 1.0, 9.0])
    deadline = Deadline(5.0, began=0.0, clock=lambda: next(times))
    texts, note = shown(model, prepared, 0, deadline)
    assert (len(texts), note) == (2, "There was no time left to look at the words of more than 2 test texts.")
    assert shown(model, prepared, 0, Deadline(1.0, began=0.0, clock=lambda: 2.0)) == (
        [],
        "There was no time left to look at the words of test texts.",
    )


def test_texts_are_escaped_in_a_report(fitted_texts: FinishedJob) -> None:
    evidence = json.loads(json.dumps(fitted_texts.evidence))
    evidence["texts"][0]["lines"][0]["pieces"][0]["text"] = "<script>alert(1)</script>"
    page = render(evidence)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_a_saved_model_is_whole_or_refused(fitted_texts: FinishedJob) -> None:
    model = load_model(fitted_texts.folder)
    assert isinstance(model, TextModel)
    texts = ["a good one", "", "\u6771\u4eac", "bad " * 500]
    np.testing.assert_array_equal(model.predict_texts(texts), fitted_texts.model.predict_texts(texts))
    config, arrays = model.preprocessor.to_config(), model.preprocessor.arrays()
    linear = config["views"][0]
    TextFeatures.from_config(json.loads(json.dumps(config)), arrays)
    for changed in (
        {"scale": 0.0},
        {"unit": "sounds"},
        {"n_classes": 3},
        {"names": []},
        {"views": [linear | {"temperature": 0.0}]},
        {"views": [linear | {"kind": "sounds"}]},
        {"views": []},
    ):
        with pytest.raises(ModelFolderError, match="preprocessing of texts"):
            TextFeatures.from_config(config | changed, arrays)
    for altered in (
        {"0.W": arrays["0.b"]},
        {"0.b": np.full_like(arrays["0.b"], np.inf)},
        {"0.b": arrays["0.b"][:1]},
    ):
        with pytest.raises(ModelFolderError, match="preprocessing of texts"):
            TextFeatures.from_config(config, arrays | altered)
    with pytest.raises(ModelFolderError, match="by an earlier shoal"):
        TextFeatures.from_config(config | {"format": 1}, arrays)


def test_check_works_and_what_is_exported_predicts_the_same(
    fitted_texts: FinishedJob, tmp_path: Path
) -> None:
    subject = saved_subject(fitted_texts.folder, None, row=2, batch=4, member=1)
    assert subject.sample_name == "text 2"
    assert not check_subject(subject, None, 1e-5, 1e-6, sample=50).failures
    onnxruntime = pytest.importorskip("onnxruntime")
    from shoal.export.texts import feeds

    export_folder(fitted_texts.folder, tmp_path / "model.onnx")
    rows = predicted(fitted_texts.folder, fitted_texts.folder.parent / "test.csv", tmp_path / "p.csv")
    model = load_model(fitted_texts.folder)
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    texts = [film(row) for row in range(40, 60)]
    label, probabilities = session.run(["label", "probabilities"], feeds(model, texts))
    assert label.tolist() == [row["label"] for row in rows]
    told = [[float(row[f"P(label={label})"]) for label in ("neg", "pos")] for row in rows]
    np.testing.assert_allclose(probabilities, told, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"text": "reviews"}, "no column of texts 'reviews'; did you mean 'review'"),
        ({"text": "label"}, "both name 'label'"),
        ({"text": "review", "drop": ("review",)}, "drop is for tables, .* is read as texts"),
        ({"text": "review", "score": "evidence", "choose": None}, "dense networks of tables"),
        ({"characters": True}, "is for texts"),
    ],
)
def test_what_cannot_be_asked_of_texts_is_refused(
    fit: Fit, tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    table = write(tmp_path / "films.csv", range(8))
    with pytest.raises((ConfigurationError, DataError), match=said):
        fit(table, "label", tmp_path / "out", **settings)
    assert not (tmp_path / "out").exists()


def test_empty_texts_are_refused_where_there_are_no_others(fit: Fit, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("review,label\n" + "".join(f'" ",{"ab"[row % 2]}\n' for row in range(20)))
    with pytest.raises(DataError, match="every text of the column 'review' is empty"):
        fit(path, "label", tmp_path / "out", text="review", **SMALL)


def test_missing_texts_are_empty_and_other_columns_are_told_of(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("n,review,label\n1,,a\n2,12.50,b\n3,x,\n")
    with pytest.warns(ShoalWarning, match="1 of 3 rows"):
        found = read_texts(str(path), "review", "label")
    assert found.texts == ("", "12.50")
    assert found.others == ("n",)


@pytest.mark.filterwarnings("default::shoal.errors.ShoalWarning")
def test_notes_tell_of_twins_empty_cut_and_unknown_texts(fit: Fit, tmp_path: Path) -> None:
    table = write(tmp_path / "films.csv", range(40))
    test = tmp_path / "test.csv"
    test.write_text(f'review,label,nr\n"{film(3)}",pos,1\n,neg,2\n\u6771,neg,3\n"{"bad " * 90}",neg,4\n')
    outcome = fit(table, "label", tmp_path / "out", text="review", test=str(test), quality="fast", **SMALL)
    told = " ".join(outcome.evidence["data"]["warnings"])
    for said in ("1 of 4 test texts, such as", "1 of 44 texts", "hold nothing that training has"):
        assert said in told
    assert "first 8 words of a text" in told
    assert ": 1 of 44 are cut" in told
    assert json.dumps(outcome.evidence)


def test_numbers_are_predicted_by_characters(fit: Fit, tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    path.write_text("name,size\n" + "".join(f"{'xyz'[n % 3] * 3}{n},{n % 3 + n / 100}\n" for n in range(45)))
    outcome = fit(path, "size", tmp_path / "out", text="name", characters=True, quality="fast", **SMALL)
    (ours, *_) = outcome.evidence["test"]["models"]
    assert ours["metrics"]["R²"] > 0.5
    model = load_model(outcome.folder)
    assert KINDS[model.kind].predict(model, str(path), False, 0.5)["size upper"].shape == (45,)


def test_what_the_time_leaves_the_linear_view_is_asked_for_again_and_makes_the_same(
    tmp_path: Path,
) -> None:
    table = write(tmp_path / "films.csv", range(40))
    request = FitRequest(str(table), "label", text="review", time=1e-6, seed=3)
    timed = prepare_texts(request)
    decided = timed.decided(request)
    assert decided["budget"] == pytest.approx(1.6e4)
    assert any("linear view of texts tries 1 of 5" in note for note in timed.warnings)
    again = prepare_texts(dataclasses.replace(request, time=None, **decided))
    np.testing.assert_array_equal(np.asarray(timed.train.X), np.asarray(again.train.X))
    assert again.warnings == timed.warnings
    free = prepare_texts(dataclasses.replace(request, time=None, quality="fast"))
    assert not np.array_equal(np.asarray(timed.train.X), np.asarray(free.train.X))
