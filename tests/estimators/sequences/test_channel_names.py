"""Channels that have names go by them, wherever a frame has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from shoal import Forecaster, SequenceClassifier, SequenceTagger
from shoal.errors import DataError, ShoalWarning
from shoal.estimators.sequences.channel_names import names_of, ordered

NAMES = ("a", "b")
OTHER_ORDER = "stand in another order than those fitted; they go by their names"
rng = np.random.default_rng(0)
SERIES = {
    f"s{k}": np.stack([np.sin((0.2 + 0.4 * (k % 2)) * np.arange(12)), rng.normal(size=12)], 1)
    for k in range(8)
}
PANEL = pd.concat(
    {key: pd.DataFrame(x, columns=list(NAMES)) for key, x in SERIES.items()}, names=["who", "t"]
)
NESTED = pd.DataFrame(
    {name: [pd.Series(x[:, k]) for x in SERIES.values()] for k, name in enumerate(NAMES)}, index=list(SERIES)
)
LABELS = np.arange(8) % 2


def test_names_are_texts_each_another() -> None:
    frame = pd.DataFrame([[1, 2]])
    assert names_of(frame) is None
    assert names_of(frame.set_axis(["a", "a"], axis=1)) is None
    assert names_of(frame.set_axis(["a", "b"], axis=1)) == NAMES
    assert names_of([[1, 2]]) is None
    assert ordered(frame, NAMES, "X") is frame
    wider = pd.DataFrame([[1, 2, 3]], columns=list("bac"))
    assert ordered(wider, NAMES, "X") is wider  # of which others say that there are too many


@pytest.mark.parametrize("frame", [PANEL, NESTED], ids=["panel", "nested"])
def test_series_of_a_frame_go_by_the_names_of_its_columns(frame: pd.DataFrame) -> None:
    few: dict[str, Any] = {
        "views": ["random"],
        "n_features": 336,
        "n_draws": 1,
        "random_state": 0,
        "n_jobs": 1,
    }
    classifier = SequenceClassifier(**few).fit(frame, LABELS)
    expected = classifier.predict_proba(list(SERIES.values()))
    np.testing.assert_array_equal(classifier.predict_proba(frame), expected)
    with pytest.warns(ShoalWarning, match=f"the columns of X {OTHER_ORDER}"):
        turned = classifier.predict_proba(frame[["b", "a"]])
    np.testing.assert_array_equal(turned, expected)
    with pytest.raises(DataError, match="X has the columns 'a', 'c', expected 'a', 'b'; give those fitted"):
        classifier.predict(frame.rename(columns={"b": "c"}))


def test_labels_that_name_the_series_of_a_panel_in_another_order_are_refused() -> None:
    few: dict[str, Any] = {
        "views": ["random"],
        "n_features": 336,
        "n_draws": 1,
        "random_state": 0,
        "n_jobs": 1,
    }
    labels = pd.Series(LABELS, index=list(SERIES))
    classifier = SequenceClassifier(**few).fit(PANEL, labels)
    with pytest.raises(DataError, match=r"y has the series of X in another order; give y\.loc"):
        classifier.fit(PANEL, labels[::-1])
    again = SequenceClassifier(**few).fit(PANEL, labels.reset_index(drop=True))  # which names none of them
    np.testing.assert_array_equal(again.predict_proba(PANEL), classifier.predict_proba(PANEL))


def test_a_tagger_goes_by_the_names_of_columns() -> None:
    labels = pd.Series((PANEL["a"] > 0).to_numpy(), index=PANEL.index)
    tagger = SequenceTagger(n_starts=1, budget=1e6, random_state=0, n_jobs=1).fit(PANEL, labels)
    with pytest.warns(ShoalWarning, match=OTHER_ORDER):
        turned = tagger.predict_proba(PANEL[["b", "a"]])
    np.testing.assert_array_equal(np.concatenate(turned), np.concatenate(tagger.predict_proba(PANEL)))


def test_a_forecaster_goes_by_the_names_of_columns() -> None:
    t = np.arange(60)
    y = pd.DataFrame({"a": np.sin(0.5 * t), "b": 100.0 + t})
    future = pd.DataFrame({"sale": t % 7 == 0, "price": np.cos(t)}).astype(float)
    forecaster = Forecaster(3, window=4, season=1, networks=[], n_jobs=1).fit(y[:57], future[:57])
    expected = forecaster.predict(future=future)
    for given in (future[["price", "sale"]], future[["price", "sale"]][57:]):
        with pytest.warns(ShoalWarning, match=f"the columns of future {OTHER_ORDER}"):
            pd.testing.assert_frame_equal(forecaster.predict(future=given), expected)
    with pytest.warns(ShoalWarning, match=f"the columns of y {OTHER_ORDER}"):
        turned = forecaster.predict(y[["b", "a"]][:57], future)
    pd.testing.assert_frame_equal(turned, expected)
    with pytest.warns(ShoalWarning, match=OTHER_ORDER):
        assert forecaster.score(y[["b", "a"]][57:], future) == forecaster.score(y[57:], future)
    with pytest.raises(DataError, match="y has the columns 'a', 'c', expected 'a', 'b'"):
        forecaster.predict(y.rename(columns={"b": "c"}), future)


def test_frames_of_one_fit_and_steps_go_by_the_names_of_the_first() -> None:
    t = np.arange(60)
    y = pd.DataFrame({"a": np.sin(0.5 * t), "b": 100.0 + t})
    few: dict[str, Any] = {"window": 4, "season": 1, "networks": [], "n_jobs": 1}
    expected = Forecaster(3, **few).fit({"p": y, "q": y + 1})
    with pytest.warns(ShoalWarning, match="the columns of series 'q' of y stand in another order"):
        turned = Forecaster(3, **few).fit({"p": y, "q": (y + 1)[["b", "a"]]})
    for key, frame in expected.predict().items():
        pd.testing.assert_frame_equal(turned.predict()[key], frame)
    panel = Forecaster(3, **few).fit(pd.concat({"p": y, "q": y + 1}))
    step = pd.DataFrame({"a": [0.1, 0.2], "b": [160.0, 161.0]}, index=["p", "q"])
    state = panel.start()
    with pytest.warns(ShoalWarning, match=f"the columns of x {OTHER_ORDER}"):
        pd.testing.assert_frame_equal(panel.step(step[["b", "a"]], state)[0], panel.step(step, state)[0])
