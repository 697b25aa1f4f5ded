from __future__ import annotations

import numpy as np

from shoal import Sequences
from shoal.mixtures.closed_form import STRENGTHS
from shoal.mixtures.descriptions import described
from shoal.mixtures.kernel_view import KernelView
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Schooling

RNG = np.random.default_rng(2)
SPEEDS = RNG.uniform(0.2, 1, 20)
SERIES = Sequences.of([np.sin(speed * np.arange(20 + row % 4)) for row, speed in enumerate(SPEEDS)])


def school(targets: Targets, series: Sequences = SERIES) -> Schooling[Sequences]:
    return Schooling(series, targets, [], 0, channels=1, n_jobs=1)


def test_what_is_left_out_is_predicted_by_a_model_without_it() -> None:
    fitted = KernelView().fit(school(Targets(SPEEDS)))
    d = (described(SERIES, 1) - fitted.mean) * fitted.scale
    K = np.exp(-0.5 * np.square(d[:, None] - d).mean(axis=2))
    y = SPEEDS - SPEEDS.mean()
    alone = [np.linalg.solve(K + strength * np.eye(20), y) for strength in STRENGTHS]
    (strength,) = [
        s for s, a in zip(STRENGTHS, alone, strict=True) if np.allclose(a, fitted.alpha[:, 0], rtol=1e-4)
    ]
    H = K @ np.linalg.inv(K + strength * np.eye(20))
    left_out = y - (y - H @ y) / (1 - 1 / 20 - np.diag(H))  # 1/N: the mean is of all samples, too
    np.testing.assert_allclose(fitted.held_out[:, 0] - SPEEDS.mean(), left_out, rtol=1e-6)
    others = np.arange(20) != 7
    alone_without = np.linalg.solve(K[np.ix_(others, others)] + strength * np.eye(19), y[others])
    np.testing.assert_allclose(left_out[7], K[7, others] @ alone_without, atol=0.1)
    np.testing.assert_allclose(fitted.predict(SERIES)[:, 0], K @ fitted.alpha[:, 0] + fitted.b[0], rtol=1e-6)


def test_classes_have_probabilities_and_company_changes_no_bit() -> None:
    codes = (SPEEDS > 0.6).astype(np.intp)
    fitted = KernelView().fit(school(Targets(codes, 2)))
    assert (fitted.held_out.argmax(axis=1) == codes).mean() > 0.8
    together = fitted.predict(SERIES)
    np.testing.assert_allclose(together.sum(axis=1), 1)
    np.testing.assert_array_equal(fitted.predict(SERIES[3:4]), together[3:4])


def test_series_that_are_all_alike_say_nothing() -> None:
    alike = Sequences.of([[1.0, 2.0]] * 6)
    fitted = KernelView().fit(school(Targets(np.arange(6.0)), alike))
    assert np.isfinite(fitted.held_out).all()
    np.testing.assert_allclose(fitted.predict(alike), 2.5, atol=1e-6)
