"""The machine that measures, in words."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.measure import core_counts
from shoal.engines.compiled.module import INSTRUCTION_SET

ROOT = Path(__file__).parents[1]
PEERS = (
    "numpy",
    "torch",
    "jax",
    "jaxlib",
    "optax",
    "keras",
    "scikit-learn",
    "joblib",
    "onnxruntime",
    "scipy",
)


def machine() -> dict[str, str]:
    """Return processor, cores, instruction set, system and versions."""
    return {
        "processor": _processor(),
        "cores": str(core_counts()[-1]),
        "instruction set": INSTRUCTION_SET,
        "system": platform.system(),
        "Python": platform.python_version(),
        **{name: _version(name) for name in PEERS},
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if not information.exists():
        return platform.processor()
    fields = dict(
        line.replace("\t", "").split(":", 1) for line in information.read_text().splitlines() if ":" in line
    )
    name = fields.get("model name", platform.machine()).strip()
    numbers = [f"{key} {fields[key].strip()}" for key in ("cpu family", "model") if key in fields]
    return f"{name} ({', '.join(numbers)})" if numbers else name


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def commit() -> str:
    """Return the commit that is measured."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
