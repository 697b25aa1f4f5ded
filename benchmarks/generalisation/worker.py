"""One contestant on one split of one table, in a process of its own; prints what came of it as JSON."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import warnings

from benchmarks.generalisation.contestants import CONTESTANTS, version_of
from benchmarks.generalisation.scores import cores
from benchmarks.generalisation.sets import TABLES


def main() -> None:
    """Run ``python -m benchmarks.generalisation.worker CONTESTANT TABLE SPLIT``."""
    name, table, split = sys.argv[1:]
    warnings.simplefilter("ignore")  # of columns that are not used, and of perceptrons not converged
    with contextlib.redirect_stdout(sys.stderr):
        scores = CONTESTANTS[name](TABLES[table], int(split))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    costs = {
        "cpu_s": round(sum(u.ru_utime + u.ru_stime for u in used), 2),  # which a busy machine does not raise
        "peak_mib": round(max(u.ru_maxrss for u in used) / 1024, 1),
    }
    print(json.dumps({**scores, **costs, "threads": cores(), "version": version_of(name)}))


if __name__ == "__main__":
    main()
