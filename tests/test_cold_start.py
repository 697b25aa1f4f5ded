"""A fresh process loads what it works with, and nothing else: imports are counted, not timed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shoal.cli.app import COMMANDS

HEAVY = {
    "jinja2", "joblib", "matplotlib", "narwhals", "pandas", "polars", "pyarrow", "rich", "safetensors",
    "scipy", "sklearn", "sqlite3", "typer",
}  # fmt: skip

FOR_TRAINING = {
    "_version", "activations", "activations.base", "activations.rectifiers", "activations.saturating",
    "activations.smooth", "draws", "errors", "formulas", "formulas.links", "formulas.nodes",
    "initializers", "interruption", "lazy", "losses", "losses.base", "losses.classes", "losses.values",
    "penalties", "randomness", "registry", "schedules",
    "sequences", "shapes", "workers",
    "engines", "engines.base", "engines.beginning", "engines.compiled", "engines.evaluation", "engines.loop",
    "engines.overflow", "engines.reference", "engines.running", "engines.turns",
    "layers", "layers.base", "layers.dense", "layers.stack", "layers.steps", "layers.walk", "layers.weighted",
    "networks", "networks.backprop", "networks.chain",
    "populations", "populations.network", "populations.population", "populations.run", "populations.trainer",
    "solvers", "solvers.adam", "solvers.base",
    "training", "training.augmentation", "training.history", "training.objective", "training.problem",
    "training.recipe", "training.stopping",
}  # fmt: skip
COMPILED = {
    "_native", "engines.compiled.architecture", "engines.compiled.layers", "engines.compiled.module",
    "engines.native", "engines.wire",
}  # fmt: skip

TRAINING = """
import shoal

network = shoal.Network(1, [shoal.Dense(4, "tanh"), shoal.Dense(1)])
result = shoal.train(network, [[0.0], [0.5], [1.0]], [0.0, 0.2, 1.0], starts=3, epochs=5)
assert result.history.epochs.tolist() == [5, 5, 5]
"""
LAB = """
from shoal.lab.laboratory import Laboratory
from shoal.lab.serving import serve

lab = Laboratory()
assert lab.state()
assert lab.frame()
"""
COMMAND = """
import sys

from shoal.cli import main

sys.argv = ["shoal", *{words!r}]
try:
    main()
except SystemExit as end:
    assert end.code == 0, end.code
"""
PAGES = {"PIL", "jinja2", "matplotlib"}
IDLE = {
    "predict": PAGES | {"joblib", "narwhals", "pandas", "pyarrow", "rich", "scipy", "sklearn", "sqlite3"},
    "report": {"joblib", "narwhals", "pandas", "polars", "pyarrow", "rich", "scipy", "sklearn", "sqlite3"},
    "explain": PAGES | {"joblib", "narwhals", "pandas", "pyarrow", "sklearn", "sqlite3"},
    "check": PAGES | {"joblib", "narwhals", "pandas", "pyarrow", "scipy", "sklearn", "sqlite3"},
    "export": PAGES | {"joblib", "narwhals", "pandas", "pyarrow", "rich", "scipy", "sklearn", "sqlite3"},
}  # fmt: skip
"""What commands about a model of a table have no use for."""
HELP = """
import sys

from shoal.cli import main

sys.argv = ["shoal", "fit", "--help"]
try:
    main()
except SystemExit as end:
    assert end.code == 0
