"""The real tables that scikit-learn ships, with the names of their features and classes."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from shoal.errors import MissingDependencyError, UnknownNameError

PREFIX = "builtin:"

_CELL = (
    *("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity"),
    *("concave points", "symmetry", "fractal dimension"),
)


@dataclass(frozen=True)
class _Table:
    """Where a table is: its last column is the target, unless that has a ``target_file``.

    ``classes`` are what the target's numbers stand for; None where they are numbers.
    """

    file: str
    target: str
    names: tuple[str, ...]
    classes: tuple[str, ...] | None
    titled: bool = False
    target_file: str | None = None


_TABLES = {
    "breast_cancer": _Table(
        "breast_cancer.csv",
        "diagnosis",
        (*(f"mean {of}" for of in _CELL), *(f"{of} error" for of in _CELL), *(f"worst {of}" for of in _CELL)),
        ("malignant", "benign"),
        titled=True,
    ),
    "diabetes": _Table(
        "diabetes_data_raw.csv.gz",
        "progression",
        ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
        None,
        target_file="diabetes_target.csv.gz",
    ),
    "digits": _Table(
        "digits.csv.gz",
        "digit",
        tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8)),
        tuple("0123456789"),
    ),
    "iris": _Table(
        "iris.csv",
        "species",
        ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
        ("setosa", "versicolor", "virginica"),
        titled=True,
    ),
    "wine": _Table(
        "wine_data.csv",
        "cultivar",
        (
            *("alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols"),
            *("flavanoids", "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue"),
            *("od280/od315_of_diluted_wines", "proline"),
        ),
        ("class_0", "class_1", "class_2"),
        titled=True,
    ),
}


def builtin_table(source: str) -> dict[str, Any]:
    """Return the columns of ``builtin:NAME``, its target last.

    Raises ``UnknownNameError`` for a name that is not one of breast_cancer, diabetes, digits, iris, wine, and
    ``MissingDependencyError`` without scikit-learn.

    >>> list(builtin_table("builtin:iris"))
    ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)', 'species']
    """
    name = source.removeprefix(PREFIX)
    if name not in _TABLES:
        raise UnknownNameError("builtin table", name, _TABLES)
    table = _TABLES[name]
    numbers = _numbers(table.file, table.titled)
    if table.target_file is None:
        numbers, target = numbers[:, :-1], numbers[:, -1]
    else:
        target = _numbers(table.target_file)[:, 0]
    columns: dict[str, Any] = dict(zip(table.names, numbers.T, strict=True))
    known = table.classes
    columns[table.target] = target if known is None else np.array(known)[target.astype(np.intp)]
    return columns


def _numbers(name: str, titled: bool = False) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return what a file of scikit-learn holds (N, n); importing all of that takes a second."""
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise MissingDependencyError(
            f"{PREFIX}… is a table of scikit-learn's, which is not installed; pip install scikit-learn"
        )
    path = Path(package.origin).parent / "datasets" / "data" / name
    rows = list(_rows(path))
    return np.array(rows[1:] if titled else rows, dtype=np.float64)


def _rows(path: Path) -> Iterator[list[str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="ascii", newline="") as file:
        for line in csv.reader(file):
            yield line if len(line) > 1 else line[0].split()
