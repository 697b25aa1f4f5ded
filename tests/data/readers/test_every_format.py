"""One table in every format: the same model to the bit, and the same predictions."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from shoal.cli.terminal import TerminalListener, plain_console
from shoal.data.readers.packed import format_of
from shoal.jobs.fit import fit_data
from shoal.jobs.predict import predict_data
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize

Make = Callable[..., bytes]
SIZE = AskedSize(hidden=((2,),), starts=2, l2=(1.0,), epochs=3)
ROWS = 60


def columns() -> dict[str, list[Any]]:
    rng = np.random.default_rng(0)
    size = rng.normal(size=ROWS)
    return {
        "size": [None if k % 9 == 0 else float(value) for k, value in enumerate(size)],
        "count": rng.integers(1000, 2000, ROWS).tolist(),
        "colour": rng.choice(["red", "light blue", "it's"], ROWS).tolist(),
        "label": np.where(size > 0, "yes", "no and no").tolist(),
    }


def as_csv(table: dict[str, list[Any]]) -> bytes:
    return pl.DataFrame(table).write_csv().encode()


def as_json_lines(table: dict[str, list[Any]]) -> bytes:
    rows = zip(*table.values(), strict=True)
    return "\n".join(json.dumps(dict(zip(table, row, strict=True))) for row in rows).encode()


def as_arrow(table: dict[str, list[Any]]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(table).write_ipc(buffer)
    return buffer.getvalue()


def as_parquet(table: dict[str, list[Any]]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(table).write_parquet(buffer)
    return buffer.getvalue()


def as_npz(table: dict[str, list[Any]]) -> bytes:
    buffer = io.BytesIO()
    arrays = {name: np.array([np.nan if v is None else v for v in values]) for name, values in table.items()}
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def as_arff(table: dict[str, list[Any]]) -> bytes:
    def quoted(value: object) -> str:
        return "'" + str(value).replace("'", "\\'") + "'"

    lines = ["@relation t"]
    for name, values in table.items():
        texts = isinstance(values[-1], str)
        kind = f"{{{','.join(sorted(map(quoted, set(values))))}}}" if texts else "numeric"
        lines.append(f"@attribute {name} {kind}")
    rows = zip(*table.values(), strict=True)
    cells = (
        ["?" if v is None else quoted(v) if isinstance(v, str) else repr(v) for v in row] for row in rows
    )
    return "\n".join([*lines, "@data", *map(",".join, cells)]).encode()


def as_rows(table: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {"S": [list(table), *map(list, zip(*table.values(), strict=True))]}


def fitted(path: Path, target: str, folder: Path) -> tuple[bytes, bytes]:
    """Fit a tiny model and let it predict its own table; return the bytes of its weights and predictions."""
    with TerminalListener(plain_console(stderr=True)) as listener, pytest.MonkeyPatch.context() as patch:
        patch.setattr("shoal.jobs.fit_study.write_pages", lambda *_, **__: None)  # half of the time
        fit_data(FitRequest(str(path), target, size=SIZE, jobs=1), folder, listener)
    predict_data(folder, str(path), folder.with_suffix(".csv"))
    return (folder / "weights.safetensors").read_bytes(), folder.with_suffix(".csv").read_bytes()


@pytest.fixture(scope="module")
def from_csv(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    folder = tmp_path_factory.mktemp("csv")
    (folder / "t.csv").write_bytes(as_csv(columns()))
    return fitted(folder / "t.csv", "label", folder / "out")


@pytest.mark.parametrize(
    "name",
    ["t.tsv", "t.csv.gz", "t.csv.zst", "t.parquet", "t.feather", "t.arrow.gz", "t.jsonl", "t.ndjson.gz",
     "t.npz", "t.arff", "t.xlsx", "t.ods"],
)  # fmt: skip
def test_the_same_table_is_the_same_model(
    name: str, from_csv: tuple[bytes, bytes], tmp_path: Path, xlsx: Make, ods: Make
) -> None:
    table = columns()
    encoded: dict[str, Callable[[], bytes]] = {
        ".csv": lambda: as_csv(table),
        ".tsv": lambda: pl.DataFrame(table).write_csv(separator="\t").encode(),
        ".parquet": lambda: as_parquet(table),
        ".feather": lambda: as_arrow(table),
        ".arrow": lambda: as_arrow(table),
        ".jsonl": lambda: as_json_lines(table),
        ".ndjson": lambda: as_json_lines(table),
        ".npz": lambda: as_npz(table),
        ".arff": lambda: as_arff(table),
        ".xlsx": lambda: xlsx(as_rows(table)),
        ".ods": lambda: ods(as_rows(table)),
    }
    kind, packed = format_of(Path(name))
    content = encoded[kind]()
    if packed:
        content = (
            gzip.compress(content) if name.endswith(".gz") else pa.compress(content, "zstd", asbytes=True)
        )
    (tmp_path / name).write_bytes(content)
    assert fitted(tmp_path / name, "label", tmp_path / "out") == from_csv


def test_svmlight_is_the_same_model(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 3)) * (rng.uniform(size=(ROWS, 3)) < 0.7)
    y = np.where(X[:, 0] > 0, 1, -1)
    table = {"target": y.tolist(), **{f"f{k + 1}": X[:, k].tolist() for k in range(3)}}
    (tmp_path / "t.csv").write_bytes(as_csv(table))
    rows = (
        f"{label} " + " ".join(f"{k + 1}:{x!r}" for k, x in enumerate(row) if x)
        for label, row in zip(y.tolist(), X.tolist(), strict=True)
    )
    (tmp_path / "t.svm").write_text("\n".join(rows))
    expected = fitted(tmp_path / "t.csv", "target", tmp_path / "csv")
    assert fitted(tmp_path / "t.svm", "target", tmp_path / "svm") == expected


def test_a_sparse_file_of_fewer_features_is_predicted_for(tmp_path: Path) -> None:
    """Its widest row names fewer features than the model was trained on: the others are zero."""
    rows = [f"{k % 2} 1:{k} 2:{k % 3} 3:{k % 2 + k / 7}" for k in range(40)]
    (tmp_path / "t.svm").write_text("\n".join(rows))
    fitted(tmp_path / "t.svm", "target", tmp_path / "out")
    (tmp_path / "new.svm").write_text("0 1:2\n")
    (tmp_path / "new.csv").write_text("f1,f2,f3\n2,0,0\n")
    for name in ("new.svm", "new.csv"):
        assert predict_data(tmp_path / "out", str(tmp_path / name), tmp_path / f"{name}.p.csv") == 1
    assert (tmp_path / "new.svm.p.csv").read_bytes() == (tmp_path / "new.csv.p.csv").read_bytes()
