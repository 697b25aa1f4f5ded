"""The compiled module, and the package without it."""

from __future__ import annotations

import ast
import importlib.util
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import shoal
from tools.contents import NEVER, faults

ROOT = Path(__file__).parents[1]

# The features that each level of the x86-64 psABI adds, as Linux spells them in /proc/cpuinfo.
LEVELS = {
    "x86-64-v1": {"cx8", "fxsr", "mmx", "sse", "sse2"},
    "x86-64-v2": {"cx16", "lahf_lm", "popcnt", "pni", "ssse3", "sse4_1", "sse4_2"},
    "x86-64-v3": {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"},
    "x86-64-v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
}


@pytest.fixture
def native() -> ModuleType:
    if importlib.util.find_spec("shoal._native") is None:
        pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)")
    return importlib.import_module("shoal._native")


def test_instruction_set_is_the_highest_level_whose_features_linux_reports(native: ModuleType) -> None:
    machine = platform.machine()
    if machine != "x86_64":
        assert native.instruction_set() == ("aarch64" if machine in {"aarch64", "arm64"} else "generic")
        return
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        pytest.skip("needs Linux's /proc/cpuinfo to compare with")
    flags = next(line for line in cpuinfo.read_text().splitlines() if line.startswith("flags"))
    features = set(flags.partition(":")[2].split())
    reached = [level for level, needed in LEVELS.items() if needed <= features]
    assert reached == list(LEVELS)[: len(reached)]
    assert native.instruction_set() == reached[-1]


def test_the_wheel_of_make_fresh_is_built_by_what_pyproject_asks_for() -> None:
    """It is built in the environment of the source tree, so that the module is compiled once."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    (line,) = re.findall(r"^\t@\$\(PIP\) ('.*) cmake ninja$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert shlex.split(line) == asked


def test_the_wheel_holds_the_page_of_the_lab_and_none_of_its_sources(tmp_path: Path) -> None:
    """What git ignores is left out of wheels without a word."""
    build = f"from scikit_build_core.build import build_wheel; build_wheel({str(tmp_path)!r}, {{}})"
    environment = os.environ | {"SHOAL_NATIVE": "0"}
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, env=environment, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert faults(wheel) == []
    names = zipfile.ZipFile(wheel).namelist()
    page = sorted(name for name in names if name.startswith("shoal/lab/static/"))
    assert page == [f"shoal/lab/static/{name}" for name in ("index.html", "lab.css", "lab.js", "widget.js")]
    assert not [name for name in names if name.endswith((".ts", ".tsx", ".map")) or "node_modules" in name]


def test_the_sources_hold_what_builds_and_tests_them(tmp_path: Path) -> None:
    """Those of a release, which packagers build from, in a tree with a little of all that git ignores."""
    tree = shutil.copytree(ROOT, tmp_path / "tree", ignore=shutil.ignore_patterns("build", *NEVER - {".ci"}))
    for folder in (".venv", ".mypy_cache", "web/node_modules", "src/shoal/__pycache__"):
        (tree / folder).mkdir()
        (tree / folder / "more.py").touch()
    build = f"from scikit_build_core.build import build_sdist; build_sdist({str(tmp_path)!r}, {{}})"
    subprocess.run([sys.executable, "-c", build], cwd=tree, check=True, capture_output=True)
    (sources,) = tmp_path.glob("*.tar.gz")
    assert faults(sources) == []


def test_the_recipe_for_conda_asks_for_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    recipe = (ROOT / "recipe" / "recipe.yaml").read_text(encoding="utf-8")
    assert f'version: "{shoal.__version__}"' in recipe
    listed = set(re.findall(r"^    - ([\w-]+ >=[\d.]+)$", recipe, re.MULTILINE))
    extras = [line for name in ("frames", "report") for line in project["optional-dependencies"][name]]
    asked = {line.replace(">=", " >=") for line in (*project["dependencies"], *extras) if ">=" in line}
    assert listed - asked <= {"python >=3.11", "scikit-build-core >=0.10", "nanobind >=2.4"}
    assert {line.replace(">=", " >=") for line in project["dependencies"]} <= listed


def test_a_version_is_locked_of_all_that_developers_install() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "tools" / "locked.txt").read_text(encoding="utf-8").splitlines()
    pinned = [Requirement(line) for line in lines]
    locked = {one.name: {str(part.version) for part in one.specifier} for one in pinned}
    left, asked = ["dev"], [Requirement(line) for line in project["dependencies"]]
    while left:
        for one in map(Requirement, project["optional-dependencies"][left.pop()]):
            left += one.extras if one.name == "shoal" else []
            asked += [one] if one.name != "shoal" else []
    assert len(asked) > 20
    for one in asked:
        versions = locked[canonicalize_name(one.name)]
        assert all(one.specifier.contains(version) for version in versions), one


def test_the_stub_declares_what_the_module_defines(native: ModuleType) -> None:
    stub = ast.parse(Path(shoal.__path__[-1], "_native.pyi").read_text())
    declared = {node.name for node in stub.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    constants = {
        ast.unparse(node.target) for node in stub.body if isinstance(node, ast.AnnAssign) and not node.value
    }
    assert declared | constants == {name for name in vars(native) if not name.startswith("__")}


def test_the_package_imports_without_the_compiled_module() -> None:
    without = "import sys; sys.modules['shoal._native'] = None; import shoal; print(shoal.__version__)"
    done = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (shoal.__version__, "")


def test_importing_shoal_loads_nothing_that_only_some_commands_need() -> None:
    heavy = ["jinja2", "matplotlib", "pandas", "polars", "sklearn", "torch", "typer"]
    loaded = f"import sys, shoal; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_readme_runs_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL):
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - our own page
    printed = capsys.readouterr().out
    assert "validation loss" in printed
    assert printed.count("e-1") >= 2, "the relative errors of the gradient are of the order of rounding"
