from __future__ import annotations

import json
from dataclasses import asdict

from benchmarks.measure import Measurement
from benchmarks.results import Result
from benchmarks.table import document, verdict
from benchmarks.workload import Target


def measurement(peer: str, median: float, **changes: object) -> Measurement:
    fields = {"form": "loop", "cores": 2, "networks": 8, "measured_networks": 8}
    times = [median * factor for factor in (0.5, 1.0, 2.0)]
    return Measurement(peer, **fields | {"seconds": times, "cold": 1.25, "bytes": 2**20} | changes)  # type: ignore[arg-type]


RESULT = Result(
    "B0",
    "a test",
    "eight networks",
    1,
    (Target(10, ("torch", "sklearn")), Target(50, ("sklearn",))),
    (
        measurement("shoal", 0.002),
        measurement("torch", 0.03, form="batched_compiled"),
        measurement("jax", 0.001, error="disagrees by 0.3", seconds=[]),
        measurement("sklearn", 0.01, measured_networks=2),
    ),
    "2001-02-03",
    "abc1234",
    (1, 4),
)

KERNELS = {
    "date": "2001-02-04",
    "commit": "abc1235",
    "kernels": [
        {"name": name, "dtype": dtype, "size": 64, "speed": speed, "numpy": 2.0, "peak": 10.0}
        for dtype, speed in (("float32", 8.0), ("float64", 4.0))
        for name in ("product", "exp")
    ],
}


def test_the_table_has_losses_as_well_as_wins() -> None:
    page = document([RESULT], {"processor": "abacus", "cores": "10"}, KERNELS)
    assert "processor abacus; cores 10." in page
    assert (
        "| B0 | a test | ≥ 10× the best of torch, scikit-learn | **15× torch (batched_compiled)** |" in page
    )
    assert "| B0 | a test | ≥ 50× scikit-learn | 20× scikit-learn (loop): missed |" in page
    assert "| B0 | torch | batched compiled | 2 | 30 ms | 22.5 ms – 45 ms | 15 | 1.25 s | 1 MiB |" in page
    assert "| B0 | jax | loop | | not timed: disagrees by 0.3 | | | | |" in page
    assert "| B0 | scikit-learn | loop (2 networks, × 4) | 2 | 40 ms |" in page
    assert "- **B0** eight networks (2001-02-03, abc1234, cores tried: 1, 4)." in page
    assert "| product | 64 | 8.0 | 80% | 2.0 | 4.0 | 40%, missed | 2.0 |" in page
    assert "| exp | 64 | 0.12 ns |  | 0.50 ns | 0.25 ns |  | 0.50 ns |" in page


def test_a_target_without_a_rival_is_not_measured() -> None:
    assert verdict(RESULT, Target(1, ("jax",))) == "not measured"


def test_results_come_back_from_json() -> None:
    assert Result.from_json(json.loads(json.dumps(asdict(RESULT)))) == RESULT
