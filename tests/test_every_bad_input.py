"""Whatever is wrong with what a person gives: one line that says what to do, and nothing half-written."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal.cli.terminal import TerminalListener, plain_console
from shoal.jobs.fit import fit_data
from shoal.jobs.place import begin, occupied
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize, Sizing, StudySize
from shoal.selection.store.trial_store import TrialStore

Shoal = Callable[..., Any]
TINY = ["--hidden", "1,2", "--starts", "2", "--l2", "1", "--epochs", "3", "--jobs", "1"]
ROWS = [
    (k * 7 % 23 / 4, ["red", "green", "blue"][k % 3], "yes" if k * 7 % 23 > 11 else "no") for k in range(60)
]


def table(*rows: tuple[object, ...], header: str = "size,colour,label") -> bytes:
    return "".join(f"{line}\n" for line in [header, *(",".join(map(str, row)) for row in rows)]).encode()


def labelled(label: str) -> bytes:
    return table(*((size, colour, label) for size, colour, _ in ROWS))


GOOD = table(*ROWS)
SIZES = table(*((size, colour, f"{size * 2.5:g}") for size, colour, _ in ROWS))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished job, to be copied and not changed."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "t.csv").write_bytes(GOOD)
    size = AskedSize(hidden=((1,), (2,)), starts=2, l2=(1.0,), epochs=3)
    request = FitRequest(str(folder / "t.csv"), "label", size=size, jobs=1)
    with TerminalListener(plain_console(stderr=True)) as listener:
        fit_data(request, folder / "out", listener)
    return folder / "out"


BAD_TABLES: dict[str, tuple[str, bytes, str]] = {
    "empty": ("t.csv", b"", "is empty; expected a header line and rows"),
    "header only": ("t.csv", table(), "has a header and no rows"),
    "ragged": ("t.csv", GOOD + b"1,red\n", "line 62 has 2 field(s), the header has 3"),
    "binary": ("t.csv", bytes(range(256)) * 9, "is not a text table"),
    "binary without zeros": ("t.csv", bytes(range(1, 256)) * 9, "is not a text table"),
    "binary parquet": ("t.parquet", bytes(range(256)) * 9, "cannot be read as Parquet"),
    "binary npz": ("t.npz", bytes(range(256)) * 9, "cannot be read as NPZ"),
    "binary gzip": ("t.csv.gz", bytes(range(256)) * 9, "is named .gz and is not gzip"),
    "torn gzip": ("t.csv.gz", gzip.compress(GOOD)[:-20], "ends too early"),
    "latin 1": ("t.csv", GOOD.replace(b"red", b"r\xe9d"), "is not UTF-8 text: byte"),
    "utf 16": ("t.csv", GOOD.decode().encode("utf-16"), "is UTF-16 text, expected UTF-8"),
    "open quote": ("t.csv", GOOD + b'1,"red,yes\n', "is never closed"),
    "unknown extension": ("t.xls", GOOD, "has the extension '.xls', expected one of .csv"),
    "binary workbook": ("t.xlsx", bytes(range(256)) * 9, "cannot be read as a workbook"),
    "binary arrow": ("t.feather", bytes(range(256)) * 9, "cannot be read as Arrow IPC"),
    "binary json": ("t.jsonl", bytes(range(256)) * 9, "is not a text table"),
    "csv named as svmlight": ("t.svm", GOOD, "cannot be read as svmlight"),
    "csv named as arff": ("t.arff", GOOD, "line 1 holds 'size,colour,label', expected @attribute"),
    "no header": ("t.csv", b"1,2,3\n4,5,6\n", "the first row holds numbers"),
    "unnamed column": ("t.csv", GOOD.replace(b"colour", b"", 1), "column 2 has no name"),
    "same names": ("t.csv", GOOD.replace(b"colour", b"size", 1), "more than one column named 'size'"),
    "absent target": ("t.csv", GOOD.replace(b"label", b"labels", 1), "no column 'label' to predict; did"),
    "no target at all": ("t.csv", labelled(""), "'label' is missing in all 60 rows"),
    "one class": ("t.csv", labelled("yes"), "is 'yes' in all 60 rows; a classification needs two"),
    "a class of one": ("t.csv", GOOD + b"1,red,maybe\n", "a class of the target 'label' has fewer"),
    "infinite feature": ("t.csv", GOOD + b"inf,red,yes\n", "'size' has 'inf' in data row 61, expected a"),
    "huge feature": ("t.csv", GOOD + b"1e300,red,yes\n", "expected a finite number within"),
    "infinite target": ("t.csv", SIZES + b"1,red,-inf\n", "must be finite numbers"),
    "nothing to learn from": ("t.csv", table(*((1, "a", t) for _, _, t in ROWS)), "none of the 2 columns"),
    "two rows": ("t.csv", table((1, "red", "yes"), (2, "red", "no")), "2 classes of the target"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_table_that_cannot_be_used(shoal: Shoal, name: str) -> None:
    file, content, told = BAD_TABLES[name]
    Path(file).write_bytes(content)
    assert told in shoal("fit", file, "--target", "label", "--out", "out").refusal
    assert [path.name for path in Path.cwd().iterdir()] == [file]


def test_a_table_that_is_not_there(shoal: Shoal) -> None:
    Path("folder").mkdir()
    Path("table.csv").write_bytes(GOOD)
    for name, told in {
        "tabel.csv": "tabel.csv does not exist, expected a table; did you mean table.csv?",
        "no/where.csv": "its directory no does not exist either",
        "folder": "sequences with --id and forecasts, and folder is read as images; leave it out",
        "builtin:irsi": "unknown builtin table 'irsi'; did you mean 'iris'?",
    }.items():
        assert told in shoal("fit", name, "--target", "label", "--out", "out").refusal
    assert not Path("out").exists()


def test_a_table_of_python_objects_is_not_unpickled(shoal: Shoal) -> None:
    np.savez("t.npz", x=np.array([print, {}], dtype=object), y=np.arange(2))
    told = shoal("fit", "t.npz", "--target", "y", "--out", "out").refusal
    assert "Python objects, which are never unpickled" in told


def test_a_regression_of_texts(shoal: Shoal) -> None:
    Path("t.csv").write_bytes(GOOD)
    told = shoal("fit", "t.csv", "--target", "label", "--task", "regression", "--out", "out").refusal
    assert "must be finite numbers: column 'label' has 'no' in data row 1" in told
    assert not Path("out").exists()


def test_a_table_larger_than_the_memory(shoal: Shoal, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("t.csv").write_bytes(GOOD)
    for free, told in (
        (1000, "the table t.csv needs"),
        (9000, " at a time of 34,817 parameters"),
    ):
        monkeypatch.setattr("shoal.data.memory.available_bytes", lambda free=free: free)
        assert told in shoal("fit", "t.csv", "--target", "label", "--out", "out").refusal
    assert not Path("out").exists()


BAD_OPTIONS: list[tuple[str, str]] = [
    ("--hidden 4,x", "--hidden 4,x: hidden sizes are whole numbers ≥ 0 such as 8"),
    ("--hidden -3", "got '-3'"),
    ("--hidden 4,4", "hidden holds '4' more than once"),
    ("--hidden 4,,8", "got ''"),
    ("--hidden 3x0", "a hidden layer needs at least one unit, got '3x0'"),
    ("--hidden 99999999999", "of memory, and"),
    ("--l2 -1", "an L2 strength must be a number ≥ 0, got -1.0"),
    ("--l2 1;2", "--l2 takes values separated by commas, got '1;2'; write them as in 0.1,1,10"),
    ("--l2 nan", "an L2 strength must be a number ≥ 0, got nan"),
    ("--starts -2", "--starts must be at least 1, got -2"),
    ("--starts many", "Invalid value for '--starts'"),
    ("--epochs 0", "--epochs must be at least 1, got 0"),
    ("--seed -1", "seed must be an integer from 0 to 2**64 - 1, got -1"),
    ("--folds 1", "--folds must be at least 2, got 1"),
    ("--folds 49", "--folds 49 asks for more folds than the 48 rows"),
    ("--folds 3 --valid v.csv", "--folds and --valid were given; validate in one way only"),
    ("--validation-share 1.5", "--validation-share must be between 0 and 1, got 1.5"),
    ("--test-share 0", "--test-share must be between 0 and 1, got 0"),
    ("--batch-size 0", "--batch-size must be at least 1"),
    ("--patience -1", "--patience must be at least 1"),
    ("--jobs 0", "--jobs must be a whole number other than 0"),
    ("--learning-rate 0", "--learning-rate must be a positive number, got 0"),
    ("--solver adma", "unknown solver 'adma'; did you mean 'adam'?"),
    ("--activation tahn", "unknown activation 'tahn'; did you mean 'tanh'?"),
    ("--choose bset", "unknown rule of choice 'bset'; did you mean 'best'?"),
    ("--task regresion", "unknown task 'regresion'; did you mean 'regression'?"),
    ("--solver scg --learning-rate 1", "scg finds its own step length"),
    ("--valid missing.csv", "missing.csv does not exist"),
    ("--hiden 4", "No such option: --hiden"),
    ("--resume --overwrite", "--resume and --overwrite were given"),
    ("extra", "extra"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "told"), BAD_OPTIONS, ids=lambda value: value)
def test_options_that_cannot_be_used(shoal: Shoal, options: str, told: str) -> None:
    Path("t.csv").write_bytes(GOOD)
    assert told in shoal("fit", "t.csv", "--target", "label", "--out", "out", *options.split()).refusal
    assert [path.name for path in Path.cwd().iterdir()] == ["t.csv"]


def test_a_table_to_choose_by_that_does_not_fit(shoal: Shoal) -> None:
    Path("t.csv").write_bytes(GOOD)
    for content, told in (
        (GOOD.replace(b"label", b"other", 1), "--valid v.csv has the column 'other', which the table lacks"),
        (
            table(*((s, c) for s, c, _ in ROWS), header="size,colour"),
            "--valid v.csv: the table has no column 'label'",
        ),
        (GOOD.replace(b"yes", b"maybe"), "--valid v.csv: the target 'label' is 'maybe' in data row"),
    ):
        Path("v.csv").write_bytes(content)
        options = ["--target", "label", "--out", "out", "--valid", "v.csv"]
        assert told in shoal("fit", "t.csv", *options).refusal
        assert not Path("out").exists()


@pytest.fixture
def begun() -> Path:
    """A folder in which a study has begun."""
    size = AskedSize(hidden=((1,), (2,)), starts=2, l2=(1.0,), epochs=3)
    sizing = Sizing(StudySize(((1,), (2,)), 2, (1.0,), 3), 4.0, ())
    with occupied(Path("out")):
        begin(Path("out"), FitRequest("t.csv", "label", size=size, jobs=1), sizing)
    return Path("out")


def test_a_folder_that_another_study_works_in(shoal: Shoal, begun: Path) -> None:
    Path("t.csv").write_bytes(GOOD)
    store = TrialStore(begun / "study")
    for option in ("--resume", "--overwrite"):
        told = shoal("fit", "t.csv", "--target", "label", "--out", begun, *TINY, option).refusal
        assert "is in use by another study; wait for it to end" in told
    store.close()
    assert shoal("fit", "t.csv", "--target", "label", "--out", begun, *TINY, "--resume").code == 0


def test_a_folder_that_is_taken(shoal: Shoal, finished: Path) -> None:
    Path("t.csv").write_bytes(GOOD)
    shutil.copytree(finished, "done")
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    for out, told in (
        ("done", "done already holds a model; begin anew with --overwrite"),
        ("mine", "mine holds other files"),
        ("t.csv", "t.csv is a file; give a folder, new or empty"),
        ("t.csv/out", "t.csv is a file, so t.csv/out cannot be made in it"),
    ):
        assert told in shoal("fit", "t.csv", "--target", "label", "--out", out, *TINY).refusal
    assert {path.name for path in Path("mine").iterdir()} == {"notes.txt"}
    assert Path("done/model.json").read_bytes() == (finished / "model.json").read_bytes()


def test_a_read_only_folder(shoal: Shoal, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("t.csv").write_bytes(GOOD)
    monkeypatch.setattr("shoal.jobs.place.os.access", lambda path, mode: False)
    told = shoal("fit", "t.csv", "--target", "label", "--out", "out", *TINY).refusal
    assert "is read-only; give another folder" in told
    assert not Path("out").exists()


def full_disk(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_fills_while_the_model_is_saved(shoal: Shoal, monkeypatch: pytest.MonkeyPatch) -> None:
    from shoal.jobs.saved.studies import save_model

    def save(*arguments: object, **options: object) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full_disk)
            save_model(*arguments, **options)  # type: ignore[arg-type]

    Path("t.csv").write_bytes(GOOD)
    command = ["fit", "t.csv", "--target", "label", "--out", "out", *TINY]
    with monkeypatch.context() as patched:
        patched.setattr("shoal.jobs.fit_study.save_model", save)
        told = shoal(*command).refusal
    assert "weights.safetensors cannot be written (No space left on device)" in told
    assert {path.name for path in Path("out").iterdir()} == {"plan.json", "study"}
    assert shoal(*command, "--resume").code == 0


def test_predictions_that_cannot_be_made(shoal: Shoal, finished: Path) -> None:
    Path("t.csv").write_bytes(GOOD)
    Path("few.csv").write_bytes(GOOD.replace(b"size", b"sizes", 1))
    Path("more.csv").write_bytes(GOOD.replace(b"label", b"other", 1))
    for arguments, told in (
        (["nowhere", "t.csv", "--out", "p.csv"], "nowhere is no model folder: it has no model.json"),
        ([".", "t.csv", "--out", "p.csv"], ". is no model folder"),
        ([finished, "t.csvs", "--out", "p.csv"], "t.csvs does not exist"),
        ([finished, "few.csv", "--out", "p.csv"], "lacks the column 'size'"),
        (
            [finished, "more.csv", "--out", "p.csv"],
            "not trained on: 'other'; drop them or pass --ignore-extra",
        ),
        ([finished, "t.csv", "--out", "p.xls"], "has the extension '.xls', expected .csv"),
        ([finished, "t.csv", "--out", "no/p.csv"], "no/p.csv cannot be written (No such file or directory)"),
    ):
        assert told in shoal("predict", *arguments).refusal
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["few.csv", "more.csv", "t.csv"]
    assert shoal("predict", finished, "more.csv", "--ignore-extra", "--out", "p.csv") == (
        0, ["60 predictions: p.csv"], [],
    )  # fmt: skip


def test_a_model_folder_that_was_spoilt(shoal: Shoal, finished: Path) -> None:
    Path("t.csv").write_bytes(GOOD)
    for name in ("model.json", "weights.safetensors", "preprocessing.json"):
        shutil.copytree(finished, "spoilt", dirs_exist_ok=True)
        Path("spoilt", name).write_bytes((finished / name).read_bytes()[:-9])
        told = shoal("predict", "spoilt", "t.csv", "--out", "p.csv").refusal
        assert f"{name} is truncated or was altered; restore the folder" in told
    Path("spoilt/model.json").write_text('{"format": 7}')
    assert "install a newer shoal" in shoal("predict", "spoilt", "t.csv", "--out", "p.csv").refusal
    assert not Path("p.csv").exists()


def test_a_report_that_cannot_be_made(shoal: Shoal, finished: Path) -> None:
    assert "evidence.json does not exist" in shoal("report", ".").refusal
    Path("evidence.json").write_text(json.dumps({"format": 99}))
    assert "install a newer shoal" in shoal("report", ".").refusal
    shutil.copy(finished / "evidence.json", ".")
    assert shoal("report", ".") == (0, ["Report: report.html"], [])


@pytest.mark.parametrize("name", ["t[1]", "t?", "a b%20#", "~t", "é"])
def test_a_name_is_a_name_on_every_route(shoal: Shoal, name: str) -> None:
    """Beside each file lies a namesake by pattern, which would be refused for its columns."""
    Path("out[1]").mkdir()
    for folder in (".", "run2", "run[2]"):
        Path(folder).mkdir(exist_ok=True)
        pl.DataFrame({"wrong": [1.0]}).write_parquet(Path(folder, "t1.parquet"))
    frame = pl.read_csv(io.BytesIO(GOOD))
    files = [f"{name}.parquet", f"run[2]/{name}.parquet", f"run[2]/{name}.v.parquet"]
    for file in files:
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        Path(file).write_bytes(buffer.getvalue())
    table, test, valid = files
    fit = ["fit", table, "--target", "label", "--test", test, "--valid", valid, "--out", "out[1]", *TINY]
    assert shoal(*fit, "--choose", "best").code == 0
    assert shoal(*fit, "--choose", "best", "--resume").code == 0
    assert shoal("predict", "out[1]", test, "--out", f"run[2]/{name}.out.csv").code == 0
    assert len(Path(f"run[2]/{name}.out.csv").read_text().splitlines()) == 61


def test_what_may_never_end_is_opened_on_no_route(shoal: Shoal, finished: Path) -> None:
    Path("t.csv").write_bytes(GOOD)
    shutil.copytree(finished, "model")
    for pipe in ("p.csv", "p.parquet", "p.npz"):
        os.mkfifo(pipe)
        for route in (
            ["fit", pipe, "--target", "label", "--out", "out"],
            ["fit", "t.csv", "--target", "label", "--out", "out", "--test", pipe],
            ["fit", "t.csv", "--target", "label", "--out", "out", "--valid", pipe],
            ["predict", "model", pipe, "--out", "p.out.csv"],
            ["explain", "model", pipe],
        ):
            assert f"{pipe} cannot be read (it is a pipe, which may never end" in shoal(*route).refusal
    for name in ("model.json", "preprocessing.json", "weights.safetensors", "evidence.json"):
        shutil.rmtree("model")
        shutil.copytree(finished, "model")
        Path("model", name).unlink()
        os.mkfifo(Path("model", name))
        command = (
            ["report", "model"]
            if name == "evidence.json"
            else ["predict", "model", "t.csv", "--out", "o.csv"]
        )
        assert f"model/{name} cannot be read (it is a pipe" in shoal(*command).refusal
