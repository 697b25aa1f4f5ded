from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shoal.data.sequences.origins import Files, LongTables, origin_from_config, origin_to_config
from shoal.data.sequences.recognised import holds_series
from shoal.errors import ConfigurationError, DataError

LONG = LongTables("id", "t", ("x",), "label")


def test_files_are_read_by_their_names(tmp_path: Path) -> None:
    ts, npz = tmp_path / "x_TRAIN.ts", tmp_path / "x.npz"
    ts.write_text("@classLabel true a b\n@data\n1,2:a\n")
    (tmp_path / "x_TEST.ts").write_text("@classLabel true a b\n@data\n3:b\n")
    np.savez(npz, X=np.ones((2, 3, 1)), lengths=[3, 2])
    assert Files().read(str(ts)).test is None
    assert Files().read(str(ts), parts=True).test is not None
    assert len(Files().read(str(npz)).train) == 2
    assert holds_series(ts)
    assert holds_series(npz)
    assert not holds_series(tmp_path)


def test_long_tables_are_read_by_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,t,x,label\n1,1,5,a\n1,2,6,a\n2,1,7,b\n")
    data = LONG.read(str(path))
    assert (data.train.names, LONG.identifier, data.target) == (("1", "2"), "id", "label")
    np.testing.assert_array_equal(data.train.series[0], [[5, 6]])


@pytest.mark.parametrize("origin", [Files(), LONG, LongTables("id", None, ("x", "y"), "z")])
def test_they_are_restored(origin: Files | LongTables) -> None:
    assert origin_from_config(origin_to_config(origin)) == origin


def test_what_is_none_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "a.csv"
    other.write_text("id,x\n1,2\n")
    with pytest.raises(DataError, match="lacks the column 't'") as error:
        LONG.read(str(other))
    assert str(error.value).startswith(str(other))
    with pytest.raises(DataError, match=r"has the extension '\.csv', expected series"):
        Files().read(str(other))
    with pytest.raises(DataError, match="is a directory"):
        Files().read(str(tmp_path))
    with pytest.raises(DataError, match="does not exist"):
        Files().read(str(tmp_path / "none.ts"))
    with pytest.raises(ConfigurationError):
        origin_from_config({"name": "other"})
