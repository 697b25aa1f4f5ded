from __future__ import annotations

import csv
import io

import numpy as np

from shoal.lecture.study import Table


def test_a_table_reads_back_from_its_csv() -> None:
    columns = {"name": ["a, b", 'c "d"'], "count": [1, 2000], "share": np.array([1 / 3, 1e-20])}
    header, *rows = csv.reader(io.StringIO(Table(columns).csv()))
    assert header == list(columns)
    assert [row[0] for row in rows] == columns["name"]
    assert [int(row[1]) for row in rows] == [1, 2000]
    np.testing.assert_allclose([float(row[2]) for row in rows], columns["share"], rtol=1e-9)


def test_cells_are_for_readers() -> None:
    assert Table({"M": [3], "error": [0.012345], "kind": ["gd"]}).cells() == [["3", "0.0123", "gd"]]
