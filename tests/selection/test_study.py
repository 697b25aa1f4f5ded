from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.errors import ConfigurationError, OutputError, UnknownNameError
from shoal.populations.trainer import sample_losses, train
from shoal.selection.running.runner import StudyProgress
from shoal.selection.study import CapacityStudy

RNG = np.random.default_rng(10)
X = RNG.uniform(size=140)
Y = np.sin(2 * np.pi * X) + 0.3 * RNG.normal(size=140)
TRAIN, VALID = (X[:20], Y[:20]), (X[20:], Y[20:])


def sinusoid(**options: Any) -> CapacityStudy:
    """The lecture's study in small: 1 to 4 hidden units, 5 starts each, scaled conjugate gradients."""
    return CapacityStudy(**({"hidden": range(1, 5), "starts": 5, "epochs": 200, "n_jobs": 1} | options))


@pytest.fixture(scope="module")
def study() -> CapacityStudy:
    return sinusoid().fit(*TRAIN, validation=VALID)


def test_the_sinusoid_is_studied_end_to_end(study: CapacityStudy) -> None:
    assert len(study.table) == 20
    assert study.table["hidden"].tolist() == [h for h in "1234" for _ in range(5)]
    assert study.table["start"].tolist() == list(range(5)) * 4
    assert not study.table["diverged"].any()
    # one tanh unit cannot follow a whole period, two can: sin 2πx needs a rise between two falls
    losses = study.table["validation_loss"].reshape(4, 5).min(axis=1)
    assert losses[0] > 1.4 * losses[1]
    assert study.choice.chosen.hidden in "234"
    # the noise alone costs ½ · 0.3² = 0.045
    assert 0.03 < study.choice.chosen.validation_loss < 0.08


def test_more_hidden_units_fit_the_training_data_better(study: CapacityStudy) -> None:
    best = study.table["train_loss"].reshape(4, 5).min(axis=1)
    assert best[0] > best[1] > best[3]


def test_the_best_network_is_the_chosen_trial(study: CapacityStudy) -> None:
    chosen = study.choice.chosen
    assert study.best.size == 1
    assert study.best.network.n_parameters == chosen.parameters
    loss = sample_losses(study.best, *VALID).mean()
    assert loss == pytest.approx(chosen.validation_loss, rel=1e-12)
    alone = train(
        study.best.network.population(
            1, candidate=chosen.candidate, first_start=chosen.start, dtype="float64"
        ),
        *TRAIN,
        solver="scg",
        epochs=200,
    )
    np.testing.assert_array_equal(alone.population.theta, study.best.theta)


def test_predictions_have_a_row_a_sample(study: CapacityStudy) -> None:
    prediction = study.predict(VALID[0])
    assert prediction.shape == (120,)
    np.testing.assert_array_equal(prediction, study.best.predict(VALID[0])[0, :, 0])
    assert 0.5 * np.mean((prediction - VALID[1]) ** 2) == pytest.approx(study.choice.chosen.validation_loss)


def test_curves_are_those_of_the_chosen_network(study: CapacityStudy) -> None:
    chosen, curves = study.choice.chosen, study.curves
    row = chosen.candidate * 5 + chosen.start
    assert len(curves.train_loss) == len(curves.validation_loss) == study.table["epochs"][row]
    assert curves.validation_loss[-1] == pytest.approx(chosen.validation_loss, rel=1e-12)
    assert curves.train_loss[0] > curves.train_loss[-1]


def test_trials_are_a_frame(study: CapacityStudy) -> None:
    frame = study.trials
    assert isinstance(frame, pl.DataFrame)
    assert frame.shape == (20, 17)
    assert frame.group_by("hidden").agg(pl.col("validation_loss").min()).height == 4


def test_cores_and_executors_do_not_change_a_bit(
    assert_same_study: Callable[[CapacityStudy, CapacityStudy], None], study: CapacityStudy
) -> None:
    assert_same_study(sinusoid(n_jobs=2).fit(*TRAIN, validation=VALID), study)
    with ThreadPoolExecutor(2) as pool:
        assert_same_study(sinusoid(executor=pool).fit(*TRAIN, validation=VALID), study)


