from __future__ import annotations

import gzip
import random
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.io import arff

from shoal.data.columns import describe_columns
from shoal.data.tables import read_table
from shoal.errors import CapacityError, DataError, ShoalError

DENSE = b"""% The weather, by hand.
@RELATION 'the weather'

@attribute 'how warm' REAL
@Attribute outlook {sunny, 'light rain', "it's wet", 7}   % nominal
@attribute note string
@attribute day date "yyyy-MM-dd"
@attribute count integer
@DATA
1.5, sunny, 'a, b', 2024-02-29, 3
?, 'light rain', "say \\"hi\\"", ?, ?
% in between
-2e3,"it's wet",'it\\'s','2024-03-01',4

0,7,plain,?,5
"""
READ = {
    "how warm": [1.5, None, -2000.0, 0.0],
    "outlook": ["sunny", "light rain", "it's wet", "7"],
    "note": ["a, b", 'say "hi"', "it's", "plain"],
    "day": [datetime(2024, 2, 29), None, datetime(2024, 3, 1), None],  # noqa: DTZ001
    "count": [3.0, None, 4.0, 5.0],
}


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_dense_rows(ends: bytes, write_file: Any) -> None:
    table = read_table(write_file("t.arff", DENSE.replace(b"\n", ends)))
    assert table.to_dict(as_series=False) == READ
    packed = read_table(write_file("t.arff.gz", gzip.compress(DENSE)))
    assert packed.to_dict(as_series=False) == READ


def test_nominal_attributes_are_categories(write_file: Any) -> None:
    data = b"@relation r\n@attribute code {1,2}\n@attribute x real\n@data\n1,0\n2,1\n1,2\n"
    table = read_table(write_file("t.arff", data))
    assert table.schema["code"] == pl.Categorical
    assert [column.kind for column in describe_columns(table)] == ["categorical", "numeric"]


def test_sparse_rows_have_zeros_and_first_labels(write_file: Any) -> None:
    data = (
        b"@relation r\n@attribute x numeric\n@attribute c {no,yes,'not sure'}\n@attribute s string\n"
        b"@attribute z real\n@data\n{0 1.5, 1 yes}\n{}\n{ 1 'not sure' , 2 \"a, b\",3 ?}\n{0 ?, 1 ?}\n"
    )
    assert read_table(write_file("t.arff", data)).to_dict(as_series=False) == {
        "x": [1.5, 0.0, 0.0, None],
        "c": ["yes", "no", "not sure", None],
        "s": [None, None, "a, b", None],
        "z": [0.0, 0.0, None, 0.0],
    }


def test_scipy_reads_the_same(write_file: Any) -> None:
    rng = np.random.default_rng(0)
    rows = "\n".join(
        f"{float(x)!r},{'abc'[k]}" for x, k in zip(rng.normal(size=50), rng.integers(3, size=50), strict=True)
    )
    path = write_file(
        "t.arff", f"@relation r\n@attribute x real\n@attribute k {{a,b,c}}\n@data\n{rows}\n".encode()
    )
    known, _ = arff.loadarff(path)
    table = read_table(path)
    np.testing.assert_array_equal(table["x"].to_numpy(), known["x"])
    assert table["k"].to_list() == [label.decode() for label in known["k"]]


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        ("date", "2024-02-29T13:45:01", datetime(2024, 2, 29, 13, 45, 1)),  # noqa: DTZ001
        ("DATE 'dd/MM/yyyy HH:mm'", "'29/02/2024 13:45'", datetime(2024, 2, 29, 13, 45)),  # noqa: DTZ001
        ("date dd.MM.yy", "29.02.24", datetime(2024, 2, 29)),  # noqa: DTZ001
        ("date \"yyyyMMdd'at'HHmm\"", "20240229at1300", datetime(2024, 2, 29, 13)),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_dates_are_read_as_declared(declared: str, value: str, expected: datetime, write_file: Any) -> None:
    data = f"@relation r\n@attribute d {declared}\n@data\n{value}\n"
    assert read_table(write_file("t.arff", data.encode()))["d"].to_list() == [expected]


