"""scikit-learn's callbacks hear of every epoch, see the estimator as it is by then, and can end training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.callback import AutoPropagatedCallback, FitCallback, ProgressBar, ScoringMonitor
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from shoal import CapacityStudyCV, ConvClassifier, MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
SCALED = StandardScaler().fit_transform(X)
DIABETES = (load_diabetes().data, load_diabetes().target / 50)
DIGITS = load_digits()


class Diary:
    """A callback that writes down what it hears, and ends the training after ``last`` steps."""

    def __init__(self, last: int = 1000) -> None:
        self.last, self.lines, self.steps = last, list[str](), 0
        self.given, self.fitted = list[Any](), list[Any]()

    def setup(self, estimator: Any, context: Any) -> None:
        self.lines.append("setup")

    def teardown(self, estimator: Any, context: Any) -> None:
        self.lines.append("teardown")

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.lines.append(f"begin {context.task_name}")

    def on_fit_task_end(
        self,
        estimator: Any,
        context: Any,
        *,
        X: Any = None,
        y: Any = None,
        metadata: Any = None,
        fitted_estimator: Any = None,
    ) -> bool:
        self.lines.append(f"end {context.task_name}")
        self.steps += context.task_name in ("epoch", "iteration")
        self.given.append((X, y, metadata))
        self.fitted.append(fitted_estimator)
        return self.steps == self.last


class Spreading(Diary):
    """A diary that goes from a search or a pipeline to what is fitted within."""

    max_propagation_depth = None


def classifier(**settings: Any) -> MLPClassifier:
    return MLPClassifier(**{"hidden_layer_sizes": 6, "random_state": 0, "max_iter": 5, **settings})


def test_the_diaries_are_callbacks() -> None:
    assert isinstance(Diary(), FitCallback)
    assert not isinstance(Diary(), AutoPropagatedCallback)
    assert isinstance(Spreading(), AutoPropagatedCallback)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs", "scg"])
def test_every_step_is_a_task_within_that_of_the_fit(solver: str) -> None:
    diary, weight = Diary(), np.linspace(1, 2, len(Y))
    fitted = classifier(solver=solver).set_callbacks(diary).fit(SCALED, Y, weight)
    step = "epoch" if solver in ("adam", "sgd") else "iteration"
    steps = [f"begin {step}", f"end {step}"] * 5
    assert diary.lines == ["setup", "begin fit", *steps, "end fit", "teardown"]
    for rows, target, metadata in diary.given:
        assert rows is SCALED
        assert target is Y
        assert list(metadata) == ["sample_weight"]
        assert metadata["sample_weight"] is weight
    assert not hasattr(fitted, "_callback_fit_ctx")
    silent = classifier(solver=solver).fit(SCALED, Y, weight)
    np.testing.assert_array_equal(fitted.coefs_[0], silent.coefs_[0])


@pytest.mark.parametrize(
    "way",
    [
        {},
        {"solver": "sgd", "dropout": 0.2},
        {"solver": "lbfgs"},
        {"n_starts": 3},
        {"n_starts": 3, "combine_starts": "ensemble"},
        {"early_stopping": True, "learning_rate_init": 1.0},
        {"solver": "lbfgs", "dtype": "float32"},
    ],
    ids=str,
)
def test_a_callback_sees_the_estimator_as_if_the_fit_had_ended_there(way: dict[str, Any]) -> None:
    diary = Diary()
    classifier(**way).set_callbacks(diary).fit(SCALED, Y)
    assert len(diary.fitted) == 6
    for n, seen in enumerate(diary.fitted[:-1], start=1):
        ended = classifier(**{**way, "max_iter": n}).fit(SCALED, Y)
        np.testing.assert_array_equal(seen.predict_proba(SCALED), ended.predict_proba(SCALED))
        np.testing.assert_array_equal(seen._starts, ended._starts)
        assert (seen.n_iter_, seen.loss_, seen.best_start_) == (ended.n_iter_, ended.loss_, ended.best_start_)
        for record in "loss_curve_", "validation_scores_", "t_":
            assert getattr(seen, record, None) == getattr(ended, record, None), record


def test_a_callback_sees_a_regressor_and_what_tables_become() -> None:
    diary = Diary()
    regressor = MLPRegressor(random_state=0, max_iter=3, preprocessing="table", hidden_layer_sizes=4)
    regressor.set_callbacks(diary).fit(*DIABETES)
    for seen, (rows, target, _) in zip(diary.fitted, diary.given, strict=True):
        assert np.isfinite(seen.score(rows, target))
    np.testing.assert_array_equal(diary.fitted[-1].predict(DIABETES[0]), regressor.predict(DIABETES[0]))


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "scg"])
@pytest.mark.parametrize("n_starts", [1, 2])
@pytest.mark.filterwarnings("error")
def test_a_callback_ends_the_training(solver: str, n_starts: int) -> None:
    diary = Diary(last=3)
    fitted = classifier(solver=solver, n_starts=n_starts).set_callbacks(diary).fit(SCALED, Y)
    assert fitted.n_iter_ == 3
    assert diary.steps == 3
    assert diary.lines[-2:] == ["end fit", "teardown"]
    assert np.isfinite(fitted.predict_proba(SCALED)).all()


def test_starts_of_lbfgs_before_the_end_count() -> None:
    diary = Diary(last=7)  # the second iteration of the second start
    ended = classifier(solver="lbfgs", n_starts=3).set_callbacks(diary).fit(SCALED, Y)
    whole = classifier(solver="lbfgs", n_starts=3).fit(SCALED, Y)
    assert ended.start_losses_[0] == whole.start_losses_[0]
    assert len(ended.start_losses_) == 2
    np.testing.assert_array_equal(ended.coefs_[0], classifier(solver="lbfgs").fit(SCALED, Y).coefs_[0])


def test_partial_fit_is_a_fit_of_one_epoch() -> None:
    diary = Diary()
    stream = classifier().set_callbacks(diary)
    stream.partial_fit(SCALED, Y, classes=[0, 1, 2]).partial_fit(SCALED, Y)
    once = ["setup", "begin fit", "begin epoch", "end epoch", "end fit", "teardown"]
    assert diary.lines == once * 2
    assert [len(seen.loss_curve_) for seen in diary.fitted] == [1, 1, 2, 2]


def test_a_fit_that_fails_is_torn_down() -> None:
    diary = Diary()
    regressor = MLPRegressor(solver="sgd", learning_rate_init=1e200, max_iter=4).set_callbacks(diary)
    with pytest.raises(ValueError, match="Training diverged"):
        regressor.fit(*DIABETES)
    assert diary.lines[-1] == "teardown"
    assert "end fit" not in diary.lines


def test_searches_and_pipelines_hand_callbacks_on() -> None:
    diary = Spreading()
    pipeline = make_pipeline(StandardScaler(), classifier(max_iter=3)).set_callbacks(diary)
    pipeline.fit(X, Y)
    assert diary.lines.count("end epoch") == 3
    search = GridSearchCV(classifier(max_iter=2), {"alpha": [0.1, 1]}, cv=2, n_jobs=2)
    bar, monitor = ProgressBar(max_propagation_depth=None), ScoringMonitor(scoring="accuracy")
    search.estimator.set_callbacks(monitor)
    search.set_callbacks(bar).fit(X, Y)
    log = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(log) == 10  # two candidates on two folds, and the refit: two epochs each
    assert all(0 <= row["accuracy"] <= 1 for row in log)


def test_a_progress_bar_shows_the_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    classifier().set_callbacks(ProgressBar()).fit(SCALED, Y)
    shown = capsys.readouterr().out
    assert "MLPClassifier - fit" in shown
    assert "100%" in shown


@pytest.mark.parametrize("verbose", [False, True])
def test_images_have_epochs_too(verbose: bool, capsys: pytest.CaptureFixture[str]) -> None:
    diary = Diary(last=2)
    conv = ConvClassifier(4, max_iter=4, batch_size=64, random_state=0, verbose=verbose).set_callbacks(diary)
    conv.fit(DIGITS.images[:200], DIGITS.target[:200])
    steps = ["begin epoch", "end epoch"] * 2
    assert diary.lines == ["setup", "begin fit", *steps, "end fit", "teardown"]
    assert conv.n_iter_ == 2
    assert ("Epoch 2 of at most 4" in capsys.readouterr().out) == verbose
    assert diary.fitted[0] is None
    assert diary.fitted[-1].score(DIGITS.images[:200], DIGITS.target[:200]) >= 0


def test_a_search_by_populations_has_the_tasks_of_grid_search_cv() -> None:
    grid, diaries = {"alpha": [0.1, 1.0]}, (Diary(), Diary())
    for search, diary in zip((CapacityStudyCV, GridSearchCV), diaries, strict=True):
        search(classifier(max_iter=2), grid, cv=3).set_callbacks(diary).fit(SCALED, Y)
    assert diaries[0].lines == diaries[1].lines
    assert diaries[0].lines.count("end candidate-split-evaluation") == 6


@pytest.mark.parametrize("refit", [True, False])
def test_what_spreads_from_a_search_by_populations_hears_of_the_refit(refit: bool) -> None:
    diary = Spreading()
    study = CapacityStudyCV(classifier(max_iter=4), {"alpha": [0.1, 1.0]}, cv=3, refit=refit)
    study.set_callbacks(diary, ProgressBar()).fit(SCALED, Y)
    assert study.populations_
    assert diary.lines.count("end epoch") == 4 * refit
    assert diary.lines[-2:] == ["end fit", "teardown"]


def test_callbacks_of_the_networks_hear_of_every_fit() -> None:
    diary = Diary()
    study = CapacityStudyCV(classifier(max_iter=2).set_callbacks(diary), {"alpha": [0.1, 1.0]}, cv=3)
    assert not study.fit(SCALED, Y).populations_
    assert diary.steps == 2 * 7


def test_clones_keep_callbacks() -> None:
    diary = Diary()
    clone(classifier(max_iter=1).set_callbacks(diary)).fit(SCALED, Y)
    assert "end epoch" in diary.lines
