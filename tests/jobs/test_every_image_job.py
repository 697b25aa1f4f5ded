"""Jobs on images: the same honesty, resuming and folders as for tables."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.cli.terminal import TerminalListener
from shoal.data.images.source import read_images
from shoal.errors import ConfigurationError, ModelFolderError, ShoalWarning
from shoal.jobs.images import prepare as images
from shoal.jobs.images.model import ImageModel
from shoal.jobs.job import FinishedJob
from shoal.jobs.predict import predict_data
from shoal.jobs.report import rebuild_report
from shoal.jobs.saved.folder import load_model, load_table_model
from shoal.words import as_argument, spoken

Fit = Callable[..., FinishedJob]
Write = Callable[..., Path]


def scores(outcome: FinishedJob) -> dict[str, float]:
    (model,) = [m for m in outcome.evidence["test"]["models"] if m["name"] == "shoal"]
    metrics: dict[str, float] = model["metrics"]
    return metrics


def test_it_learns_and_tells_what_it_did(fitted_images: FinishedJob) -> None:
    evidence = fitted_images.evidence
    assert scores(fitted_images)["error"] < 0.1
    assert evidence["title"] == "class from images.npz"
    assert evidence["asked"]["architecture"] == "convolutional"
    assert (evidence["asked"]["activation"], evidence["asked"]["learning_rate"]) == ("mish", 0.005)
    assert evidence["asked"]["hidden"] == ["2", "3x4"]
    assert evidence["data"]["noun"] == "image"
    assert evidence["data"]["split"] == {"train": 154, "validation": 38, "test": 48}
    assert evidence["importances"] == []
    assert "filters (l2 1, start" in evidence["choice"]["sentence"]


def test_the_test_score_is_that_of_the_predictions(fitted_images: FinishedJob, tmp_path: Path) -> None:
    source = fitted_images.folder.parent / "images.npz"
    assert predict_data(fitted_images.folder, str(source), tmp_path / "p.csv") == 240
    with (tmp_path / "p.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "class", "P(class=0)", "P(class=1)", "P(class=2)"]
    labels = read_images(source).train.labels
    assert labels is not None
    wrong = {row["image"] for row, label in zip(rows, labels, strict=True) if row["class"] != label}
    confusion = np.array(fitted_images.evidence["test"]["confusion"]["counts"])
    assert len(wrong) >= confusion.sum() - np.trace(confusion)
    total = [sum(float(row[f"P(class={k})"]) for k in range(3)) for row in rows]
    np.testing.assert_allclose(total, 1, rtol=1e-5)


def test_the_sources_own_test_part_is_the_test(fit: Fit, write_images: Write, tmp_path: Path) -> None:
    """The scores are those of the test part, however the images to train on are divided."""
    source = write_images(tmp_path / "a.npz", {"_train": 60, "_test": 21})
    outcome = fit(source, None, tmp_path / "out", hidden=((2,),), epochs=3)
    images = read_images(source).test
    assert images is not None
    assert images.labels is not None
    assert outcome.evidence["asked"]["test_share"] is None
    given = outcome.model.predict(images)
    codes = np.array([int(label) for label in images.labels])
    likelihood = [given[f"P(class={code})"][row] for row, code in enumerate(codes)]
    assert outcome.evidence["test"]["rows"] == 21
    assert scores(outcome)["log loss"] == pytest.approx(-np.log(likelihood).mean(), rel=1e-5)


def test_a_resumed_job_ends_as_if_nothing_had_happened(
    fit: Fit, write_images: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_images(tmp_path / "a.npz")
    whole = fit(source, None, tmp_path / "whole", validation_share=0.2)

    def interrupted(_: object, progress: Any) -> None:
        if progress.done:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TerminalListener, "progress", interrupted)
        early = fit(source, None, tmp_path / "out", validation_share=0.2)
    assert "Ended early, by Ctrl-C: " in early.evidence["choice"]["sentence"]
    assert len(early.evidence["trials"]["hidden"]) < len(whole.evidence["trials"]["hidden"])
    with pytest.raises(ConfigurationError, match="--image-size was left out, now"):
        fit(source, None, tmp_path / "out", validation_share=0.2, image_size=(3, 3), resume=True)
    monkeypatch.setattr(images, "choose_deformations", None)  # for the clock may say otherwise by then
    resumed = fit(source, None, tmp_path / "out", validation_share=0.2, resume=True)
    assert whole.evidence["asked"]["decided"][0] in resumed.evidence["asked"]["planned"]
    np.testing.assert_array_equal(resumed.model.population.theta, whole.model.population.theta)
    assert scores(resumed) == scores(whole)


def test_the_report_says_which_deformation_was_chosen_and_why(fitted_images: FinishedJob) -> None:
    asked = fitted_images.evidence["asked"]
    chosen, (sentence,) = asked["augmentation"], asked["decided"]
    assert chosen["translate"] == 5 / 16
    name = {0.0: "moved", 10.0: "moved and turned"}[chosen["rotate"]] + ", mirrored" * chosen["mirror"]
    assert sentence.startswith(f"Images are trained on {name}")
    assert "Loss of short trainings on 38 images held out: as they are " in sentence
    assert sentence in fitted_images.report.read_text()
    assert "--augment translate=0.3125,scale=0.1" in asked["again"]


def test_images_are_deformed_as_asked_and_the_evidence_tells(
    fit: Fit, write_images: Write, tmp_path: Path
) -> None:
    """A deformation that does nothing trains as none does; every other trains other networks."""
    source = write_images(tmp_path / "a.npz")
    fits = {
        asked: fit(source, None, tmp_path / asked, epochs=2, augment=asked)
        for asked in ("none", "rotate=0", "mild")
    }
    theta = {asked: outcome.model.population.theta for asked, outcome in fits.items()}
    np.testing.assert_allclose(theta["rotate=0"], theta["none"], rtol=1e-4, atol=1e-6)
    assert np.abs(theta["mild"] - theta["none"]).max() > 1e-3
    told = {asked: outcome.evidence["asked"]["augmentation"] for asked, outcome in fits.items()}
    assert told["none"] is None
    assert (told["mild"]["translate"], told["mild"]["rotate"]) == (0.25, 5)
    assert "moved by up to 0.25 pixels" in fits["mild"].report.read_text()
    with pytest.raises(ConfigurationError, match="--augment was mild, now none"):
        fit(source, None, tmp_path / "mild", epochs=2, augment="none", resume=True)


def test_the_folder_says_what_the_images_are(fitted_images: FinishedJob) -> None:
    saved = json.loads((fitted_images.folder / "preprocessing.json").read_text())
    assert (saved["kind"], saved["size"], saved["channels"]) == ("images", [6, 5], 1)
    loaded = load_model(fitted_images.folder)
    assert isinstance(loaded, ImageModel)
    images = read_images(fitted_images.folder.parent / "images.npz").train
    for name, values in fitted_images.model.predict(images).items():
        np.testing.assert_array_equal(loaded.predict(images)[name], values)
    with pytest.raises(ConfigurationError, match="holds a model of images, expected one of a table"):
        load_table_model(fitted_images.folder)


def test_a_network_for_images_of_another_size(fitted_images: FinishedJob, tmp_path: Path) -> None:
    from shoal.jobs.saved.studies import save_model

    model = fitted_images.model
    other = type(model.preprocessor)((5, 6), model.preprocessor.mean, model.preprocessor.deviation)
    save_model(ImageModel(other, model.target, model.population), tmp_path)
    with pytest.raises(ModelFolderError, match=r"a network of \(\(1, 6, 5\), .* its data need \(\(1, 5, 6\)"):
        load_model(tmp_path)


def test_images_to_predict_for_get_the_models_size(fitted_images: FinishedJob, tmp_path: Path) -> None:
    np.savez(tmp_path / "large.npz", X=np.zeros((2, 12, 10), np.uint8))
    with pytest.warns(ShoalWarning, match="are resized to 6×5"):
        assert predict_data(fitted_images.folder, str(tmp_path / "large.npz"), tmp_path / "p.csv") == 2


@pytest.mark.usefixtures("with_figures")
def test_the_report_is_made_again_from_the_evidence_alone(fitted_images: FinishedJob, tmp_path: Path) -> None:
    (tmp_path / "evidence.json").write_bytes((fitted_images.folder / "evidence.json").read_bytes())
    with spoken(as_argument):  # as the fixture did, which is made before messages name options
        rebuilt = rebuild_report(tmp_path)
    assert rebuilt.read_text() == (fitted_images.folder / "report.html").read_text()