HEAD = b"@relation r\n@attribute x numeric\n@attribute c {no,yes}\n@data\n"
BAD: dict[str, tuple[bytes, str]] = {
    "unknown label": (HEAD + b"1,no\n2,maybe\n", "line 6 has 'maybe' for 'c', expected one of its declared"),
    "no number": (HEAD + b"z,no\n", "line 5 has 'z' for 'x', expected a number"),
    "short": (HEAD + b"1\n", "line 5 has 1 value(s), and 2 attributes"),
    "long": (HEAD + b"1,no,2\n", "line 5 has 3 value(s), and 2 attributes"),
    "weight": (HEAD + b"1,no,{2}\n", "line 5 has a weight"),
    "sparse weight": (HEAD + b"{0 1},{2}\n", "line 5 holds '0 1},{2', expected pairs"),
    "index twice": (HEAD + b"{0 1, 0 2}\n", "line 5 names attribute 0 after 0"),
    "index too large": (HEAD + b"{2 1}\n", "line 5 names attribute 2"),
    "open brace": (HEAD + b"{0 1\n", "line 5 is a sparse row without its closing brace"),
    "no pair": (HEAD + b"{a b}\n", "line 5 holds 'a b', expected pairs"),
    "open quote": (HEAD + b"1,'no\n", "line 5 has a quote that is not closed"),
    "quote inside": (HEAD + b"1,'n'o\n", "line 5 has a quote that is not closed"),
    "relational": (b"@relation r\n@attribute x relational\n@data\n1\n", "line 2 declares 'x' as 'relat"),
    "name twice": (b"@relation r\n@attribute x real\n@attribute x real\n@data\n", "declares 'x' again"),
    "label twice": (b"@relation r\n@attribute x {a,a}\n@data\na\n", "line 2 declares a label twice"),
    "no type": (b"@relation r\n@attribute x\n@data\n1\n", "line 2 holds '@attribute x', expected"),
    "odd date": (b"@relation r\n@attribute d date 'EEE'\n@data\n1\n", "line 2 has a date with 'EEE'"),
    "no data": (b"@relation r\n@attribute x real\n", "ends the file before @data"),
    "no attribute": (b"@relation r\n@data\n1\n", "line 2 begins the data before any attribute"),
    "no rows": (HEAD, "has attributes and no rows"),
    "csv": (b"a,b\n1,2\n", "line 1 holds 'a,b', expected @attribute"),
    "latin 1": (HEAD + b"1,n\xe9\n", "is not UTF-8 text"),
    "empty": (b"", "is empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_its_line(name: str, write_file: Any, refuses: Any) -> None:
    content, told = BAD[name]
    with refuses(DataError, "t.arff", told):
        read_table(write_file("t.arff", content))


def test_zeros_that_do_not_fit_are_not_made(write_file: Any, refuses: Any, monkeypatch: Any) -> None:
    from shoal.data import memory

    attributes = b"".join(b"@attribute a%d real\n" % k for k in range(2000))
    path = write_file("t.arff", b"@relation r\n" + attributes + b"@data\n" + b"{}\n" * 2000)
    monkeypatch.setattr(memory, "available_bytes", lambda: 64_000_000)
    with refuses(CapacityError, "t.arff needs 61.0 MiB"):
        read_table(path)


def test_any_damage_is_a_table_or_an_error_of_one_line(write_file: Any) -> None:
    rng = random.Random(0)  # noqa: S311

    def refusal() -> str | None:
        damaged = bytearray(DENSE)
        for _ in range(rng.choice([1, 2, 8])):
            damaged[rng.randrange(len(damaged))] = rng.choice(b"{}'\",?%\\@ \n\t\xff0a")
        try:
            read_table(write_file("d.arff", bytes(damaged)))
        except ShoalError as error:
            return str(error)
        return None

    told = [damage for _ in range(300) if (damage := refusal())]
    assert len(told) > 100
    assert [message for message in told if "\n" in message or "d.arff" not in message] == []
