"""What is damaged: finished jobs, tables and images of every kind, as the bytes of their files."""

from __future__ import annotations

import contextlib
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

from shoal.data.frames import pl
from shoal.jobs.fit import fit_data
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing import AskedSize
from shoal.terminal import TerminalListener

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
    files = {
        "classes.csv": text.encode(),
        "semicolon.csv": text.replace(".", "#").replace(",", ";").replace("#", ",").encode("utf-16"),
        "packed.tsv.gz": gzip.compress(text.replace(",", "\t").encode(), mtime=0),
        "typed.parquet": _written(frame, "write_parquet"),
        "typed.arrow": _written(frame, "write_ipc"),
        "lines.jsonl": frame.write_ndjson().encode(),
        "vectors.npz": _npz(X=X, y=labels, feature_names=np.array(["a", "b"])),
        "dense.arff": _arff(frame).encode(),
        "sparse.svm": "".join(f"{i % 2} 1:{a} 4:{b}\n" for i, (a, b) in enumerate(X)).encode(),
    }
    with contextlib.suppress(ImportError):
        files["book.xlsx"] = _written(frame, "write_excel")
    return files


TARGETS = {"vectors.npz": "y", "sparse.svm": "target"}
"""The targets of tables that have no column of that name."""


def images() -> dict[str, Files]:
    """Return the same images in every format: the files of each, by the name of that to be read."""
    rng = np.random.default_rng(1)
    y = np.arange(24) % 3
    X = rng.integers(0, 90, (24, 6, 5)).astype(np.uint8)
    X[np.arange(24), :, y] += 120
    return {
        "images.npz": {"images.npz": _npz(X=X, y=y)},
        "idx": {
            "idx/train-images-idx3-ubyte": _idx(X),
            "idx/train-labels-idx1-ubyte": _idx(y.astype(np.uint8)),
        },
        "pets": {f"pets/{'abc'[k]}/{i}.png": _png(X[i]) for i, k in enumerate(y)},
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


def _written(frame: pl.DataFrame, writer: str) -> bytes:
    buffer = io.BytesIO()
    getattr(frame, writer)(buffer)
    return buffer.getvalue()


def _npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _png(pixels: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png")
    return buffer.getvalue()


def _idx(array: Any) -> bytes:
    header = bytes([0, 0, 8, array.ndim])
    return header + b"".join(extent.to_bytes(4, "big") for extent in array.shape) + array.tobytes()


def _arff(frame: pl.DataFrame) -> str:
    kinds = ["numeric", "numeric", "{red,green,blue}", "{true,false}", "string", "{low,middle,top}"]
    head = "".join(f"@attribute {name} {kind}\n" for name, kind in zip(frame.columns, kinds, strict=True))
    rows = frame.write_csv(include_header=False, null_value="?")
    return f"@relation shoal\n{head}@data\n{rows}"
