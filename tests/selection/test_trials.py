from __future__ import annotations

import json
import sys
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from shoal.errors import MissingDependencyError
from shoal.selection.trials import COLUMNS, Trials


@pytest.fixture
def trials(row: Callable[..., dict[str, object]]) -> Trials:
    lost = {"validation_loss": None, "train_loss": float("nan"), "diverged": True, "stopped": "diverged"}
    return Trials.from_rows([row(start=0), row(start=1, hidden="16x16", **lost), row(start=2)])


def test_columns_have_their_types_and_missing_losses_are_nan(trials: Trials) -> None:
    assert len(trials) == 3
    assert list(trials.columns) == list(COLUMNS)
    assert trials["start"].dtype == np.int64
    assert trials["diverged"].tolist() == [False, True, False]
    np.testing.assert_array_equal(trials["validation_loss"], [0.2, np.nan, 0.2])


def test_rows_can_be_taken_by_number_by_mask_and_put_together_again(trials: Trials) -> None:
    assert trials.take(np.array([2, 0]))["start"].tolist() == [2, 0]
    assert trials.take(trials["diverged"])["hidden"].tolist() == ["16x16"]
    parts = [trials.take(np.array([i])) for i in range(3)]
    assert Trials.concatenate(parts).to_dict() == trials.to_dict()


def test_rows_round_trip(trials: Trials) -> None:
    assert Trials.from_rows(trials.rows()).to_dict() == trials.to_dict()


def test_json_has_null_for_what_is_not_finite(trials: Trials) -> None:
    plain = json.loads(json.dumps(trials.to_dict(), allow_nan=False))
    assert plain["validation_loss"] == [0.2, None, 0.2]
    assert plain["hidden"] == ["8", "16x16", "8"]


def test_polars_frame_has_nulls_for_diverged_networks(trials: Trials) -> None:
    frame = trials.to_polars()
    assert frame.columns == list(COLUMNS)
    assert frame["validation_loss"].to_list() == [0.2, None, 0.2]
    assert frame.filter(pl.col("hidden") == "8")["start"].to_list() == [0, 2]
    assert frame.schema["diverged"] == pl.Boolean


def test_pandas_frame_has_the_same_rows(trials: Trials) -> None:
    frame = trials.to_pandas()
    assert list(frame.columns) == list(COLUMNS)
    assert frame["validation_loss"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("package", ["polars", "pandas"])
def test_a_missing_frame_library_is_named_with_what_to_install(
    trials: Trials, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependencyError, match=rf"{package}.*pip install 'shoal\[frames\]'"):
        getattr(trials, f"to_{package}")()


def test_repr_shows_the_first_rows_and_counts_the_rest(row: Callable[..., dict[str, object]]) -> None:
    text = repr(Trials.from_rows([row(start=start) for start in range(25)]))
    assert text.startswith("Trials of 25 networks:\nhidden")
    assert text.endswith("… and 15 more")
    assert len(text.splitlines()) == 13
