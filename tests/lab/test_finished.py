from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.cli.lab import _exhibit
from shoal.errors import ConfigurationError, ModelFolderError, ShoalError
from shoal.jobs.saved.folder import load_model
from shoal.lab import commands as c
from shoal.lab.columns import columns_of, labels_of
from shoal.lab.finished import ABSENT, FinishedStudy
from shoal.lab.frames import BlockKind, read
from shoal.selection.store.trial_store import TrialStore
from shoal.selection.trials import Trials


def scores(study: FinishedStudy) -> np.ndarray[Any, Any]:
    return next(block.values for block in read(study.frame()) if block.kind is BlockKind.SCORES)


def test_every_trial_of_the_store_is_in_the_picture(by_folds: Path) -> None:
    study = FinishedStudy(by_folds)
    with sqlite3.connect(by_folds / "study" / "trials.sqlite") as database:
        rows = database.execute(
            "SELECT avg(train_loss), avg(validation_loss), count(*) FROM trials GROUP BY candidate, start"
        ).fetchall()
    database.close()
    assert [row[2] for row in rows] == [3] * 6
    np.testing.assert_allclose(scores(study)[:2].T, [row[:2] for row in rows], rtol=1e-6)
    told = study.state()["study"]
    assert (told["columns"], told["starts"], told["networks"], told["folds"]) == (["1", "2"], 3, 18, 3)


