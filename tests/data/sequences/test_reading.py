"""Series as a model reads them: how they become sequences, what overflows, and what is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.data.sequences.origins import Files, LongTables
from shoal.data.sequences.reading import SequenceReading
from shoal.errors import DataError, ModelFolderError, ShoalWarning

NAN = np.nan
SERIES = [np.array([[1.0, NAN, 5.0]]), np.array([[3.0, 3.0]])]


@pytest.fixture
def reading() -> SequenceReading:
    return SequenceReading.fit(Files(), ["x"], SERIES)


def test_series_are_standardised_with_lines_over_gaps_and_where_those_were(reading: SequenceReading) -> None:
    assert reading.shape == (2, 3)
    found = reading.transform(SERIES, "float64")
    unit = np.std([1, 5, 3, 3])  # about the mean, 3, which is on the line between 1 and 5
    np.testing.assert_allclose(found.X[0], [[-2 / unit, 0, 2 / unit], [1, 0, 1]], atol=1e-15)
    np.testing.assert_allclose(found.X[1], [[0, 0, 0], [1, 1, 0]], atol=1e-15)
    assert found.lengths.tolist() == [3, 2]
    assert reading.transform(SERIES).X.dtype == np.float32


def test_a_longer_series_than_those_fitted_has_more_steps(reading: SequenceReading) -> None:
    found = reading.transform([np.zeros((1, 5)), np.zeros((1, 1))])
    assert (found.X.shape, found.lengths.tolist()) == ((2, 2, 5), [5, 1])


def test_values_that_overflow_are_refused_with_the_number_of_their_series(reading: SequenceReading) -> None:
    far = [np.zeros((1, 2)), np.full((1, 2), 1e300), np.full((1, 2), -1e300)]
    with pytest.raises(DataError) as refused:
        reading.transform(far)
    assert str(refused.value) == (
        "series 2 has values so far from those fitted that they are no numbers any more; correct them"
    )
    assert np.isfinite(reading.transform(far, "float64").X).all()


def test_other_channels_are_refused(reading: SequenceReading) -> None:
    with pytest.raises(DataError, match="a series has 2 channels, expected 1; give those fitted"):
        reading.transform([np.zeros((2, 3))])


def test_channels_of_another_source_go_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "new.npz"
    np.savez(path, X=np.array([[[1.0, 10.0], [2.0, 20.0]]]), channels=np.array(["x", "y"]))
    reading = SequenceReading.fit(Files(), ["y", "x"], [np.ones((2, 3))])
    with pytest.warns(ShoalWarning, match="another order than those fitted"):
        assert reading.read(str(path)).series[0].tolist() == [[10, 20], [1, 2]]
    with pytest.raises(DataError, match="expected 'y', 'z'"):
        SequenceReading.fit(Files(), ["y", "z"], [np.ones((2, 3))]).read(str(path))


@pytest.mark.parametrize("origin", [Files(), LongTables("id", None, ("x",), "y")])
def test_what_is_kept_reads_the_same_again(origin: Any) -> None:
    reading = SequenceReading.fit(origin, ["x"], SERIES)
    config = json.loads(json.dumps(reading.to_config()))
    assert SequenceReading.from_config(config) == reading
    assert (config["format"], config["kind"]) == (1, "sequences")


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"kind": "tables"},
        {"origin": {"name": "nowhere"}},
        {"series": None},
        {"more": 1},
    ],
)
def test_what_was_altered_is_refused(reading: SequenceReading, change: dict[str, Any]) -> None:
    with pytest.raises(ModelFolderError, match="the saved preprocessing of sequences cannot be used"):
        SequenceReading.from_config(reading.to_config() | change)


def test_what_is_missing_is_refused(reading: SequenceReading) -> None:
    config = reading.to_config()
    del config["origin"]
    with pytest.raises(ModelFolderError, match="or fit again"):
        SequenceReading.from_config(config)


@pytest.mark.parametrize("later", [{}, {"notations": {}}, {"notations": {}, "labels": True}])
def test_what_models_of_before_kept_of_long_tables_is_read(later: dict[str, Any]) -> None:
    reading = SequenceReading.fit(LongTables("id", "t", ("x",), "y", **later), ["x"], SERIES)
    origin = {"name": "long table", "id": "id", "order": "t", "channels": ["x"], "target": "y", **later}
    assert SequenceReading.from_config({**reading.to_config(), "origin": origin}) == reading
