from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal._version import __version__

Shoal = Callable[..., Any]
Iris = tuple[str, ...]
Python = Callable[..., Any]


def test_the_three_commands(shoal: Shoal, iris: Iris) -> None:
    fitted = shoal(*iris)
    assert (fitted.code, fitted.err) == (0, [])
    assert fitted.out[0].startswith("150 rows, 4 columns, 4 features. Classification, because")
    assert "20 networks: 2 hidden sizes × 2 starts × 1 L2 strength, 3 epochs at most." in fitted.out[2]
    engine = r"Engine: (native \(.+\)|reference \(NumPy\))\."
    assert re.search(rf"{engine} Memory: about [\d.]+ \wiB\.$", fitted.out[2])
    assert fitted.out[-1].endswith("Model: out  Report: out/report.html")
    asked = json.loads(Path("out/evidence.json").read_text())["asked"]
    assert asked["command"] == f"shoal {' '.join(iris)}"
    predicted = shoal("predict", "out", "builtin:iris", "--out", "p.csv")
    assert predicted == (0, ["150 predictions: p.csv"], [])
    assert len(Path("p.csv").read_text().splitlines()) == 151
    assert shoal("report", "out").out == ["Report: out/report.html"]


def test_the_version(shoal: Shoal) -> None:
    assert shoal("--version") == (0, [f"shoal {__version__}"], [])


def test_bare_shoal_helps(shoal: Shoal) -> None:
    ended = shoal()
    assert (ended.code, ended.err) == (0, [])
    assert ended == shoal("--help")
    assert "Usage: shoal [OPTIONS] COMMAND" in ended.out[0]
    assert {"fit", "predict", "report"} <= {line.split()[0] for line in ended.out if line.strip()}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("fti", "No such command 'fti'. Did you mean 'fit'?; 'shoal --help' tells what it takes"),
        ("fit", "Missing argument"),
        ("fit builtin:iris --out out", "which needs --target, the column to predict"),
        ("fit no.csv --out out", "no.csv does not exist, expected a table"),
        ("fit t.csv --target y", "Missing option '--out'; 'shoal fit --help' tells what it takes"),
        ("predict", "Missing argument"),
        ("predict out", "Missing option '--out'; 'shoal predict --help' tells what it takes"),
        ("--version-of-what", "No such option"),
    ],
)
def test_commands_that_cannot_be_used(shoal: Shoal, arguments: str, told: str) -> None:
    assert told in shoal(*arguments.split()).refusal


def test_a_command_imports_what_it_needs_and_no_more(finished: Path, python: Python) -> None:
    for arguments, absent in (
        ("--help", {"matplotlib", "sklearn", "polars", "narwhals"}),
        ("fit no.csv --target y --out new", {"matplotlib", "sklearn"}),
        ("predict out few.csv --out p.csv", {"matplotlib", "sklearn", "jinja2"}),
        ("report out", {"sklearn", "polars", "narwhals"}),
    ):
        ended = python(finished, "-X", "importtime", "-m", "shoal", *arguments.split())
        lines = ended.stderr.decode().splitlines()
        modules = {line.rpartition("|")[2].strip() for line in lines if "|" in line}
        assert ended.returncode == (2 if "no.csv" in arguments else 0), lines[-3:]
        assert {"typer", "shoal.cli"} <= modules
        assert absent & modules == set(), arguments
