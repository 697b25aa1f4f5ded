"""The bytes of files, packed or not, and what decoders raise at damaged ones."""

from __future__ import annotations

import errno
import gzip
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from shoal.data.readers import contents
from shoal.data.readers.contents import decoding, file_bytes
from shoal.errors import CapacityError, DataError


class PanicException(BaseException):
    """What libraries in Rust raise."""


def test_gzip_is_told_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    packed = tmp_path / "t.csv"
    packed.write_bytes(gzip.compress(b"a,b\n"))
    assert file_bytes(packed) == b"a,b\n"
    named = tmp_path / "t.csv.gz"
    named.write_bytes(b"a,b\n")
    with pytest.raises(DataError, match=r"is named \.gz and is not gzip"):
        file_bytes(named)


def test_damaged_gzip_says_how(tmp_path: Path) -> None:
    path, whole = tmp_path / "t.csv.gz", gzip.compress(b"0123456789" * 99)
    path.write_bytes(whole[:-9])
    with pytest.raises(DataError, match="ends too early; fetch it again"):
        file_bytes(path)
    path.write_bytes(whole[:-8] + bytes(8))
    with pytest.raises(DataError, match="is a damaged gzip file"):
        file_bytes(path)


def test_no_more_is_unpacked_than_the_memory_can_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(bytes(5000)))
    monkeypatch.setattr(contents, "available_bytes", lambda: 16_000)  # a quarter of which are 4000
    with pytest.raises(CapacityError, match="unpacks to more than"):
        file_bytes(path)


def as_table() -> AbstractContextManager[None]:
    return decoding(Path("t"), "a table")


@pytest.mark.parametrize("error", [KeyError("x"), PanicException("x"), OSError(errno.EINVAL, "x")])
def test_whatever_a_decoder_raises_is_of_the_file(error: BaseException) -> None:
    with (
        pytest.raises(DataError, match=r"^t cannot be read as a table \(.*x.*\); write it again$"),
        as_table(),
    ):
        raise error


def test_reasons_are_one_short_line_or_the_name_of_the_error() -> None:
    with pytest.raises(DataError) as caught, as_table():
        raise ValueError("so\nlong " + "x" * 999)
    assert "(so long xxx" in str(caught.value)
    assert len(str(caught.value)) < 300
    with pytest.raises(DataError, match=r"\(ValueError\)"), as_table():
        raise ValueError


def test_what_is_no_damage_passes() -> None:
    with pytest.raises(PermissionError), as_table():
        raise PermissionError(errno.EACCES, "no")
    with pytest.raises(KeyboardInterrupt), as_table():
        raise KeyboardInterrupt
    with (
        pytest.raises(CapacityError, match="needs more memory than there is"),
        as_table(),
    ):
        raise MemoryError
