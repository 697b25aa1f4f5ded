"""``python -m benchmarks [B1 B4 …]``: measure all workloads, or some, and write the tables anew."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from benchmarks import results
from benchmarks.machine import commit, machine
from benchmarks.measure import REPEATS, measure
from benchmarks.results import FOLDER, Result
from benchmarks.table import document
from benchmarks.workloads import WORKLOADS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="ID", help=f"of {', '.join(WORKLOADS)}; all")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="times of each contestant")
    arguments = parser.parse_args()
    for name in arguments.names or WORKLOADS:
        if name not in WORKLOADS:
            parser.error(f"there is no workload {name}; take some of {', '.join(WORKLOADS)}")
        print(f"{name}: {WORKLOADS[name].title}", flush=True)
        measurements = measure(WORKLOADS[name], say, arguments.repeats)
        today = datetime.now(UTC).date().isoformat()
        record(Result.of(WORKLOADS[name], measurements, today, commit()))


def say(line: str) -> None:
    print(line, flush=True)


def record(result: Result) -> None:
    """Put one workload's result among those of before, and write both files."""
    path = FOLDER / "results.json"
    everything = results.load(path)
    everything["machine"] = machine()
    everything["workloads"][result.name] = results.as_json(result)
    everything["workloads"] = {
        name: everything["workloads"][name] for name in WORKLOADS if name in everything["workloads"]
    }
    results.save(path, everything)
    page = [Result.from_json(entry) for entry in everything["workloads"].values()]
    (FOLDER / "results.md").write_text(document(page, everything["machine"]))


if __name__ == "__main__":
    main()