"""


def modules_loaded_by(program: str) -> set[str]:
    """Return the modules that a fresh process has loaded at the end of a program."""
    listing = "import sys; print('', *sys.modules, sep='\\n')"
    ran = subprocess.run(
        [sys.executable, "-c", f"{program}\n{listing}"], capture_output=True, text=True, check=True
    )
    return set(ran.stdout.splitlines())


def loaded_by(program: str) -> set[str]:
    """Return the packages that a fresh process has loaded at the end of a program."""
    return {name.partition(".")[0] for name in modules_loaded_by(program)}


def modules_of_shoal(program: str) -> set[str]:
    """Return what a program loads of shoal, by names in it, without the compiled module and what wraps it."""
    names = {name.partition(".")[2] for name in modules_loaded_by(program) if name.startswith("shoal.")}
    return names - COMPILED


def test_training_a_network_loads_numpy_and_shoal() -> None:
    loaded = loaded_by(TRAINING)
    assert {"numpy", "shoal"} <= loaded
    assert loaded & HEAVY == set()


def test_training_loads_the_modules_that_it_works_with() -> None:
    # Where a new name appears here, ask whether every training needs it, before it is added.
    assert sorted(modules_of_shoal(TRAINING) - FOR_TRAINING) == []


def test_the_first_picture_of_the_lab_loads_neither_what_explains_nor_what_demonstrates() -> None:
    modules = modules_loaded_by(LAB)
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()
    idle = {"explanation", "lab.digits", "lab.inspector", "lab.spelling", "layers.recurrent"}
    assert modules & {f"shoal.{name}" for name in idle} == set()


def test_help_loads_no_arrays() -> None:
    loaded = loaded_by(HELP)
    assert {"shoal", "typer"} <= loaded
    assert loaded & ((HEAVY | {"numpy"}) - {"typer"}) == set()


@pytest.mark.parametrize("name", ["CapacityStudy", "check_gradients"])
def test_a_name_from_the_front_door_loads_what_it_needs(name: str) -> None:
    alone, asked = loaded_by("import shoal"), loaded_by(f"import shoal; shoal.{name}")
    assert "numpy" not in alone
    assert "numpy" in asked


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A job of a small table, and what was loaded to do it."""
    folder = tmp_path_factory.mktemp("cold") / "job"
    size = ["--hidden", "2", "--starts", "1", "--epochs", "3"]
    asked = ["fit", "builtin:iris", "--target", "species", *size, "--out"]
    return folder, modules_loaded_by(COMMAND.format(words=[*asked, str(folder)]))


def test_a_command_has_matplotlib_list_no_properties(job: tuple[Path, set[str]]) -> None:
    asks = "from matplotlib.lines import Line2D\nassert 'steps-mid' not in Line2D.set.__doc__"
    words = ["report", str(job[0]), "--overwrite"]
    assert "matplotlib" in loaded_by(f"{COMMAND.format(words=words)}\n{asks}")


def test_a_fit_of_a_table_loads_what_it_works_with(job: tuple[Path, set[str]]) -> None:
    loaded = {name.partition(".")[0] for name in job[1]}
    assert {"jinja2", "matplotlib", "polars", "rich", "sqlite3"} <= loaded
    idle = {"asyncio", "joblib", "narwhals", "pandas", "pyarrow", "pydantic", "scipy", "sklearn"}
    assert sorted(loaded & idle) == []
    of_series = {name.rpartition(".")[2] for name in job[1] if name.startswith("shoal.data.sequences.")}
    assert of_series == {"instants", "recognised"}


@pytest.mark.parametrize("command", sorted(IDLE))
def test_a_command_loads_what_it_works_with(command: str, job: tuple[Path, set[str]], tmp_path: Path) -> None:
    """Where a name appears here, import it where it is used, or do without it."""
    out = {"predict": ["--out", str(tmp_path / "p.csv")], "export": ["--to", str(tmp_path / "m.safetensors")]}
    modules = modules_loaded_by(COMMAND.format(words=[command, str(job[0]), *out.get(command, [])]))
    loaded = {name.partition(".")[0] for name in modules}
    assert "shoal" in loaded
    assert (
        sorted(loaded & (IDLE[command] | {"pydantic"})) == []
    )  # which Typer has doubtful arguments checked by
    commands = {name for name in COMMANDS if f"shoal.cli.{name}" in modules}
    assert commands == {command}
    if command == "predict":
        assert "shoal.layers.dense" in modules
        assert "shoal.layers.conv2d" not in modules
