"""What is damaged: finished jobs, tables and images of every kind, as the bytes of their files."""

from __future__ import annotations

import gzip
import io
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console

from shoal.cli.terminal import TerminalListener
from shoal.data.frames import pl
from shoal.jobs.fit import fit_data
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize
from tests.data.readers import workbooks

Files = Mapping[str, bytes]
N = 48


@dataclass(frozen=True)
class Job:
    """A finished job: what was asked, its folder, and the file that it read."""

    request: FitRequest
    folder: Files
    source: Files


def columns(task: str) -> dict[str, list[object]]:
    """Return a table with a column of every kind."""
    rng = np.random.default_rng(0)
    signal = rng.normal(size=N)
    days = np.datetime64("2024-01-01") + rng.integers(0, 700, size=N)
    target = {
        "binary": np.where(signal > 0, "yes", "no"),
        "classes": np.array(["low", "middle", "top"])[np.digitize(signal, [-0.5, 0.5])],
        "regression": (1000 + 50 * signal).round(3),
    }[task]
    return {
        "signal": signal.round(4).tolist(),
        "noise": [None if i % 7 == 0 else float(v) for i, v in enumerate(rng.normal(size=N).round(3))],
        "colour": rng.choice(["red", "green", "blue"], size=N).tolist(),
        "member": rng.choice(["true", "false"], size=N).tolist(),
        "seen": days.astype(str).tolist(),
        "target": target.tolist(),
    }


def jobs() -> dict[str, Job]:
    """Return a job of classes, one of numbers in every form, and one of images."""
    of_classes = {"classes.csv": tables()["classes.csv"]}
    of_numbers = {"numbers.csv": pl.DataFrame(columns("regression")).write_csv().encode()}
    of_images = {"images.npz": images()["images.npz"]["images.npz"]}
    return {
        "classes": _job(of_classes, "target", hidden=((2,), (2, 2)), choose="one-se"),
        "numbers": _job(of_numbers, "target", hidden=((3,),), choose="ensemble", pieces=2, waves=1),
        "images": _job(of_images, None, hidden=((2,),), choose="best"),
    }


def _job(source: Files, target: str | None, hidden: Any, **settings: Any) -> Job:
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (name,) = spread(source, Path(place))
        size = AskedSize(hidden=hidden, starts=2, l2=(0.1,), epochs=2)
        request = FitRequest(str(Path(place) / name), target, size=size, jobs=1, **settings)
        listener = TerminalListener(Console(file=io.StringIO()))
        fit_data(request, Path(place) / "out", listener, "shoal fit")
        return Job(request, gathered(Path(place) / "out"), source)


def tables() -> dict[str, bytes]:
    """Return the same table in every format, by the names of the files."""
    frame = pl.DataFrame(columns("classes"))
    X = frame.select("signal", pl.col("noise").fill_null(0.0)).to_numpy()
    labels = np.array(columns("classes")["target"])
    text = frame.write_csv()
    typed = frame.with_columns(
        pl.col("seen").str.to_date(), pl.col("colour").cast(pl.Categorical), pl.col("member") == "true"
    )
    rows = [frame.columns, *frame.rows()]
    return {
        "classes.csv": text.encode(),
        "semicolon.csv": text.replace(".", "#").replace(",", ";").replace("#", ",").encode("utf-8-sig"),
        "packed.tsv.gz": gzip.compress(text.replace(",", "\t").encode(), mtime=0),
        "typed.parquet": _written(typed, "write_parquet"),
        "plain.parquet": _written(frame, "write_parquet", compression="uncompressed"),
        "typed.arrow": _written(typed, "write_ipc"),
        "packed.feather": _written(frame, "write_ipc", compression="zstd"),
        "stream.ipc": _written(typed, "write_ipc_stream"),
        "lines.jsonl": frame.write_ndjson().encode(),
        "packed.jsonl.gz": gzip.compress(frame.write_ndjson().encode(), mtime=0),
        "vectors.npz": _npz(X=X, y=labels, feature_names=np.array(["a", "b"])),
        "dense.arff": _arff(frame, sparse=False).encode(),
        "sparse.arff": _arff(frame, sparse=True).encode(),
        "sparse.svm": "".join(f"{i % 2} 1:{a} 4:{b}\n" for i, (a, b) in enumerate(X)).encode(),
        "book.xlsx": workbooks.xlsx({"One": rows}),
        "book.ods": workbooks.ods({"One": rows}),
    }


