from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from shoal.data.sequences.series_set import SequenceData, SeriesSet, channel_names, shown_lengths
from shoal.errors import DataError, ShoalWarning

SERIES = tuple(np.full((2, steps), float(steps)) for steps in (3, 1, 4))


def test_rows_are_rows_of_everything() -> None:
    whole = SeriesSet(
        SERIES, ("a", "b", "c"), pl.Series(["x", None, "z"]), pl.DataFrame({"who": list("PQR")})
    )
    some = whole.rows([2, 0, 2])
    assert [each[0, 0] for each in some.series] == [4, 3, 4]
    assert some.lengths.tolist() == [4, 3, 4]
    assert some.names == ("c", "a", "c")
    assert some.metadata is not None
    assert some.metadata["who"].to_list() == ["R", "P", "R"]
    nothing = SeriesSet(SERIES, ("a", "b", "c"), metadata=pl.DataFrame({})).rows([2, 0])
    assert len(nothing) == 2
    assert some.targets is not None
    assert some.targets.to_list() == ["z", "x", "z"]
    bare = SeriesSet(SERIES, ("a", "b", "c")).rows([1])
    assert (bare.names, bare.targets, bare.metadata) == (("b",), None, None)
    assert len(whole.rows([])) == 0


def test_lengths_and_channels_are_told() -> None:
    assert shown_lengths(np.array([1])) == "1 step"
    assert shown_lengths([2, 2]) == "2 steps"
    assert shown_lengths([1, 2]) == "1 to 2 steps (median 1.5)"
    assert channel_names(0) == ()


def test_channels_go_by_their_names_where_they_have_some() -> None:
    series = SeriesSet((np.array([[1.0, 2.0], [3.0, 4.0]]),), ("0",))
    data = SequenceData(series, ("a", "b"), "y", test=series)
    assert data.with_channels(("a", "b"), "new.npz") is data
    assert data.with_channels(channel_names(2), "new.npz") is data
    bare = SequenceData(series, channel_names(2), "y")
    assert bare.with_channels(("b", "a"), "new.npz") is bare
    with pytest.warns(ShoalWarning, match=r"new\.npz stand in another order .*; they go by their names"):
        turned = data.with_channels(("b", "a"), "new.npz")
    assert turned.test is not None
    for part in (turned.train, turned.test):
        assert part.series[0].tolist() == [[3, 4], [1, 2]]
    assert turned.channels == ("b", "a")
    with pytest.raises(DataError, match="another order"):
        data.with_channels(("b", "a"), "new.npz", strict=True)
    with pytest.raises(DataError, match=r"new\.npz has the channels 'a', 'b', expected 'a', 'c'; give"):
        data.with_channels(("a", "c"), "new.npz")
    with pytest.raises(DataError, match=r"new\.npz has 2 channels, expected 1; give those fitted"):
        data.with_channels(("a",), "new.npz")
