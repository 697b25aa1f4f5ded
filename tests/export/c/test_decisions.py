"""Which class of probabilities C calls, beside the decision itself: ties, factors and costs."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from shoal.calibration.decision import LIKELIEST, Decision
from shoal.export.c.decisions import class_of
from shoal.export.c.text import indented

THREE = [
    [0.2, 0.5, 0.3],
    [0.4, 0.4, 0.2],
    [0.3, 0.3, 0.4],
    [0.25, 0.25, 0.5],
    [1.0, 0.0, 0.0],
    [0.0, 0.5, 0.5],
]
TWO = [[0.5, 0.5], [0.9, 0.1], [0.1, 0.9], [0.6, 0.4]]
DECISIONS = {
    "the likeliest": (LIKELIEST, THREE),
    "the likeliest of two": (LIKELIEST, TWO),
    "factors": (Decision("balanced_error", (1.0, 0.5, 3.0)), THREE),
    "factors that are all one": (Decision("balanced_error", (1.0, 1.0)), TWO),
    "a threshold": (Decision("f1", (0.3, 0.7)), TWO),
    "costs": (Decision("cost", (), 1, ((0.0, 1.0, 2.0), (4.0, 0.0, 1.0), (8.0, 2.0, 0.0))), THREE),
    "costs of two": (Decision("cost", (), 1, ((0.0, 1.0), (9.0, 0.0))), TWO),
    "a mistake that is free": (Decision("cost", (), 1, ((0.0, 0.0), (1.0, 0.0))), TWO),
}
"""Decisions of every form, with probabilities of which some are as good as others."""

Called = Callable[[str, Sequence[float]], int]


@pytest.fixture(scope="module")
def called(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Called:
    """Compile all decisions into one library, and call them by their names."""
    folder: Path = tmp_path_factory.mktemp("decisions")
    functions = [
        f"int f{number}(const double *out)\n{{\n{indented(class_of(decision, len(rows[0])))}\n}}\n"
        for number, (decision, rows) in enumerate(DECISIONS.values())
    ]
    (folder / "d.c").write_text("\n".join(functions))
    strict = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *strict, "-o", folder / "d.so", folder / "d.c"], check=True)
    library, numbers = ctypes.CDLL(str(folder / "d.so")), {name: k for k, name in enumerate(DECISIONS)}

    def call(name: str, row: Sequence[float]) -> int:
        return int(library[f"f{numbers[name]}"]((ctypes.c_double * len(row))(*row)))

    return call


@pytest.mark.parametrize("name", DECISIONS)
def test_the_class_is_that_of_the_decision(called: Called, name: str) -> None:
    decision, rows = DECISIONS[name]
    assert [called(name, row) for row in rows] == decision.classes(np.array(rows)).tolist()


def test_of_equal_ones_the_first_is_called(called: Called) -> None:
    assert [called("the likeliest", row) for row in THREE] == [1, 0, 2, 2, 0, 1]
    assert called("the likeliest of two", [0.5, 0.5]) == 0
    assert called("a mistake that is free", [1.0, 0.0]) == 0


def test_expected_costs_by_hand(called: Called) -> None:
    # calling 0 costs 4 · 0.25 + 8 · 0.5, calling 1 costs 0.25 + 2 · 0.5, calling 2 costs 2 · 0.25 + 0.25
    assert called("costs", [0.25, 0.25, 0.5]) == 2
    assert [called("costs of two", row) for row in ([0.91, 0.09], [0.89, 0.11])] == [0, 1]


def test_factors_that_are_all_one_are_not_written() -> None:
    assert class_of(LIKELIEST, 2) == class_of(Decision("balanced_error", (1.0, 1.0)), 2)
    assert "factor" not in " ".join(class_of(LIKELIEST, 3))
    assert class_of(Decision("f1", (0.3, 0.7)), 2)[0] == "static const double factor[2] = {3e-01, 7e-01};"
