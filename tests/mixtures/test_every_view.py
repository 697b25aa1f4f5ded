"""What holds of every kind of view: what a sample weighs, and that nobody knows what comes later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shoal import Sequences
from shoal.mixtures import closed_form, text_linear
from shoal.mixtures.constant_view import ConstantView
from shoal.mixtures.kernel_view import KernelView
from shoal.mixtures.linear_effort import Effort
from shoal.mixtures.mixture import Mixture
from shoal.mixtures.random_view import RandomView
from shoal.mixtures.targets import Targets
from shoal.mixtures.text_linear import LinearText
from shoal.mixtures.trained_view import TrainedView
from shoal.mixtures.views import Schooling
from shoal.selection.candidates.architectures import Recurrent
from shoal.selection.samples.dividers import Forward
from shoal.texts.tokens import WORDS

N = 24
RNG = np.random.default_rng(1)
SPEEDS = RNG.uniform(0.2, 1, N)
SERIES = Sequences.of([np.sin(speed * np.arange(12) + RNG.uniform(0, 6)) for speed in SPEEDS])
TEXTS = [" ".join(["slow"] * (k % 4) + ["fast"] * (k % 3) + [f"n{k % 7}"]) for k in range(N)]
TIMES = np.arange(N) % 3 + 1
VIEWS: dict[str, Any] = {
    "constant": ConstantView(),
    "random": RandomView(336),
    "kernel": KernelView(),
    "networks": TrainedView(Recurrent((1, 12)), (2,), 3),
    "texts": LinearText(((WORDS, 1),)),
}


def school(name: str, targets: Targets, **settings: Any) -> Schooling[Any]:
    return Schooling(TEXTS if name == "texts" else SERIES, targets, [], 0, n_jobs=1, **settings)


# thresholds of random convolutions are quantiles of series, and temperatures know how many samples there are
@pytest.mark.parametrize(("name", "classes"), [("constant", True), ("constant", False), ("kernel", False)])
def test_a_weight_is_as_many_samples_as_it_says(name: str, classes: bool) -> None:
    y, K = ((SPEEDS > 0.5).astype(np.intp), 2) if classes else (SPEEDS, 0)
    folds = [(np.flatnonzero(np.arange(N) % 4 != k), np.arange(N)[k::4]) for k in range(4)]
    copies = np.repeat(np.arange(N), TIMES)
    own = school(name, Targets(y, K, TIMES.astype(np.float64)), grouped=True)
    one = VIEWS[name].fit(replace(own, folds=folds))
    of_copies = [tuple(np.flatnonzero(np.isin(copies, rows)) for rows in fold) for fold in folds]
    series = Sequences(SERIES.X[copies], SERIES.lengths[copies])
    many = VIEWS[name].fit(
        Schooling(series, Targets(y[copies], K), of_copies, 0, n_jobs=1, grouped=True)  # type: ignore[arg-type]
    )
    np.testing.assert_allclose(one.held_out[copies], many.held_out, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(one.predict(SERIES), many.predict(SERIES), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", VIEWS)
def test_nobody_knows_what_comes_later(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_form, "STRENGTHS", (0.1,))
    monkeypatch.setattr(text_linear, "Effort", lambda: Effort((0.1,)))
    folds = Forward(np.arange(float(N))).folds(2, 0)
    (_, first), (_, second) = folds
    others = SPEEDS.copy()
    others[first] += 3
    others[second] -= 2
    found = []
    for y in (SPEEDS, others):
        fitted = VIEWS[name].fit(replace(school(name, Targets(y), ahead=True), folds=folds))
        assert np.isnan(fitted.held_out[: N // 2]).all()
        assert np.isfinite(fitted.held_out[N // 2 :]).all()
        found.append(fitted.held_out)
    np.testing.assert_array_equal(found[0][first], found[1][first])
    assert not np.array_equal(found[0][second], found[1][second])


def test_a_mixture_is_of_weighted_samples() -> None:
    weights = np.where(SPEEDS > 0.6, 2.0, 0.1)
    weights /= weights.mean()
    y = np.where(SPEEDS > 0.6, 1, 0)
    folds = Forward(np.arange(float(N))).folds(2, 0)
    of_all = school("series", Targets(y, 2, weights), ahead=True)
    mixed = Mixture.fit([ConstantView(), KernelView()], replace(of_all, folds=folds))
    rows = np.concatenate([held for _, held in folds])
    assert mixed.held_out.shape == (len(rows), 2)
    losses = -np.log(mixed.held_out[np.arange(len(rows)), y[rows]])
    assert mixed.loss == pytest.approx(np.average(losses, weights=weights[rows]), rel=1e-9)
    plain = Mixture.fit([ConstantView(), KernelView()], replace(of_all, targets=Targets(y, 2), folds=folds))
    assert mixed.predict(SERIES)[:, 1].mean() > plain.predict(SERIES)[:, 1].mean() + 0.02
