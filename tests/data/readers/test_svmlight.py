from __future__ import annotations

import gzip
import tracemalloc
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import dump_svmlight_file

from shoal.data import memory
from shoal.data.tables import read_table
from shoal.errors import CapacityError, DataError, ShoalWarning

X = np.array([[0.5, 0, 2], [0, 1, 0]])


@pytest.mark.parametrize("name", ["t.svm", "t.svmlight", "t.libsvm", "t.svm.gz"])
@pytest.mark.parametrize("first", [0, 1])
def test_features_are_named_as_the_file_numbers_them(name: str, first: int, tmp_path: Any) -> None:
    dump_svmlight_file(X, [1, -1], str(tmp_path / "plain"), zero_based=first == 0, comment="by hand")
    content = (tmp_path / "plain").read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    table = read_table(tmp_path / name)
    assert table.columns == ["target", *(f"f{first + k}" for k in range(3))]
    np.testing.assert_array_equal(table.to_numpy(), np.column_stack([[1, -1], X]))


def test_a_feature_that_is_zero_everywhere_is_there_when_expected(write_file: Any) -> None:
    path = write_file("t.svm", b"1 1:2\n0 2:1\n")
    table = read_table(path, ["f1", "f2", "f3", "f0", "target", "colour"])
    assert table.columns == ["target", "f1", "f2", "f3", "f0"]
    assert table["f3"].to_list() == table["f0"].to_list() == [0, 0]


def test_queries_are_left_out_and_told(write_file: Any) -> None:
    with pytest.warns(ShoalWarning, match=r"the query numbers \(qid\) of .*t.svm are left out"):
        assert read_table(write_file("t.svm", b"1 qid:7 1:2\n")).columns == ["target", "f1"]


@pytest.mark.parametrize(
    "data",
    [b"x 1:2\n", b"1,2 1:3\n", b"1 2:1 1:1\n", b"1 -1:2\n", b"1 a:b\n", b"1 1\n", b"1 1:1:1\n", b"\xff\n",
     b"1 99999999999999999999:1\n", b"1 4000000000:1\n", b"", b"\n# nothing\n", bytes(99)],
)  # fmt: skip
def test_a_bad_file_is_refused(data: bytes, write_file: Any, refuses: Any) -> None:
    with refuses(DataError, "t.svm", "expected lines such as '1 3:0.5 7:2'"):
        read_table(write_file("t.svm", data))


def test_zeros_that_do_not_fit_are_not_made(
    write_file: Any, refuses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file("t.svm", b"1 1000000:1\n" * 10)
    monkeypatch.setattr(memory, "available_bytes", lambda: 100_000_000)
    with refuses(CapacityError, "t.svm needs 1.8 GiB"):
        read_table(path)


def test_a_large_number_of_a_feature_is_refused_before_the_features_have_names(
    write_file: Any, refuses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file("t.svm", b"1 1:2\n0 1000000:1\n")
    monkeypatch.setattr(memory, "available_bytes", lambda: 100_000_000)  # three times what the values take
    tracemalloc.start()
    try:
        with refuses(CapacityError, "t.svm needs"):
            read_table(path)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
