from __future__ import annotations

import errno
import gzip
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import shoal.data.memory as memory
import shoal.data.readers.contents as contents
from shoal.data.cells.notation import Known, Notation
from shoal.data.tables import read_marked, read_table
from shoal.errors import CapacityError, DataError, UnknownNameError

CSV = b"x,name\n1, a b \n2,?\nNA,\n"
READ = {"x": ["1", "2", None], "name": ["a b", None, None]}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", CSV),
        ("t.CSV", CSV),
        ("t.txt", CSV),
        ("t.csv.gz", gzip.compress(CSV)),
        ("packed.csv", gzip.compress(CSV)),
        ("t.tsv", CSV.replace(b",", b"\t")),
        ("t.tab.gz", gzip.compress(CSV.replace(b",", b"\t"))),
    ],
)
def test_text_tables_come_as_stripped_texts_with_missing_values(
    name: str, content: bytes, write_file: Any
) -> None:
    table = read_table(write_file(name, content))
    assert table.to_dict(as_series=False) == READ
    assert isinstance(table, pl.DataFrame)


def test_a_tsv_is_cut_at_tabs_alone(write_file: Any) -> None:
    assert read_table(write_file("t.tsv", b"a,b\nu,v\n")).to_dict(as_series=False) == {"a,b": ["u,v"]}


def test_a_path_may_be_text(write_file: Any) -> None:
    assert read_table(str(write_file("t.csv", CSV))).to_dict(as_series=False) == READ


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    frame = pl.DataFrame({"i": [1, None], "f": [0.5, float("nan")], "s": ["a", " "], "b": [True, False]})
    frame.write_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert table.to_dict(as_series=False) == {
        "i": [1, None],
        "f": [0.5, None],
        "s": ["a", None],
        "b": [True, False],
    }


def save_npz(path: Path, **arrays: Any) -> Path:
    with path.open("wb") as file:
        np.savez(file, **arrays)
    return path


def test_npz_gives_a_column_for_each_vector_and_each_column_of_a_matrix(tmp_path: Path) -> None:
    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    path = save_npz(tmp_path / "t.npz", X=X, y=np.array(["a", "b"]))
    assert read_table(path).to_dict(as_series=False) == {"X0": [1.0, 3.0], "X1": [2.0, 4.0], "y": ["a", "b"]}


def test_npz_takes_the_names_of_its_features(tmp_path: Path) -> None:
    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    path = save_npz(tmp_path / "t.npz", X=X, y=[0, 1], feature_names=["size", "age"])
    assert read_table(path).columns == ["size", "age", "y"]


def test_no_python_object_is_ever_unpickled(tmp_path: Path, refuses: Any) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "sprung",)

    trap = np.array([Trap()], dtype=object)
    with (tmp_path / "t.npz").open("wb") as file:
        np.savez(file, y=trap)
    with refuses(DataError, "t.npz", "never unpickled"):
        read_table(tmp_path / "t.npz")
    assert not (tmp_path / "sprung").exists()


def test_a_missing_file_is_told_with_the_nearest_there_is(write_file: Any, refuses: Any) -> None:
    path = write_file("adult.csv.gz", gzip.compress(CSV))
    with refuses(DataError, "adlut.csv.gz does not exist", f"did you mean {path}?"):
        read_table(path.with_name("adlut.csv.gz"))


def test_a_missing_directory_is_told(tmp_path: Path, refuses: Any) -> None:
    with refuses(DataError, "does not exist", f"its directory {tmp_path / 'nowhere'}"):
        read_table(tmp_path / "nowhere" / "t.csv")


def test_a_name_too_long_for_any_file_is_refused(tmp_path: Path, refuses: Any) -> None:
    name = "x" * 5000 + ".csv"  # from Python 3.14 on it is one of which no file is there
    with refuses(DataError, name):
        read_table(tmp_path / name)


def test_a_directory_is_no_table(tmp_path: Path, refuses: Any) -> None:
    with refuses(DataError, f"{tmp_path} is a directory", "name a file"):
        read_table(tmp_path)


