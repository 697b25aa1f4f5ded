"""What others' machines run on a change and for a release, held to what the project says elsewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
yaml = pytest.importorskip("yaml", reason="needs PyYAML, which myst-parser and dask bring")
RUNNERS = {
    "ubuntu-latest": ("linux", "x86_64"),
    "ubuntu-24.04-arm": ("linux", "aarch64"),
    "macos-latest": ("macos", "arm64"),
}
"""The machine behind each name."""


def workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())
    return found


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def commands(steps: list[dict[str, Any]]) -> str:
    return "\n".join(step.get("run", "") for step in steps)


def test_each_machine_of_a_release_builds_for_itself_alone() -> None:
    """One that is asked for another's wheels ends where nothing emulates it, or uploads the same."""
    built = workflow("release")["jobs"]["wheels"]
    machines = [RUNNERS[name] for name in built["strategy"]["matrix"]["os"]]
    assert len(set(machines)) == len(machines)
    asked = pyproject()["tool"]["cibuildwheel"]
    assert asked["archs"] == ["native"]
    assert not [name for name in ("linux", "macos", "windows") if "archs" in asked.get(name, {})]
    assert not [step for step in built["steps"] if "CIBW_ARCHS" in str(step) or "qemu" in str(step)]
    for system, machine in machines:
        if system == "linux":
            assert asked["linux"][f"manylinux-{machine}-image"]


def test_wheels_are_built_for_every_python_that_is_promised() -> None:
    """That of the oldest with a limited interface is for all later ones."""
    tool, project = pyproject()["tool"], pyproject()["project"]
    limited = tool["scikit-build"]["wheel"]["py-api"]
    oldest = "cp" + project["requires-python"].removeprefix(">=").replace(".", "")
    assert [name.removesuffix("-*") for name in tool["cibuildwheel"]["build"]] == [oldest, limited]


def test_every_python_that_is_promised_is_tried() -> None:
    listed = re.findall(r"Python :: (3\.\d+)", "\n".join(pyproject()["project"]["classifiers"]))
    assert workflow("tests")["jobs"]["everything"]["strategy"]["matrix"]["python"] == listed
    assert pyproject()["project"]["requires-python"] == f">={listed[0]}"


@pytest.mark.parametrize("name", ["release", "tests"])
def test_what_a_workflow_runs_is_there(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for job in workflow(name)["jobs"].values():
        run = commands(job["steps"])
        assert set(re.findall(r"\bmake ([a-z]+)", run)) <= targets
        for path in re.findall(r"(?:^|[\s&])((?:tools|tests|\.ci)/[\w./]+)", run):
            assert (ROOT / path).exists(), path


@pytest.mark.parametrize(
    ("target", "packages"),
    [
        ("beside", ["optuna", "mlflow", "tensorboard"]),
        ("peers", []),
        ("clusters", ["ray", "mpi"]),
    ],
)
def test_what_developers_need_not_install_is_installed_somewhere(target: str, packages: list[str]) -> None:
    """Else its tests would skip everywhere."""
    job = workflow("tests")["jobs"]["beside"]
    assert "make ${{ matrix.target }} " in commands(job["steps"])
    assert target in job["strategy"]["matrix"]["target"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe
    extras = pyproject()["project"]["optional-dependencies"]
    assert [name for name in packages if name not in recipe[1] or name not in extras] == []


def test_every_scikit_learn_from_the_oldest_to_the_locked_one_is_tried() -> None:
    job = workflow("tests")["jobs"]["scikit-learn"]
    tried = job["strategy"]["matrix"]["version"]
    lines = (ROOT / "tools" / "locked.txt").read_text(encoding="utf-8").splitlines()
    (locked,) = (line.partition("==")[2].split() for line in lines if line.startswith("scikit-learn=="))
    (oldest,) = re.findall(r"scikit-learn>=([\d.]+)", "\n".join(pyproject()["project"]["dependencies"]))
    last = int(locked[0].split(".")[1])
    assert tried == [f"1.{minor}" for minor in range(int(oldest.split(".")[1]), last)]
    run = commands(job["steps"])
    assert "scikit-learn==${{ matrix.version }}.*" in run
    assert run.endswith("tests/estimators")  # all of them, those of test_every_check.py too
