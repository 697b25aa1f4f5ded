"""``python -m benchmarks [B1 B4 …]``: measure all workloads, or some, and write the tables anew."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from benchmarks import results
from benchmarks.commands import B10, measure_commands
from benchmarks.kernels import measure_kernels
from benchmarks.machine import commit, machine
from benchmarks.measure import REPEATS, core_counts, measure
from benchmarks.results import FOLDER, Result
from benchmarks.table import document
from benchmarks.workloads import WORKLOADS

KERNELS = "B9"
WHERE = ("processor", "cores", "instruction set", "torch", "jax")
"""What is told of a machine that is not the page's."""
EVERYTHING = [*WORKLOADS, KERNELS, B10.name]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="ID", help=f"of {', '.join(EVERYTHING)}; all")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="times of each contestant")
    parser.add_argument("--cores", type=int, nargs="+", help="the numbers of cores to try; 1, 2, 4 … all")
    parser.add_argument(
        "--processor",
        action="store_true",
        help="the processor's time, who waits being stopped: where others work, too; for workloads",
    )
    arguments = parser.parse_args()
    for name in arguments.names or EVERYTHING:
        if name not in EVERYTHING:
            parser.error(f"there is no workload {name}; take some of {', '.join(EVERYTHING)}")
        say(f"{name}:")
        part, found = run(name, arguments.repeats, arguments.cores, arguments.processor)
        record(part, name, found)


def run(name: str, repeats: int, cores: list[int] | None, processor: bool) -> tuple[str, Any]:
    """Measure one workload; return where its results belong, and the results."""
    origin: dict[str, Any] = {"date": datetime.now(UTC).date().isoformat(), "commit": commit()}
    if name == KERNELS:
        return "kernels", {**origin, "kernels": [asdict(kernel) for kernel in measure_kernels(say, repeats)]}
    if name == B10.name:
        cores = core_counts()[-1:]
        return "workloads", asdict(Result.of(B10, measure_commands(B10, say, repeats), **origin, cores=cores))
    cores = cores or core_counts()
    workload = WORKLOADS[name]
    found = measure(workload, say, repeats, cores, processor)
    return "workloads", asdict(Result.of(workload, found, **origin, cores=cores, processor=processor))


def say(line: str) -> None:
    print(line, flush=True)


def record(part: str, name: str, found: Any) -> None:
    """Put one workload's results among those of before, and write both files."""
    path = FOLDER / "results.json"
    everything = results.load(path)
    if part == "workloads" and found["processor"] and everything["machine"]:
        # a machine that others use: the page's other figures are of a quiet one
        found["where"] = "; ".join(f"{key} {value}" for key, value in machine().items() if key in WHERE)
    else:
        everything["machine"] = machine()
    everything[part][name] = found
    everything[part] = {key: everything[part][key] for key in EVERYTHING if key in everything[part]}
    results.save(path, everything)
    page = [Result.from_json(entry) for entry in everything["workloads"].values()]
    (FOLDER / "results.md").write_text(
        document(page, everything["machine"], everything["kernels"].get(KERNELS))
    )


if __name__ == "__main__":
    main()
