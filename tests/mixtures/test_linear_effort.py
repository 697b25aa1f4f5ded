from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.optimize

from shoal.errors import ShoalWarning
from shoal.mixtures import sparse_linear
from shoal.mixtures.linear_effort import FEWEST, GRADIENTS, STRENGTHS, USUAL, Effort
from shoal.mixtures.sample_space import SampleSpace
from shoal.mixtures.targets import Targets
from shoal.mixtures.text_linear import LinearText, _weights
from shoal.mixtures.views import Schooling
from shoal.selection.samples.splits import k_folds
from shoal.texts.tf_idf import TfIdf

TEXTS = [f"{['red', 'green', 'blue'][i % 3]} thing {i % 7} of {i % 5}" for i in range(60)]
CODES = np.arange(60) % 3


def schooling() -> Schooling[list[str]]:
    return Schooling(TEXTS, Targets(CODES, 3), k_folds(60, 5, 0, CODES), 0)


def test_fewer_gradients_are_fewer_strengths_and_then_shorter_layers() -> None:
    tried = [Effort.of(gradients, folds=5, judged=2) for gradients in (1e9, 224, 223, 159, 127, 60, 0)]
    assert [len(effort.strengths) for effort in tried] == [5, 5, 3, 2, 1, 1, 1]
    assert [effort.gradients for effort in tried] == [GRADIENTS, USUAL, 22, 19, 21, 10, FEWEST]
    assert all(set(effort.strengths) <= set(STRENGTHS) for effort in tried)


def test_what_is_given_up_is_told_and_nothing_where_nothing_is() -> None:
    assert Effort().reduced is None
    assert Effort.of(1e9, 5, 5).reduced is None
    told = "tries 1 of 5 strengths of its penalty, with 10 gradients at most for a layer"
    assert Effort.of(60, 5, 2).reduced == told


def test_the_gradients_of_all_layers_are_about_as_many_as_operations_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[int] = []

    def counted(*args: object, **how: object) -> object:
        found = scipy.optimize.minimize(*args, **how)  # type: ignore[call-overload]
        taken.append(found.nfev)
        return found

    monkeypatch.setattr(sparse_linear, "minimize", counted)
    parts = tuple(TfIdf.fit(TEXTS, unit, longest) for unit, longest in LinearText().runs)
    step = SampleSpace.cost(_weights(parts, TEXTS), 3)
    LinearText().fit(schooling())
    free, taken[:] = sum(taken), []
    allowed = 8 * 6  # for each fold and all samples
    with pytest.warns(ShoalWarning, match="tries 1 of 5 strengths .* 8 gradients at most"):
        LinearText(operations=allowed * step).fit(schooling())
    assert len(taken) == 6
    assert sum(taken) <= allowed + 6 * 20 < free  # a step that has begun ends: 20 gradients at most


def test_the_same_operations_are_the_same_bits_and_enough_change_nothing() -> None:
    with pytest.warns(ShoalWarning, match="may take"):
        first, second = (LinearText(operations=1.0).fit(schooling()) for _ in range(2))
    np.testing.assert_array_equal(first.layer.W, second.layer.W)
    np.testing.assert_array_equal(first.held_out, second.held_out)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plenty, free = LinearText(operations=1e15).fit(schooling()), LinearText().fit(schooling())
    np.testing.assert_array_equal(plenty.layer.W, free.layer.W)
