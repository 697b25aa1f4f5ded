"""What was measured, as JSON: one entry a workload, so that any of them can be measured again alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.commands import Commands
from benchmarks.measure import Measurement
from benchmarks.workload import Target, Workload

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Result:
    """A workload's measurements, and when and on which commit they were taken."""

    name: str
    title: str
    definition: str
    per: int
    targets: tuple[Target, ...]
    measurements: tuple[Measurement, ...]
    date: str
    commit: str
    cores: tuple[int, ...]
    """The numbers of cores that were tried."""
    processor: bool = False
    """Whether times are the processor's, of all threads together, and not the clock's."""
    where: str = ""
    """The machine, if it is not the one over the page."""

    @classmethod
    def of(
        cls,
        workload: Workload | Commands,
        measurements: list[Measurement],
        date: str,
        commit: str,
        cores: Sequence[int],
        processor: bool = False,
    ) -> Result:
        about = {name: getattr(workload, name) for name in ("name", "title", "definition", "per", "targets")}
        return cls(
            **about,
            measurements=tuple(measurements),
            date=date,
            commit=commit,
            cores=tuple(cores),
            processor=processor,
        )

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> Result:
        targets = tuple(Target(t["ratio"], tuple(t["peers"])) for t in entry["targets"])
        measurements = tuple(Measurement(**m) for m in entry["measurements"])
        cores = tuple(entry["cores"])
        return cls(**{**entry, "targets": targets, "measurements": measurements, "cores": cores})

    def best(self, peers: tuple[str, ...]) -> Measurement | None:
        """Return the fastest of the peers whose results were right."""
        sound = [m for m in self.measurements if m.peer in peers and m.error is None]
        return min(sound, key=lambda m: m.median, default=None)


def load(path: Path) -> dict[str, Any]:
    """Return all results so far."""
    empty: dict[str, Any] = {"machine": {}, "workloads": {}, "kernels": {}}
    return empty | json.loads(path.read_text()) if path.exists() else empty


def save(path: Path, results: dict[str, Any]) -> None:
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