def test_without_a_validation_set_a_share_is_held_out() -> None:
    study = sinusoid(hidden=[2], validation_share=0.25).fit(X, Y)
    [(rest, held)] = study.splits
    assert (len(rest), len(held)) == (105, 35)
    assert sample_losses(study.best, X[held], Y[held]).mean() == pytest.approx(
        study.choice.chosen.validation_loss
    )


def test_with_folds_the_candidate_is_trained_again_on_all_samples() -> None:
    told: list[StudyProgress] = []
    study = sinusoid(hidden=[1, 2], l2=[0.0, 0.1], folds=3, progress=told.append).fit(X[:60], Y[:60])
    assert study.table["fold"].tolist() == [0, 1, 2] * 20
    chosen = study.choice.chosen
    rows = (study.table["candidate"] == chosen.candidate) & (study.table["start"] == chosen.start)
    assert chosen.validation_loss == pytest.approx(study.table["validation_loss"][rows].mean())
    assert "Trained again on all 60 samples from 5 starts" in study.choice.sentence
    assert told[-1].done == told[-1].total == 65

    population = study.best.network.population(5, candidate=chosen.candidate, fold=3, dtype="float64")
    again = train(population, X[:60], Y[:60], solver="scg", epochs=200, l2=chosen.l2)
    W = again.population.theta * study.best.network.weight_mask
    J = sample_losses(again.population, X[:60], Y[:60]).mean(axis=1) + chosen.l2 / 120 * (W**2).sum(axis=1)
    np.testing.assert_array_equal(study.best.theta[0], again.population.theta[J.argmin()])


def test_an_ensemble_averages_its_members(study: CapacityStudy) -> None:
    ensemble = sinusoid(choose="ensemble").fit(*TRAIN, validation=VALID)
    assert ensemble.best.size == len(ensemble.choice.members)
    assert ensemble.choice.chosen.validation_loss <= study.choice.best.validation_loss
    prediction = ensemble.predict(VALID[0])
    np.testing.assert_allclose(prediction, ensemble.best.predict(VALID[0]).mean(axis=0)[:, 0])
    assert 0.5 * np.mean((prediction - VALID[1]) ** 2) == pytest.approx(
        ensemble.choice.chosen.validation_loss
    )


def test_an_ensemble_with_folds_has_every_fold_of_its_members() -> None:
    study = sinusoid(hidden=[2, 3], choose="ensemble", folds=3).fit(X[:60], Y[:60])
    assert study.best.size == 3 * len(study.choice.members)
    # each sample is judged by the members that did not see it
    total = 0.0
    for fold, (_, held) in enumerate(study.splits):
        prediction = study.best.predict(X[held])[fold::3, :, 0].mean(axis=0)
        total += (0.5 * (prediction - Y[held]) ** 2).sum()
    assert total / 60 == pytest.approx(study.choice.chosen.validation_loss)


def test_starts_take_the_views_of_the_inputs_in_turn() -> None:
    noise = np.random.default_rng(11).normal(size=X.size)
    rows = np.stack([X, noise], axis=1)  # the second column is noise
    study = sinusoid(hidden=[3], starts=4, views=[[0], [1]], choose="ensemble", folds=2)
    study.fit(rows, Y)
    losses = study.table["validation_loss"].reshape(4, 2).mean(axis=1)
    assert losses[[0, 2]].max() < 0.1 < losses[[1, 3]].min()
    assert set(study.table["parameters"]) == {10}  # of networks with one input
    assert {member.start for member in study.choice.members} <= {0, 2}
    first = study.best.network.views(study.best.theta)[0]["W"]
    assert first.shape[2] == 2
    assert not first[:, :, 1].any()


@pytest.mark.parametrize("view", [[], [2], [-1]])
def test_a_view_is_of_inputs_that_there_are(view: list[int]) -> None:
    with pytest.raises(ConfigurationError, match="a view is a list of input columns, 0 to 0"):
        sinusoid(views=[[0], view]).fit(X, Y)