TARGETS = {"vectors.npz": "y", "sparse.svm": "target"}
"""The targets of tables that have no column of that name."""


def images() -> dict[str, Files]:
    """Return the same images in every format: the files of each, by the name of that to be read."""
    rng = np.random.default_rng(1)
    y = np.arange(24) % 3
    X = rng.integers(0, 90, (24, 6, 5)).astype(np.uint8)
    X[np.arange(24), :, y] += 120
    colours = np.stack([X, 255 - X, X // 2], axis=3)
    names = np.array(["ant", "bee", "cat"])[y]
    kinds = ("tif", "jpg", "gif", "bmp", "png")
    return {
        "images.npz": {"images.npz": _npz(X=X, y=y)},
        "colours.npz": {
            "colours.npz": _npz(np.savez_compressed, X=colours / 255, y=names, X_val=X, y_val=names)
        },
        "idx": {
            "idx/train-images-idx3-ubyte": _idx(X),
            "idx/train-labels-idx1-ubyte": _idx(y.astype(np.uint8)),
        },
        "packed": {
            "packed/train-images-idx3-float.gz": gzip.compress(_idx((X / 255).astype(">f4")), mtime=0),
            "packed/train-labels-idx1-ubyte.gz": gzip.compress(_idx(y.astype(np.uint8)), mtime=0),
        },
        "pets": {f"pets/{'abc'[k]}/{i}.png": _picture(X[i], "png") for i, k in enumerate(y)},
        "mixed": {
            f"mixed/{'abc'[k]}/{i}.{kinds[i % 5]}": _picture(colours[i], kinds[i % 5])
            for i, k in enumerate(y)
        },
    }


def spread(files: Files, folder: Path) -> list[str]:
    """Write files into a folder, and return their names."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(files)


def gathered(folder: Path) -> Files:
    """Return all files of a folder by their names in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _written(frame: pl.DataFrame, writer: str, **settings: Any) -> bytes:
    buffer = io.BytesIO()
    getattr(frame, writer)(buffer, **settings)
    return buffer.getvalue()


def _npz(save: Any = np.savez, **arrays: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return buffer.getvalue()


def _picture(pixels: Any, ending: str) -> bytes:
    buffer = io.BytesIO()
    form = {"tif": "tiff", "jpg": "jpeg"}.get(ending, ending)
    packing = {"compression": "tiff_lzw"} if ending == "tif" and pixels.sum() % 2 else {}
    Image.fromarray(pixels).save(buffer, format=form, **packing)
    return buffer.getvalue()


def _idx(array: Any) -> bytes:
    kind = {"u": 8, "f": 13}[array.dtype.kind]
    header = bytes([0, 0, kind, array.ndim])
    return header + b"".join(extent.to_bytes(4, "big") for extent in array.shape) + array.tobytes()


def _arff(frame: pl.DataFrame, sparse: bool) -> str:
    kinds = ["numeric", "numeric", "{red,green,blue}", "{true,false}", "string", "{low,middle,top}"]
    head = "".join(f"@attribute {name} {kind}\n" for name, kind in zip(frame.columns, kinds, strict=True))
    rows = frame.write_csv(include_header=False, null_value="?")
    if sparse:
        cells = [[f"{i} {cell}" for i, cell in enumerate(row.split(","))] for row in rows.splitlines()]
        rows = "".join(f"{{{','.join(row)}}}\n" for row in cells)
    return f"@relation shoal\n{head}@data\n{rows}"