def test_the_choice_is_that_of_the_evidence_and_its_networks_are_those_of_the_model(by_folds: Path) -> None:
    study, evidence = FinishedStudy(by_folds), json.loads((by_folds / "evidence.json").read_text())
    told, choice = study.state()["study"], evidence["choice"]
    assert told["sentence"] == choice["sentence"]
    asked = {(one["hidden"], one["start"]) for one in choice["members"]}
    assert {(told["columns"][k // 3], k % 3) for k in told["members"]} == asked
    assert told["picked"] == told["chosen"] in told["members"]
    model = load_model(by_folds)
    for network in told["members"]:
        study.do(c.Pick(network=network))
        theta = next(block.values for block in read(study.frame()) if block.kind is BlockKind.THETA)
        place = study.members[network][0]
        np.testing.assert_allclose(theta[0], model.population.theta[place], rtol=1e-6)


@pytest.mark.parametrize("job", ["by_folds", "of_classes"])
def test_the_winner_is_inspected_on_the_rows_of_its_table(job: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(job)
    study, model = FinishedStudy(folder), load_model(folder)
    place = study.members[study.picked][0]
    outputs = model.population.network.n_outputs
    for layer, unit, given in ((1, 0, 0), (1, 0, None), (2, outputs - 1, 0), (2, outputs - 1, None)):
        study.do(c.Inspect(row=7, layer=layer, unit=unit, input=given))
        told = study.state()["inspected"]
        assert told["error"] < 1e-6
        row = np.ones(1)
        for factor in told["factors"]:
            values = np.array(factor["values"])
            mixes = "W" in factor["formula"] or "[k = j]" in factor["formula"]
            row = row @ values.reshape(len(row), -1) if mixes else row * values
            np.testing.assert_allclose(row, factor["so_far"], rtol=1e-10)
        assert row.tolist() == pytest.approx([told["value"]], rel=1e-10)
    alone = model.population.members(place)
    expected = alone.predict(np.array([told["x"]])).ravel()
    assert told["layers"][-1]["a"] == pytest.approx(expected.tolist(), rel=1e-5)
    study.do(c.CloseInspector())
    assert study.state()["inspected"] is None


def test_the_test_is_sealed_until_it_is_opened(of_classes: Path) -> None:
    study, evidence = FinishedStudy(of_classes), json.loads((of_classes / "evidence.json").read_text())
    assert study.state()["study"]["test"] == {"rows": evidence["test"]["rows"], "opened": False}
    study.do(c.OpenTest())
    assert study.state()["study"]["test"]["models"] == evidence["test"]["models"]


def test_a_column_is_a_candidate_by_size_and_strength(of_classes: Path) -> None:
    told = FinishedStudy(of_classes).state()["study"]
    assert told["columns"] == ["1, λ 0.1", "1, λ 1", "2, λ 0.1", "2, λ 1"]
    assert (told["networks"], told["folds"]) == (4 * 3 * 5 + 3, 5)  # three of them fitted to all rows
    assert told["words"][0].startswith("3 starts of size ")


def test_networks_that_were_not_chosen_show_their_course_and_are_not_inspected(of_classes: Path) -> None:
    study = FinishedStudy(of_classes)
    other = next(k for k in range(12) if k not in study.members)
    study.do(c.Pick(network=other))
    before = study.state()
    assert not before["study"]["inspectable"]
    blocks = {block.kind: block.values for block in read(study.frame())}
    assert blocks[BlockKind.THETA].shape[1] == before["study"]["parameters"]
    with pytest.raises(ConfigurationError, match="chosen networks alone"):
        study.do(c.Inspect())
    assert study.state() == before


@pytest.mark.parametrize(
    "asked", [c.Start(), c.Step(), c.Build(seed=1), c.Turn(l2=1.0), c.Pick(network=99), c.Pick(network=-1)]
)
def test_what_a_finished_study_cannot_do_is_refused(by_folds: Path, asked: c.Command) -> None:
    study = FinishedStudy(by_folds)
    before = study.state(), study.frame()
    with pytest.raises(ConfigurationError):
        study.do(asked)
    assert (study.state(), study.frame()) == before
    assert not study.playing


def test_a_start_that_there_is_not_has_no_place() -> None:
    row = dict.fromkeys(("log_evidence", "gamma", "strength")) | {
        "hidden": "4", "l2": 0.0, "fold": 0, "parameters": 5, "train_loss": 1.0, "validation_loss": 1.0,
        "validation_se": 0.0, "epochs": 1, "best_epoch": 1, "stopped": "epochs", "diverged": False,
        "seconds": 0.0,
    }  # fmt: skip
    trials = Trials.from_rows([row | {"candidate": k, "start": s} for k, s in ((0, 0), (0, 2), (1, 1))])
    columns = columns_of(trials, [0])
    assert [[start for start, _ in column.starts] for column in columns] == [[0, 2], [1]]
    assert labels_of(columns) == ["4", "4 (2)"]


def test_columns_with_fewer_starts_are_filled_up(by_folds: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(by_folds, tmp_path / "job")
    with sqlite3.connect(folder / "study" / "trials.sqlite") as database:
        indices = [
            row[0] for row in database.execute("SELECT DISTINCT cohort FROM trials WHERE candidate = 1")
        ]
        kept = [row[0] for row in database.execute("SELECT DISTINCT cohort FROM trials WHERE candidate = 0")]
        gone = next(index for index in indices if index not in kept)
        for table in ("trials", "cohorts"):
            database.execute(f"DELETE FROM {table} WHERE cohort = ?", (gone,))  # noqa: S608
    database.close()
    study = FinishedStudy(folder)
    assert len(study.study.trials) < 18
    absent = scores(study)[1] == ABSENT
    assert absent.sum() == sum(study.starts - len(column.starts) for column in study.columns)
    for network in np.flatnonzero(absent):
        with pytest.raises(ConfigurationError, match="there is no network"):
            study.do(c.Pick(network=int(network)))


def test_nothing_is_written_and_no_lock_is_taken(by_folds: Path) -> None:
    def listing() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(by_folds.rglob("*")) if path.is_file()}

    before = listing()
    study = FinishedStudy(by_folds)
    study.frame()
    TrialStore(by_folds / "study").close()  # which needs the lock
    assert listing() == before


def test_a_study_that_is_being_written_is_refused(by_folds: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(by_folds, tmp_path / "job")
    store = TrialStore(folder / "study")
    try:
        with pytest.raises(
            ShoalError, match="is being written by another process; open it when that has ended"
        ):
            FinishedStudy(folder)
    finally:
        store.close()
    FinishedStudy(folder)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda job: shutil.rmtree(job), "is no folder that shoal fit wrote: it has no plan.json"),
        (lambda job: (job / "model.json").unlink(), "is not finished: it has no model.json"),
        (lambda job: (job / "evidence.json").write_text("{}"), "evidence.json has format None"),
        (lambda job: (job / "weights.safetensors").write_bytes(b"x"), "is truncated or was altered"),
        (lambda job: shutil.rmtree(job / "study"), "study holds no trials: it has no trials.sqlite"),
        (lambda job: (job / "study" / "trials.sqlite").write_bytes(b"no database" * 99), "is damaged"),
        (lambda job: [path.unlink() for path in (job / "study" / "cohorts").iterdir()], "missing or altered"),
    ],
)
def test_a_folder_that_is_none_or_was_damaged_is_refused_in_a_sentence(
    by_folds: Path, tmp_path: Path, change: Any, sentence: str
) -> None:
    folder = shutil.copytree(by_folds, tmp_path / "job")
    change(folder)
    with pytest.raises(ShoalError, match=sentence) as refused:
        FinishedStudy(folder)
    assert "\n" not in str(refused.value)


def test_evidence_of_folds_that_no_trial_has_is_refused_in_a_sentence(by_folds: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(by_folds, tmp_path / "job")
    evidence = json.loads((folder / "evidence.json").read_text())
    evidence["trials"]["fold"] = [fold + 90 for fold in evidence["trials"]["fold"]]
    (folder / "evidence.json").write_text(json.dumps(evidence))
    with pytest.raises(ModelFolderError, match="is of another study than its trials; fit again"):
        FinishedStudy(folder)


def test_the_command_opens_folders_and_takes_no_target_with_them(by_folds: Path) -> None:
    assert isinstance(_exhibit(str(by_folds), None, None), FinishedStudy)
    for target, lesson in (("y", None), (None, "capacity")):
        with pytest.raises(ConfigurationError, match="leave out --target and --lesson"):
            _exhibit(str(by_folds), target, lesson)
