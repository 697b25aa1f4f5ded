from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.data.sequences.long_tables import LongColumns
from shoal.data.sequences.origins import Files, LongTables, origin_from_config, origin_to_config
from shoal.data.sequences.recognised import holds_series
from shoal.data.tables import read_marked
from shoal.errors import ConfigurationError, DataError, ShoalWarning

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


def test_numbers_of_a_long_table_are_read_as_those_that_were_fitted(tmp_path: Path) -> None:
    fitted, other = tmp_path / "fitted.csv", tmp_path / "other.csv"
    fitted.write_text("id;t;x;label\na;1;1.234,5;u\na;2;7;u\nb;1;1.500,25;v\nb;2;3;v\n")
    table = read_marked(str(fitted))
    columns = LongColumns("id", "t", ("x",), "label")
    origin = LongTables.of(columns, table)
    data = origin.series(table.frame, str(fitted), strict=False)
    assert [each.tolist() for each in data.train.series] == [[[1234.5, 7]], [[1500.25, 3]]]
    restored = origin_from_config(json.loads(json.dumps(origin_to_config(origin))))
    assert restored == origin
    other.write_text("id;t;x\na;1;1.234\na;2;2.345\n")  # which tells nothing
    assert restored.read(str(other)).train.series[0].tolist() == [[1234, 2345]]
    other.write_text("id;t;x\na;1;1.23\na;2;2.345\n")
    with pytest.warns(ShoalWarning, match="are read with decimal points"):
        assert restored.read(str(other)).train.series[0].tolist() == [[1.23, 2.345]]
    assert LONG.read(str(other)).train.series[0].tolist() == [[1.23, 2.345]]  # of a model that noted nothing


@pytest.mark.parametrize("notations", [3, [1], {"x": 1}, {"x": {"decimal": "!"}}])
def test_notations_that_are_none_are_refused(notations: Any) -> None:
    with pytest.raises(ConfigurationError, match="in no way that shoal knows"):
        origin_from_config(origin_to_config(LONG) | {"notations": notations})