@pytest.mark.parametrize(
    ("n_classes", "loss", "shape"), [(2, "log_loss", (90,)), (3, "cross_entropy", (90, 3))]
)
def test_classes_are_inferred_and_predicted_as_probabilities(
    n_classes: int, loss: str, shape: tuple[int, ...]
) -> None:
    labels = np.arange(90) % n_classes
    points = labels[:, None] + 0.1 * np.random.default_rng(11).normal(size=(90, 2))
    study = CapacityStudy([0, 2], 3, n_jobs=1, epochs=50).fit(points, labels)
    assert study.best.network.criterion.name == loss
    probabilities = study.predict(points)
    assert probabilities.shape == shape
    hit = (probabilities > 0.5) == labels if n_classes == 2 else probabilities.argmax(axis=1) == labels
    assert hit.mean() > 0.9


def test_diverged_networks_are_kept_in_the_table_and_never_chosen() -> None:
    options = {
        "solver": "gradient_descent",
        "epochs": 60,
        "hidden": [1, 30],
        "activation": "relu",
        "starts": 8,
    }
    study = sinusoid(learning_rate=3.0, **options).fit(*TRAIN, validation=VALID)
    diverged = study.table["diverged"]
    assert 0 < diverged.sum() < 16
    assert np.isnan(study.table["validation_loss"][diverged]).all()
    assert sum(spread.diverged for spread in study.choice.spread) == diverged.sum()
    row = 8 * study.choice.chosen.candidate + study.choice.chosen.start
    assert not diverged[row]

    hopeless = sinusoid(learning_rate=1e9, **options)
    with pytest.raises(ConfigurationError, match=r"all 16 networks diverged.*learning_rate"):
        hopeless.fit(*TRAIN, validation=VALID)
    assert len(hopeless.table) == 16  # still there to look at


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"hidden": [-1]}, ConfigurationError, "hidden sizes"),
        ({"starts": 0}, ConfigurationError, "starts must be a whole number ≥ 1"),
        ({"memory": 0}, ConfigurationError, "memory must be a whole number ≥ 1"),
        ({"epochs": 0}, ConfigurationError, "epochs must be"),
        ({"seed": -1}, ConfigurationError, "seed must be"),
        ({"n_jobs": 0}, ConfigurationError, "n_jobs must be"),
        ({"solver": "adamm"}, UnknownNameError, "did you mean 'adam'"),
        ({"activation": "tahn"}, UnknownNameError, "did you mean 'tanh'"),
        ({"initializer": "hee"}, UnknownNameError, "did you mean 'he'"),
        ({"choose": "one_se"}, UnknownNameError, "did you mean 'one-se'"),
    ],
)
def test_impossible_settings_are_refused_before_any_work(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        CapacityStudy(**options)


def test_results_before_a_fit_are_an_error_that_says_so() -> None:
    for name in ("table", "trials", "choice", "best", "curves", "splits"):
        with pytest.raises(ConfigurationError, match="call fit"):
            getattr(sinusoid(), name)


# — keeping, resuming, killing —


def test_a_finished_study_is_resumed_without_training_anything(
    assert_same_study: Callable[[CapacityStudy, CapacityStudy], None],
    tmp_path: Path,
    study: CapacityStudy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = sinusoid(store=tmp_path).fit(*TRAIN, validation=VALID)
    assert_same_study(first, study)

    told: list[StudyProgress] = []
    monkeypatch.setattr(
        "shoal.selection.running.dispatch.run_cohort", lambda *_: pytest.fail("was trained again")
    )
    again = sinusoid(store=tmp_path, progress=told.append).fit(*TRAIN, validation=VALID, resume=True)
    assert_same_study(again, study)
    assert again.table.to_dict() == first.table.to_dict()
    assert [(p.done, p.total) for p in told] == [(20, 20)]

    with pytest.raises(OutputError, match="resume it"):
        sinusoid(store=tmp_path).fit(*TRAIN, validation=VALID)


def test_another_rule_may_choose_from_the_same_trials(
    assert_same_study: Callable[[CapacityStudy, CapacityStudy], None], tmp_path: Path
) -> None:
    options: dict[str, Any] = {"hidden": [1, 2], "starts": 2, "folds": 2, "store": tmp_path}
    for rule in ("one-se", "best", "ensemble"):
        kept = sinusoid(choose=rule, **options).fit(X[:60], Y[:60], resume=True)
        assert_same_study(kept, sinusoid(choose=rule, **(options | {"store": None})).fit(X[:60], Y[:60]))


def test_a_study_with_other_data_or_settings_is_not_resumed(tmp_path: Path) -> None:
    sinusoid(store=tmp_path).fit(*TRAIN, validation=VALID)
    with pytest.raises(ConfigurationError, match="epochs was 200, now 100;"):
        sinusoid(store=tmp_path, epochs=100).fit(*TRAIN, validation=VALID, resume=True)
    with pytest.raises(ConfigurationError, match=r"y \(sha256\) was"):
        sinusoid(store=tmp_path).fit(TRAIN[0], TRAIN[1] + 1e-12, validation=VALID, resume=True)
    with pytest.raises(ConfigurationError, match="needs a store"):
        sinusoid().fit(*TRAIN, validation=VALID, resume=True)


def test_an_interrupted_study_keeps_what_was_done(
    assert_same_study: Callable[[CapacityStudy, CapacityStudy], None], tmp_path: Path, study: CapacityStudy
) -> None:
    def interrupt(progress: StudyProgress) -> None:
        if progress.done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"stopped after 10 networks; .* fit with resume=True"):
        sinusoid(store=tmp_path, progress=interrupt).fit(*TRAIN, validation=VALID)
    told: list[StudyProgress] = []
    resumed = sinusoid(store=tmp_path, progress=told.append).fit(*TRAIN, validation=VALID, resume=True)
    assert told[0].done == 10
    assert_same_study(resumed, study)


def interrupt_after(networks: int) -> Callable[[StudyProgress], None]:
    left = [networks]

    def interrupt(progress: StudyProgress) -> None:
        if [progress.done] == left:
            left.clear()  # once; what is trained again counts from 0
            raise KeyboardInterrupt

    return interrupt


@pytest.mark.parametrize("rule", ["best", "one-se", "ensemble"])
def test_ctrl_c_may_end_a_study_with_the_best_so_far(rule: str, tmp_path: Path) -> None:
    options = {"hidden": [1, 2], "starts": 3, "folds": 2, "choose": rule, "memory": 1}  # one network a cohort
    ended = sinusoid(anytime=True, progress=interrupt_after(7), store=tmp_path, **options).fit(X[:60], Y[:60])
    assert len(ended.table) == 7
    assert "Ended early, by Ctrl-C: 7 of 12 networks were trained." in ended.choice.sentence
    both = {(c, s) for c, s in zip(ended.table["candidate"], ended.table["start"], strict=True)}
    assert {(0, 0), (1, 0)} <= both  # every candidate had a start before any had two
    assert {(member.candidate, member.start) for member in ended.choice.members} <= {(0, 0), (1, 0), (1, 1)}
    assert np.isfinite(ended.predict(X)).all()
    resumed = sinusoid(store=tmp_path, **options).fit(X[:60], Y[:60], resume=True)
    whole = sinusoid(**options).fit(X[:60], Y[:60])
    assert resumed.choice == whole.choice
    np.testing.assert_array_equal(resumed.best.theta, whole.best.theta)


def test_a_study_without_a_network_has_no_best_so_far() -> None:
    study = sinusoid(anytime=True, progress=interrupt_after(0), folds=2, memory=1)
    with pytest.raises(KeyboardInterrupt, match="stopped after 0 networks"):
        study.fit(X[:60], Y[:60])


@pytest.mark.parametrize("rule", ["best", "ensemble"])
def test_one_fold_will_do_where_there_is_no_time_for_more(rule: str) -> None:
    options = {"hidden": [1, 2], "starts": 3, "folds": 3, "choose": rule, "memory": 1}
    ended = sinusoid(anytime=True, progress=interrupt_after(1), **options).fit(X[:60], Y[:60])
    assert len(ended.table) == 1
    assert ended.choice.sentence.count("None of them on more than 1 of 3 folds.") == 1
    [(_, held)] = ended.splits
    assert held.size == 20
    assert ended.held.shape == (20, 1)
    assert np.isfinite(ended.predict(X)).all()
    two = sinusoid(anytime=True, progress=interrupt_after(5), **options).fit(X[:60], Y[:60])
    assert [split[1].size for split in two.splits] == [20] * 3  # one candidate has all its folds


def test_a_study_with_a_deadline_begins_with_small_cohorts() -> None:
    """The first start of all, on every fold, then another, then two, four, …"""
    options = {"hidden": [1], "starts": 9, "folds": 2, "n_jobs": 1, "choose": "ensemble"}
    done: list[int] = []
    sinusoid(seconds=600.0, progress=lambda p: done.append(p.done), **options).fit(X[:60], Y[:60])
    assert done == [0, 1, 2, 3, 4, 6, 8, 12, 16, 17, 18]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_study_ends_when_its_time_is_up(n_jobs: int) -> None:
    study = sinusoid(seconds=2.0, starts=10**4, epochs=2000, n_jobs=n_jobs, choose="best", memory=2**16)
    study.fit(*TRAIN, validation=VALID)
    assert "Ended early, by time: " in study.choice.sentence
    assert len(study.table) < 4 * 10**4


def test_no_cohort_begins_after_the_deadline(slow_clock: None) -> None:
    """On a clock that goes on by a second when it is looked at: at the start, and after every cohort."""
    study = sinusoid(hidden=[1], seconds=3.0, starts=8, n_jobs=1, choose="best", memory=1)
    study.fit(*TRAIN, validation=VALID)
    assert len(study.table) == 3
    assert study.table["start"].tolist() == [0, 1, 2]


def test_after_the_deadline_one_start_is_trained_again(slow_clock: None) -> None:
    """Of the two that have all folds; on a clock that goes on by a second when it is looked at."""
    options = {"hidden": [1], "starts": 8, "folds": 2, "n_jobs": 1, "choose": "best", "memory": 1}
    told: list[int] = []
    study = sinusoid(seconds=4.0, progress=lambda p: told.append(p.done), **options).fit(X[:60], Y[:60])
    assert told == [0, 1, 2, 3, 4, 0, 1]
    assert study.choice.sentence.endswith(" Trained again on all 60 samples.")
    assert study.ended_by == "time"
    assert study.best.size == 1


@pytest.mark.parametrize("seconds", [0, -1.0, True, "1"])
def test_seconds_are_a_positive_number(seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match="seconds must be a positive number or None"):
        sinusoid(seconds=seconds)


def test_watched_losses_are_kept_and_the_chosen_network_is_not_trained_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shoal.selection.store.networks.trace", lambda task: pytest.fail("was trained again"))
    for store in (None, tmp_path):
        watched = sinusoid(patience=200, choose="best", store=store).fit(*TRAIN, validation=VALID)
        curves, chosen = watched.curves, watched.choice.chosen
        assert curves.validation_loss.min() == pytest.approx(chosen.validation_loss)
        assert curves.best_epoch == curves.validation_loss.argmin() + 1
        assert len(curves.train_loss) == len(curves.validation_loss) <= 200


def test_the_rows_held_out_of_two_classes_have_both_probabilities() -> None:
    study = CapacityStudy(hidden=[2], starts=2, folds=2, n_jobs=1, epochs=20, choose="ensemble")
    held = study.fit(X[:60], (Y[:60] > 0).astype(int)).held
    assert held.shape == (60, 2)
    np.testing.assert_allclose(held.sum(axis=1), 1)
