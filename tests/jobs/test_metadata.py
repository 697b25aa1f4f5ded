"""What samples have besides features and targets, of a table's columns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.data.frames import as_frame
from shoal.data.roles import Roles
from shoal.errors import ShoalWarning
from shoal.jobs.kinds import prepare
from shoal.jobs.metadata import attributes_from, attributes_of, counting, unit_of, without_weightless
from shoal.jobs.prepared import Prepared
from shoal.jobs.request import FitRequest

Write = Callable[..., Path]
N = 60
TABLE = pl.DataFrame({"who": ["P", "Q", "P"], "day": [3, 1, 2], "w": [2.0, 0.0, 4.0]})


def test_groups_are_numbered_and_weights_told_in_a_unit() -> None:
    of_groups = attributes_of(as_frame(TABLE), Roles(group="who", weight="w"))
    assert of_groups.groups is not None
    assert of_groups.groups.tolist() == [0, 1, 0]
    assert of_groups.times is None
    assert of_groups.weights is not None
    assert of_groups.weights.tolist() == [1.0, 0.0, 2.0]
    in_time = attributes_of(as_frame(TABLE), Roles(time_order="day", weight="w"), unit=4.0)
    assert in_time.groups is None
    assert in_time.times is not None
    assert in_time.times.tolist() == [3, 1, 2]
    assert in_time.weights is not None
    assert in_time.weights.tolist() == [0.5, 0.0, 1.0]
    assert unit_of(as_frame(TABLE), Roles(weight="w")) == 2.0
    assert unit_of(as_frame(TABLE), Roles(group="who")) is None


def test_samples_of_which_nothing_is_known_count_once_where_others_have_weights() -> None:
    for nothing in (None, TABLE.select([])):
        assert attributes_from(nothing, Roles(group="who"), 3).weights is None
        weights = attributes_from(nothing, Roles(weight="w"), 3).weights
        assert weights is not None
        assert weights.tolist() == [1, 1, 1]
    known = attributes_from(TABLE, Roles(weight="w"), 3).weights
    assert known is not None
    assert known.tolist() == [1.0, 0.0, 2.0]


def test_rows_that_count_for_nothing_are_left_out_and_told() -> None:
    roles = Roles(weight="w")
    with pytest.warns(ShoalWarning, match="1 of 3 rows count for nothing, by 'w', and are left out"):
        kept = without_weightless(as_frame(TABLE), roles)
    assert kept["who"].to_list() == ["P", "P"]
    assert counting(kept, roles) is None


@pytest.fixture
def ready(write_csv: Write, tmp_path: Path) -> Callable[[list[int]], Prepared]:
    def build(weights: list[int]) -> Prepared:
        rng = np.random.default_rng(3)
        columns = {"x": rng.normal(size=N).tolist(), "target": ["yes", "no"] * (N // 2), "w": weights}
        return prepare(FitRequest(str(write_csv(tmp_path / "table.csv", columns)), "target", weight="w"))

    return build


def test_weights_are_told_by_their_mean_and_rows_without_any_are_left_out(
    ready: Callable[[list[int]], Prepared],
) -> None:
    weights = [row % 4 for row in range(N)]
    small = ready(weights)
    large = ready([1_000_000 * weight for weight in weights])
    assert small.n_rows == N - N // 4
    assert small.weights is not None
    assert small.test.weights is not None
    everywhere = np.concatenate([small.weights, small.test.weights])
    np.testing.assert_allclose(everywhere.mean(), 1.0)
    np.testing.assert_allclose(sorted(everywhere), np.repeat([0.5, 1.0, 1.5], 15))
    np.testing.assert_allclose(large.weights, small.weights)  # type: ignore[arg-type]
    assert any("15 of 60 rows count for nothing, by 'w'" in told for told in small.warnings)
