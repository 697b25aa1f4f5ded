from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random, vstack

from shoal.errors import DataError
from shoal.mixtures.linear_effort import Effort
from shoal.mixtures.sample_space import SampleSpace
from shoal.mixtures.sparse_linear import ChosenLinear, SparseLinear
from shoal.mixtures.targets import Targets
from shoal.selection.samples.splits import k_folds

X = csr_matrix(random(40, 90, 0.2, random_state=3))
WEIGHTS = np.random.default_rng(2).uniform(0.5, 1.5, 40)
CLASSES = Targets(np.arange(40) % 4, 4, WEIGHTS / WEIGHTS.mean())
NUMBERS = Targets(X.toarray()[:, 0] - X.toarray()[:, 1])


def test_coordinates_keep_all_products_of_samples() -> None:
    space = SampleSpace.of(X)
    products = space.coordinates @ space.coordinates.T
    np.testing.assert_allclose(products, (X @ X.T).toarray(), atol=1e-5)


@pytest.mark.parametrize("targets", [CLASSES, NUMBERS], ids=["classes", "numbers"])
@pytest.mark.parametrize("strength", [1.0, 0.1])
def test_the_layer_of_coordinates_is_that_of_samples(targets: Targets, strength: float) -> None:
    space = SampleSpace.of(X)
    plain = SparseLinear.fit(X, targets, strength)
    inner = SparseLinear.fit(space.coordinates, targets, strength)
    W = space.layer(inner.W)
    np.testing.assert_allclose(W, plain.W, atol=3e-3)
    np.testing.assert_allclose(X @ W, space.coordinates @ inner.W, atol=1e-5)
    assert np.square(W).sum() == pytest.approx(np.square(inner.W).sum(), rel=1e-5)


def test_samples_that_are_there_twice_or_empty_add_no_direction() -> None:
    more = csr_matrix(vstack([X, X[:7], csr_matrix((2, 90))]))
    space = SampleSpace.of(more)
    assert space.coordinates.shape == (49, 40)
    np.testing.assert_allclose(space.coordinates[40:47], space.coordinates[:7], atol=1e-6)
    np.testing.assert_array_equal(space.coordinates[47:], 0)
    assert np.isfinite(space.layer(np.ones((40, 2)))).all()


def test_samples_of_nothing_span_nothing() -> None:
    with pytest.raises(DataError, match="give one besides 0"):
        SampleSpace.of(csr_matrix((3, 5)))


@pytest.mark.parametrize(
    ("N", "F", "known", "outputs", "pays"),
    [
        (3000, 50_000, 360, 300, True),
        (3000, 50_000, 360, 2, False),
        (3000, 2000, 200, 300, False),
        (6001, 50_000, 200, 300, False),
        (1, 50, 20, 300, False),
    ],
)
def test_it_pays_for_many_outputs_and_more_terms_than_samples(
    N: int, F: int, known: int, outputs: int, pays: bool
) -> None:
    values, columns = np.ones(N * known), np.tile(np.arange(known), N)
    X = csr_matrix((values, columns, np.arange(N + 1) * known), shape=(N, F))
    assert SampleSpace.pays(X, outputs) is pays


def test_a_strength_chosen_in_coordinates_is_the_one_chosen_of_samples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folds, strengths = k_folds(40, 4, 0, CLASSES.values), Effort((1.0, 0.3))
    monkeypatch.setattr(SampleSpace, "pays", lambda X, outputs: False)
    plain = ChosenLinear.fit(X, CLASSES, folds, strengths)
    monkeypatch.setattr(SampleSpace, "pays", lambda X, outputs: True)
    ours = ChosenLinear.fit(X, CLASSES, folds, strengths)
    assert ours.strength == plain.strength
    np.testing.assert_allclose(ours.held_out, plain.held_out, atol=2e-3)
    np.testing.assert_allclose(ours.layer.predict(X), plain.layer.predict(X), atol=2e-3)
