"""``python -m tests.fuzz --count 20000 --seed 0``: damages files, reads them, and counts how that ends.

Cases run in a process of their own, which is begun anew where one ends it. Ends with 1 if anything but a
``ShoalError`` came of a case. ``--case N`` runs one case alone, with its traceback.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections import Counter

from tests.fuzz.cases import FinishedJob
from tests.fuzz.worker import outcomes

TOLD_EVERY = 1000
ENDS = ("read", "refused", "foreign")


def main() -> int:
    """Run the cases asked for, print what came of them, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--case", type=int, help="run this case alone")
    asked = parser.parse_args()
    first, count = (asked.first, asked.count) if asked.case is None else (asked.case, 1)
    counts: Counter[tuple[str, str, str]] = Counter()
    for done, outcome in enumerate(outcomes(asked.seed, range(first, first + count)), start=1):
        counts[outcome.kind, outcome.file, outcome.ended] += 1
        if asked.case is not None:
            print(outcome.kind, outcome.file, outcome.ended, outcome.said, outcome.trace, sep="\n")
        elif outcome.ended == "foreign":
            print(f"foreign: --seed {asked.seed} --case {outcome.number}: {_where(outcome)}", flush=True)
        if done % TOLD_EVERY == 0:
            print(f"{done} of {count} cases", file=sys.stderr, flush=True)
    return _told(counts, asked.seed)


def _where(outcome: FinishedJob) -> str:
    last = [line for line in outcome.trace.splitlines() if line.startswith("  File")][-1:]
    return f"{outcome.kind} {outcome.file}: {outcome.said[:150]} {''.join(last).strip()}"


def _told(counts: Counter[tuple[str, str, str]], seed: int) -> int:
    for kind, file in sorted({(kind, file) for kind, file, _ in counts}):
        numbers = ", ".join(f"{counts[kind, file, ended]:5} {ended}" for ended in ENDS)
        print(f"{kind:8} {file:42} {numbers}")
    total = Counter(ended for _, _, ended in counts.elements())
    numbers = ", ".join(f"{total[ended]} {ended}" for ended in ENDS)
    seconds = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    print(f"{total.total()} cases of seed {seed}: {numbers}, in {seconds:.0f} s of the processor")
    return 1 if total["foreign"] else 0


if __name__ == "__main__":
    sys.exit(main())
