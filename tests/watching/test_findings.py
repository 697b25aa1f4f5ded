"""What there is to keep of a training, a study or a folder: numbers that are some, by names that all take."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal import CapacityStudy
from shoal.errors import ConfigurationError
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.trainer import TrainingResult
from shoal.training.history import History
from shoal.watching import findings
from shoal.watching.findings import found

NAN, INF = np.nan, np.inf


def result(*losses: list[float]) -> TrainingResult:
    """Return a training of members with such losses, each until it is NaN."""
    history = History.empty(len(losses), len(losses[0]), False, np.zeros(len(losses)))
    history.loss[:] = losses
    history.epochs[:] = (~np.isnan(history.loss)).sum(axis=1)
    return TrainingResult(Network(3, [Dense(2)]).population(len(losses), seed=0), history)


def test_a_training_is_told_epoch_by_epoch_until_the_last_member_ends() -> None:
    told = found(result([4.0, NAN, NAN], [2.0, 1.0, NAN]))
    assert told.settings == {"members": 2, "parameters": 8}
    assert [epoch["training_loss/lowest"] for epoch in told.course] == [2, 1]
    assert [epoch["training_loss/median"] for epoch in told.course] == [3, 2.5]  # the last loss of the first
    assert told.results == told.course[-1]
    assert (told.folder, told.words, told.pictures, told.candidates) == (None, "", {}, ())


def test_a_training_that_has_not_begun_has_no_results() -> None:
    told = found(result([NAN]))
    assert (told.results, told.course) == ({}, [])


def test_a_study_is_found_in_an_estimator_and_its_losses_have_an_epoch_each(
    study: CapacityStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    curves = SimpleNamespace(train_loss=np.array([3.0, 2.0, NAN]), validation_loss=np.array([5.0, INF]))
    monkeypatch.setattr(CapacityStudy, "curves", curves)
    monkeypatch.setattr(findings, "drawn", lambda study: {"a": b"png"})
    told = found(SimpleNamespace(study_=study))
    assert told.course == [{"training_loss": 3, "validation_loss": 5}, {"training_loss": 2}, {}]
    chosen = study.choice.chosen
    assert told.results == {"validation_loss": chosen.validation_loss}
    assert (told.settings["hidden"], told.settings["l2"]) == (chosen.hidden, chosen.l2)
    assert told.settings["starts"] == 2
    assert (told.words, told.pictures) == (study.choice.sentence, {"a": b"png"})
    losses = [numbers["validation_loss"] for _, numbers in told.candidates]
    assert losses == sorted(losses)


@pytest.mark.parametrize("what", [None, 3, [], object()])
def test_anything_else_is_refused_by_its_type(what: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        found(what)
    assert str(refused.value) == (
        "what shoal.train returns, a fitted study or the folder of a model is written, got "
        f"{type(what).__name__}"
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that lets a folder have such evidence, and returns what is found in it."""
    monkeypatch.setattr(findings, "load_evidence", lambda path: json.loads(path.read_text()))
    monkeypatch.setattr(findings, "pictures", lambda evidence: {})
    monkeypatch.setattr(findings, "card", lambda evidence: "a card")

    def look(choice: Any, test: Any, asked: Any = None, model: bool = False) -> findings.Findings:
        evidence = {"asked": asked or {}, "choice": choice, "test": test}
        (tmp_path / "evidence.json").write_text(json.dumps(evidence))
        if model:
            (tmp_path / "model.json").touch()
        return found(str(tmp_path))

    return look


def test_of_a_folder_the_scores_of_the_first_model_are_told_by_plain_names(folder: Any) -> None:
    choice = {"hidden": "8", "l2": 0.5, "validation_loss": 0.25}
    models = [{"metrics": {"R²": 0.9, "log loss": 0.5, "MAE": None}}, {"metrics": {"R²": 0.1}}]
    told = folder(choice, {"models": models})
    assert told.results == {"validation_loss": 0.25, "test/R2": 0.9, "test/log_loss": 0.5}
    assert told.settings == {"hidden": "8", "l2": 0.5}
    assert told.words == "a card"


def test_settings_are_numbers_and_words_alone(folder: Any) -> None:
    asked = {"seed": 3, "strict": True, "task": "classes", "size": {"starts": 2}, "drop": ["a"], "time": None}
    assert folder({}, None, asked).settings == {"seed": 3, "strict": True, "task": "classes"}


def test_a_forecast_has_no_size_and_a_job_without_a_test_no_scores(folder: Any) -> None:
    told = folder({"winner": "linear"}, None)
    assert (told.settings, told.results) == ({}, {})


def test_the_model_is_kept_where_it_is_whole(folder: Any, tmp_path: Path) -> None:
    assert folder({}, None).folder is None
    assert folder({}, None, model=True).folder == tmp_path
