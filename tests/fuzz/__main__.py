"""``python -m tests.fuzz --count 20000 --seed 0``: damages files, reads them, and counts how that ends.

Ends with 1 if anything but a ``ShoalError`` came of it. ``--case N`` runs one case alone, with its traceback.
"""

from __future__ import annotations

import argparse
import collections
import resource
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.cases import Fuzz
from tests.fuzz.damage import SHARED

MEMORY = 8 << 30
"""Bytes of addresses that the process may take: a file of kilobytes that needs more is not bounded."""


def main() -> int:
    """Run the cases asked for, print what came of them, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--case", type=int, help="run this case alone")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    foreign: dict[str, list[int]] = {}
    with tempfile.TemporaryDirectory(dir=SHARED) as place:
        fuzz = Fuzz(asked.seed, Path(place) / "case")
        numbers = range(asked.first, asked.first + asked.count) if asked.case is None else [asked.case]
        for number in numbers:
            outcome = fuzz.run(number)
            counts[outcome.kind, outcome.ended] += 1
            if asked.case is not None:
                print(outcome.kind, outcome.ended, outcome.said, outcome.trace, sep="\n")
            elif outcome.ended == "foreign":
                last = [line for line in outcome.trace.splitlines() if line.startswith("  File")][-1:]
                place_of = f"{outcome.kind}: {outcome.said[:150]} {''.join(last).strip()}"
                foreign.setdefault(place_of, []).append(number)
                print(f"foreign: --seed {asked.seed} --case {number}: {place_of}", flush=True)
    for kind in fuzz.kinds:
        told = ", ".join(f"{counts[kind, ended]} {ended}" for ended in ("read", "refused", "foreign"))
        print(f"{kind:10} {told}")
    total = collections.Counter(ended for _, ended in counts.elements())
    told = ", ".join(f"{total[ended]} {ended}" for ended in ("read", "refused", "foreign"))
    seconds = time.process_time()
    print(f"{total.total()} cases of seed {asked.seed}: {told}, in {seconds:.0f} s of the processor")
    return 1 if total["foreign"] else 0


if __name__ == "__main__":
    sys.exit(main())
