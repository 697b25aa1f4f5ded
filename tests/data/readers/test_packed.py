from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from shoal.data.readers import packed
from shoal.data.readers.contents import file_bytes
from shoal.data.readers.packed import first_bytes, unpacked_size
from shoal.data.tables import read_table
from shoal.errors import DataError

Compress = Callable[[bytes], bytes]


def of_zstandard(content: bytes) -> bytes:
    return bytes(pa.compress(content, "zstd", asbytes=True))


PACKINGS: list[tuple[str, Compress]] = [(".gz", gzip.compress), (".zst", of_zstandard)]
both = pytest.mark.parametrize(("suffix", "compress"), PACKINGS)


@both
def test_the_first_bytes_and_the_size(suffix: str, compress: Compress, tmp_path: Path) -> None:
    path = tmp_path / f"t.csv{suffix.upper()}"
    path.write_bytes(compress(b"x" * 5000))
    assert first_bytes(path, 3) == b"xxx"
    assert unpacked_size(path) == 5000
    assert file_bytes(path) == b"x" * 5000
    plain = tmp_path / "t.csv"
    plain.write_bytes(b"xyz")
    assert (first_bytes(plain, 2), unpacked_size(plain)) == (b"xy", 3)


@both
def test_a_table_in_pieces_is_one_table(suffix: str, compress: Compress, tmp_path: Path) -> None:
    path = tmp_path / f"t.csv{suffix}"
    path.write_bytes(compress(b"a,b\n1,2\n") + compress(b"3,4\n"))
    assert read_table(path).rows() == [("1", "2"), ("3", "4")]


def test_a_frame_that_holds_nothing_may_come_first(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.zst"
    path.write_bytes(b"\x5e*M\x18\x02\0\0\0xx" + of_zstandard(b"a,b\n1,2\n"))
    assert read_table(path).rows() == [("1", "2")]


def test_what_gzip_tells_is_a_remainder(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    whole = gzip.compress(b"x" * 5000)
    path.write_bytes(whole[:-4] + (7).to_bytes(4, "little"))
    assert len(whole) > 7
    assert unpacked_size(path) == 7 + 2**32


def test_of_zstandard_a_share_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_LOOKED_AT", 2**18)
    path = tmp_path / "t.csv.zst"
    content = ",".join(map(str, np.random.default_rng(0).integers(10**9, size=100_000))).encode()
    path.write_bytes(of_zstandard(content))
    assert unpacked_size(path) == pytest.approx(len(content), rel=0.5)


@both
@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:-20], lambda whole: whole[:9] + b"\xff" * 40 + whole[49:]]
)
def test_a_damaged_file_is_one_line(
    suffix: str, compress: Compress, damage: Compress, tmp_path: Path
) -> None:
    path = tmp_path / f"t.csv{suffix}"
    path.write_bytes(damage(compress(bytes(range(256)) * 99)))
    for read in (file_bytes, lambda path: first_bytes(path, 10**6)):
        with pytest.raises(DataError, match=r"fetch it again$") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_a_name_that_is_not_true_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.zst"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    with pytest.raises(DataError, match=r"is named \.zst and is not Zstandard"):
        read_table(path)
    other = tmp_path / "t.csv"  # told by its bytes, not by its name
    other.write_bytes(of_zstandard(b"a,b\n1,2\n"))
    assert read_table(other).rows() == [("1", "2")]
