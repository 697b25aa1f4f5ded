"""The results as one Markdown table, losses as well as wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from benchmarks.kernels import AIMED, SHARE, Kernel
from benchmarks.measure import Measurement
from benchmarks.results import Result
from benchmarks.workload import Target

NAMES = {
    "sklearn": "scikit-learn",
    "numpy": "NumPy by hand",
    "keras": "Keras",
    "onnx": "ONNX Runtime",
    "nnet": "R's nnet",
    "fann": "FANN",
    "scipy": "SciPy's least_squares",
    "estimators": "shoal's estimator",
}
HEADER = (
    "| id | contestant | form | cores | median | quartiles | time ÷ shoal's | cold start | peak memory |",
    "|---|---|---|--:|--:|--:|--:|--:|--:|",
)


def document(results: Iterable[Result], machine: Mapping[str, str], kernels: Mapping[str, Any] | None) -> str:
    """Return the whole page."""
    results = list(results)
    lines = [
        "# Measured",
        "",
        "; ".join(f"{name} {value}" for name, value in machine.items()) + ".",
        "How to read this and how to measure again: [docs/benchmarks.md](../../docs/benchmarks.md).",
        "",
        "| id | work | target | reached |",
        "|---|---|---|---|",
        *(line for result in results for line in _verdicts(result)),
        "",
        *HEADER,
        *(_row(result, m) for result in results for m in result.measurements),
        "",
        "What was done, and when on which commit it was measured:",
        "",
        *map(_definition, results),
        *(_kernels(kernels) if kernels else ()),
    ]
    return "\n".join(lines) + "\n"


def _definition(result: Result) -> str:
    cores = ", ".join(map(str, result.cores))
    clock = ", the processor's time, who waits being stopped" if result.processor else ""
    where = f"; {result.where}" if result.where else ""
    when = f"{result.date}, {result.commit}, cores tried: {cores}{clock}{where}"
    return f"- **{result.name}** {result.definition} ({when})."


def _verdicts(result: Result) -> Iterator[str]:
    for target in result.targets:
        aim = f"≥ {target.ratio:g}× {_rivals(target)}"
        yield f"| {result.name} | {result.title} | {aim} | {verdict(result, target)} |"


def _kernels(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the section on B9."""
    kernels = [Kernel(**kernel) for kernel in found["kernels"]]
    yield from (
        "",
        f"**B9** Kernels on one core ({found['date']}, {found['commit']}): z = W a with W and a of n × n, in",
        "GFLOP/s and as a share of the peak that chains of multiply-adds reach on the same core, beside",
        "NumPy's product; functions of 4096 normal numbers, nanoseconds an element.",
        f"Aim: ≥ {SHARE:.0%} of the peak for n = {AIMED[0]} … {AIMED[1]}.",
        "",
        "| kernel | n | float32 | of peak | NumPy | float64 | of peak | NumPy |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    )
    for name, size in dict.fromkeys((kernel.name, kernel.size) for kernel in kernels):
        cells = [name, str(size)]
        for dtype in ("float32", "float64"):
            [kernel] = (k for k in kernels if (k.name, k.size, k.dtype) == (name, size, dtype))
            cells += _kernel(kernel)
        yield f"| {' | '.join(cells)} |"


def _kernel(kernel: Kernel) -> list[str]:
    if kernel.name != "product":
        return [f"{1 / kernel.speed:.2f} ns", "", f"{1 / kernel.numpy:.2f} ns"]
    share = kernel.speed / kernel.peak
    missed = AIMED[0] <= kernel.size <= AIMED[1] and share < SHARE
    return [f"{kernel.speed:.1f}", f"{share:.0%}{', missed' if missed else ''}", f"{kernel.numpy:.1f}"]


def _rivals(target: Target) -> str:
    names = [NAMES.get(peer, peer) for peer in target.peers]
    return names[0] if len(names) == 1 else f"the best of {', '.join(names)}"


def verdict(result: Result, target: Target) -> str:
    """Return how many times as fast as the fastest of the target's peers shoal was."""
    shoal, peer = result.best(("shoal",)), result.best(target.peers)
    if shoal is None or peer is None:
        return "not measured"
    ratio = peer.median / shoal.median
    reached = f"{ratio:.3g}× {NAMES.get(peer.peer, peer.peer)} ({peer.form})"
    return f"**{reached}**" if ratio >= target.ratio else f"{reached}: missed"


def _row(result: Result, m: Measurement) -> str:
    name = NAMES.get(m.peer, m.peer)
    if m.error is not None:
        return f"| {result.name} | {name} | {m.form} | | not timed: {m.error} | | | | |"
    shoal = result.best(("shoal",))
    ratio = f"{m.median / shoal.median:.3g}" if shoal else ""
    low, high = (duration(t / result.per) for t in m.quartiles)
    form = m.form
    if m.scale != 1:
        form += f" ({m.measured_networks} networks, × {m.scale:g})"
    cells = (
        result.name,
        name,
        form.replace("_", " "),
        str(m.cores),
        duration(m.median / result.per),
        f"{low} – {high}",
        ratio,
        duration(m.cold or 0.0),
        f"{(m.bytes or 0) / 2**20:.0f} MiB",
    )
    return f"| {' | '.join(cells)} |"


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it.

    >>> duration(0.0123), duration(75), duration(3e-6)
    ('12.3 ms', '75 s', '3 µs')
    """
    units = (("s", 1), ("ms", 1e-3), ("µs", 1e-6))
    unit, size = next((entry for entry in units if seconds >= entry[1]), units[-1])
    value = seconds / size
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