def test_a_file_that_may_not_be_read_is_told(
    write_file: Any, refuses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with refuses(DataError, "t.csv cannot be read (Permission denied)"):
        read_table(write_file("t.csv", CSV))


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def zip_bytes(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


LISTS = pl.DataFrame({"a": [1], "b": [[1, 2]]})


@pytest.mark.parametrize(
    ("name", "content", "fragments"),
    [
        ("t.xls", b"PK\x03\x04", ["extension '.xls'", ".parquet", "all also .gz", "convert"]),
        ("table", b"a\n1\n", ["extension ''"]),
        ("t.parquet.gz", gzip.compress(b""), ["extension '.gz'"]),
        ("t.csv.gz", CSV, ["named .gz and is not gzip"]),
        ("t.csv.gz", gzip.compress(CSV * 100)[:-20], ["ends too early", "fetch it again"]),
        ("t.csv.gz", gzip.compress(CSV)[:5], ["ends too early"]),
        ("t.csv.gz", gzip.compress(CSV)[:-8] + b"\0" * 8, ["damaged gzip"]),
        ("t.csv.gz", gzip.compress(b""), ["is empty"]),
        ("t.csv", b"", ["is empty"]),
        ("t.csv", b"a,b\n1\n", ["line 2 has 1 field(s)"]),
        ("t.parquet", b"PAR1 and then nothing", ["cannot be read as Parquet"]),
        ("t.parquet", b"", ["cannot be read as Parquet"]),
        ("t.parquet", parquet_bytes(LISTS), ["column 'b'", "List(Int64)", "drop or flatten"]),
        ("t.parquet", parquet_bytes(pl.DataFrame({"a": []})), ["1 columns and no rows"]),
        ("t.npz", b"nothing of the kind", ["cannot be read as NPZ"]),
        ("t.npz", zip_bytes(**{"x.npy": b"\x93NUMPY\x01\0"}), ["cannot be read as NPZ"]),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_line(
    name: str, content: bytes, fragments: list[str], write_file: Any, refuses: Any
) -> None:
    with refuses(DataError, str(name), *fragments):
        read_table(write_file(name, content))


def test_npz_columns_must_fit_together(tmp_path: Path, refuses: Any) -> None:
    with refuses(DataError, "different lengths", "'a': 2", "'b': 3"):
        read_table(save_npz(tmp_path / "t.npz", a=np.ones(2), b=np.ones(3)))
    with refuses(DataError, "'images' of shape (2, 3, 4)", "flatten"):
        read_table(save_npz(tmp_path / "t.npz", images=np.ones((2, 3, 4))))


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(
    write_file: Any, refuses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = write_file("t.csv.gz", gzip.compress(b"x\n" + b"1\n" * 4_000_000))
    monkeypatch.setattr(contents, "available_bytes", lambda: 8 << 20)
    read = []
    open_gzip = gzip.open

    def counting(*arguments: Any) -> Any:
        file = open_gzip(*arguments)
        count = file.read
        file.read = lambda size: read.append(size) or count(size)
        return file

    monkeypatch.setattr(gzip, "open", counting)
    with refuses(CapacityError, "t.csv.gz unpacks to more than 2.0 MiB"):
        read_table(bomb)
    assert sum(read) <= 4 << 20


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.npz"])
def test_a_table_larger_than_the_memory_is_refused(
    name: str, tmp_path: Path, refuses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    frame = pl.DataFrame({"x": np.arange(100_000.0)})
    {"t.csv": frame.write_csv, "t.parquet": frame.write_parquet}.get(
        name, lambda p: save_npz(p, x=frame["x"])
    )(path)
    assert len(read_table(path)) == 100_000
    monkeypatch.setattr(memory, "available_bytes", lambda: 1 << 20)
    with refuses(CapacityError, name, "1.0 MiB are free", "use a part"):
        read_table(path)


def test_an_unknown_builtin_is_told_with_the_nearest_there_is(refuses: Any) -> None:
    with refuses(UnknownNameError, "'brest_cancer'", "did you mean 'breast_cancer'?"):
        read_table("builtin:brest_cancer")


def npz_of(frame: pl.DataFrame, path: Path) -> None:
    save_npz(path, **frame.to_dict(as_series=True))


WRITERS: dict[str, Callable[[pl.DataFrame, Path], Any]] = {
    ".csv": lambda frame, path: path.write_bytes(frame.write_csv().encode()),
    ".csv.gz": lambda frame, path: path.write_bytes(gzip.compress(frame.write_csv().encode())),
    ".tsv": lambda frame, path: path.write_bytes(frame.write_csv(separator="\t").encode()),
    ".parquet": lambda frame, path: path.write_bytes(parquet_bytes(frame)),
    ".npz": npz_of,
}
NAMES = ["t[1]", "t?", "*", "t{1,2}", "a b", "t%311", "#1", "~t", "~", "-t", "é😀", "k=1", "s3:t"]
PLACES = [".", "run[2]", "~"]


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("folder", PLACES)
@pytest.mark.parametrize("name", NAMES)
def test_the_file_of_that_very_name_is_read(
    name: str, folder: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside it lie files that the name would also mean if any of its letters were a pattern."""
    monkeypatch.chdir(tmp_path)
    for place in {folder, ".", "run2"}:
        Path(place).mkdir(exist_ok=True)
        for other in ("t1", "t2", "t", "a"):
            WRITERS[ending](pl.DataFrame({"x": [0, 0, 0], "y": [0, 0, 0]}), Path(place, other + ending))
    WRITERS[ending](pl.DataFrame({"x": [1, 2], "y": [3, 4]}), Path(folder, name + ending))
    table = read_table(f"{folder}/{name}{ending}" if folder != "." else name + ending)
    assert table.columns == ["x", "y"]
    assert [[float(value) for value in table[column]] for column in "xy"] == [[1, 2], [3, 4]]


@pytest.mark.parametrize("ending", WRITERS)
def test_a_name_of_a_pattern_without_its_file_is_not_there(ending: str, tmp_path: Path, refuses: Any) -> None:
    WRITERS[ending](pl.DataFrame({"x": [0], "y": [0]}), tmp_path / f"t1{ending}")
    for name in ("t[1]", "t?", "*"):
        with refuses(DataError, f"{name}{ending} does not exist"):
            read_table(tmp_path / f"{name}{ending}")


def test_a_panic_of_the_parquet_reader_is_an_error_and_an_interrupt_is_not(
    write_file: Any, refuses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The panics of libraries in Rust are no ``Exception``, and each library has a class of its own."""
    path = write_file("t.parquet", parquet_bytes(pl.DataFrame({"a": [1]})))
    panic = type("PanicException", (BaseException,), {})

    def raising(error: BaseException) -> Any:
        def scan(*_: Any) -> Any:
            raise error

        return scan

    for error in (pl.exceptions.PanicException("index\nout of range"), panic("index out of range")):
        monkeypatch.setattr(pl, "scan_parquet", raising(error))
        with refuses(DataError, "t.parquet cannot be read as Parquet (index out of range); write it again"):
            read_table(path)
    monkeypatch.setattr(pl, "scan_parquet", raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        read_table(path)


@pytest.mark.parametrize("ending", [*WRITERS, ".txt", ""])
def test_a_pipe_is_no_table(ending: str, tmp_path: Path, refuses: Any) -> None:
    os.mkfifo(tmp_path / f"t{ending}")
    with refuses(DataError, f"t{ending} cannot be read (it is a pipe, which may never end: save"):
        read_table(tmp_path / f"t{ending}")


def test_rows_one_by_one_are_the_numbers_that_they_are_in_their_table(tmp_path: Path) -> None:
    rows = ["7.061;5.1;x", "4.979,38;2;9.30 Uhr", "5.234;5.3;x", "1.234.567;3.0;10.15 Uhr", "2.500;4;x"]
    together, alone = tmp_path / "together.csv", tmp_path / "alone.csv"
    together.write_text("\n".join(["price;score;text", *rows]))
    table, notations, _ = read_marked(together)
    known = Known({"price": notations["price"], "score": Notation(".")})
    for row, price in zip(rows, table["price"], strict=True):
        alone.write_text(f"price;score;text\n{row}\n")
        assert read_table(alone, known=known)["price"].to_list() == [price]


def test_what_a_file_leaves_open_is_refused_by_its_name(tmp_path: Path) -> None:
    known = Known({"a": Notation("."), "b": Notation(percent=True)})
    for name, text in {"open.csv": "a;b\n1,234;5%\n", "signs.csv": "a;b\n1.5;5\n"}.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(DataError, match=rf"{name}: column '.' has"):
            read_table(tmp_path / name, known=known)
    pl.DataFrame({"a": ["1,234"], "b": ["5%"]}).write_parquet(tmp_path / "open.parquet")
    with pytest.raises(DataError, match=r"open\.parquet: column 'a' has"):
        read_table(tmp_path / "open.parquet", known=known)
