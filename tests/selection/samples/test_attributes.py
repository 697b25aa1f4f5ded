"""Groups, times and weights of samples, in a study."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal import CapacityStudy
from shoal.errors import ConfigurationError, DataError
from shoal.selection.samples.attributes import Attributes

STUDY: dict[str, Any] = {"hidden": [2], "starts": 2, "epochs": 20, "n_jobs": 1}


def samples(n: int = 40) -> tuple[Any, Any]:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(n, 2))
    return X, X[:, 0] + rng.normal(size=n)


@pytest.mark.parametrize(
    "groups",
    [["a", "b", "a"], [1, 2, 1], [0.5, 2.5, 0.5], ["u", 7, "u"]],
)
def test_groups_are_told_apart_whatever_they_are(groups: list[Any]) -> None:
    found = Attributes.of(3, groups=np.array(groups, dtype=object)).groups
    assert found is not None
    assert found.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"groups": ["a", None, "b"]}, "groups is missing in row 2"),
        ({"groups": [1.0, 2.0, np.nan]}, "groups is missing in row 3"),
        ({"groups": [1, 2]}, "one entry for each of the 3 rows"),
        ({"times": ["a", "b", "c"]}, "times must be numbers"),
        ({"times": np.array(["2020-01-01", "NaT", "2020-01-02"], "datetime64[D]")}, "missing in row 2"),
        ({"times": [1.0, np.nan, 2.0]}, "times has 1 NaN"),
        ({"sample_weight": [1.0, -1.0, 1.0]}, "is -1 in row 2"),
        ({"sample_weight": [0, 0, 0]}, "is 0 in all 3 rows"),
        ({"sample_weight": [1.0, np.inf, 1.0]}, "sample_weight has 1 NaN or infinite"),
        (
            {"sample_weight": [1.0, 2e150, 1.7e308]},
            "is 1.7e\\+308 in row 3, expected none beyond 1e\\+150; what weights are to",
        ),
        ({"sample_weight": ["a", "b", "c"]}, "sample_weight must be numbers"),
        ({"fold": [0, 1]}, "fold must have one entry for each of the 3 rows"),
        ({"fold": [0.0, 1.0, 0.5]}, "fold must be whole numbers, .* got float64; convert them"),
        ({"fold": [0, 1, -2]}, "fold must be whole numbers, .* got int64 from -2; convert them"),
    ],
)
def test_what_is_no_attribute_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        Attributes.of(3, **given)


def test_samples_are_divided_in_one_way() -> None:
    with pytest.raises(ConfigurationError, match="groups and times were given"):
        Attributes.of(2, groups=[1, 2], times=[1, 2])


def test_dates_are_times() -> None:
    dates = np.array(["2021-01-01", "2020-01-01", "2020-01-01"], "datetime64[D]")
    found = Attributes.of(3, times=dates).times
    assert found is not None
    assert found[0] > found[1] == found[2]


@pytest.mark.parametrize(
    "times",
    [
        np.array([10**15, 0, 10**16], "datetime64[D]"),  # which would be too many to count in microseconds
        np.array([1_600_000_000_000_002_000, 1_600_000_000_000_000_000, 1_600_000_000_000_003_000], "M8[ns]"),
    ],
)
def test_dates_of_any_unit_keep_their_order(times: Any) -> None:
    found = Attributes.of(3, times=times).times
    assert found is not None
    assert np.argsort(found).tolist() == [1, 0, 2]


def test_folds_of_a_study_share_no_group_and_see_no_future() -> None:
    X, y = samples()
    groups = np.arange(40) % 7
    study = CapacityStudy(**STUDY, folds=3).fit(X, y, groups=groups)
    for train, held in study.splits:
        assert not set(groups[train]) & set(groups[held])
    times = np.arange(40)[::-1]
    study = CapacityStudy(**STUDY, folds=3).fit(X, y, times=times)
    for train, held in study.splits:
        assert times[train].max() < times[held].min()
    assert np.isfinite(study.choice.chosen.validation_loss)


def test_folds_that_are_settled_are_those_of_the_study() -> None:
    X, y = samples()
    dealt = CapacityStudy(**STUDY, folds=3).fit(X, y)
    fold = np.empty(40, dtype=np.intp)
    for j, (_, held) in enumerate(dealt.splits):
        fold[held] = j
    settled = CapacityStudy(**STUDY, folds=3).fit(X, y, fold=fold)
    assert settled.table["validation_loss"].tolist() == dealt.table["validation_loss"].tolist()
    with pytest.raises(ConfigurationError, match="in 3 folds that are settled; ask for so many folds"):
        CapacityStudy(**STUDY).fit(X, y, fold=fold)
    with pytest.raises(ConfigurationError, match="got fold as well as validation"):
        CapacityStudy(**STUDY).fit(X, y, (X, y), fold=fold)


@pytest.mark.parametrize("choose", ["best", "ensemble"])
def test_weights_enter_training_and_validation(choose: str) -> None:
    """Whole weights are rows that are there so often, in the part that trains and in that which judges."""
    X, y = samples()
    s = np.random.default_rng(1).integers(1, 4, size=40).astype(np.float64)
    train, held = np.arange(28), np.arange(28, 40)

    def often(rows: Any) -> Any:
        return np.repeat(rows, s[rows].astype(int))

    settings = STUDY | {"choose": choose, "l2": [0.5]}
    weighed = CapacityStudy(**settings).fit(
        X[train], y[train], (X[held], y[held], s[held]), sample_weight=s[train]
    )
    repeated = CapacityStudy(**settings).fit(
        X[often(train)], y[often(train)], (X[often(held)], y[often(held)])
    )
    plain = CapacityStudy(**settings).fit(X[train], y[train], (X[held], y[held]))
    for name in ("train_loss", "validation_loss"):
        np.testing.assert_allclose(weighed.table[name], repeated.table[name], rtol=1e-4)
        assert not np.allclose(weighed.table[name], plain.table[name], rtol=1e-3)
    np.testing.assert_allclose(
        weighed.choice.chosen.validation_loss, repeated.choice.chosen.validation_loss, rtol=1e-4
    )


def test_a_study_of_other_weights_is_another(tmp_path: Any) -> None:
    X, y = samples()
    weights = np.ones(40)
    study = CapacityStudy(**STUDY, store=tmp_path / "s")
    study.fit(X, y, sample_weight=weights)
    weights[3] = 2.0
    with pytest.raises(ConfigurationError, match="weights"):
        study.fit(X, y, resume=True, sample_weight=weights)


def test_the_evidence_takes_no_weights() -> None:
    X, y = samples()
    with pytest.raises(ConfigurationError, match="the evidence counts every sample once"):
        CapacityStudy(**STUDY, choose="evidence").fit(X, y, sample_weight=np.ones(40))


def test_samples_that_count_for_nothing_train_nobody() -> None:
    X, y = samples()
    weights = np.zeros(40)
    weights[0] = 1.0
    with pytest.raises(DataError, match="0 for all samples that train, or that validate"):
        CapacityStudy(**STUDY, folds=3).fit(X, y, sample_weight=weights)


def test_one_class_alone_trains_nobody_by_group_or_time() -> None:
    X, _ = samples()
    y = np.arange(40) % 2
    told = "in 2 of 2 folds all samples to train on are of one class, once they are divided by groups"
    with pytest.raises(DataError, match=told):
        CapacityStudy(**STUDY, folds=2).fit(X, y, groups=y)
    with pytest.raises(DataError, match=r"^all samples to train on are of one class, .* by times"):
        CapacityStudy(**STUDY, validation_share=0.5).fit(X, np.sort(y), times=np.arange(40))
    CapacityStudy(**STUDY, folds=2).fit(X, y, groups=np.arange(40) // 2)
    CapacityStudy(**STUDY).fit(X, y, (X, y), groups=np.zeros(40))  # divides nothing
