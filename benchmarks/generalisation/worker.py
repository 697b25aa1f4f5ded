"""One contestant on one split of one table, in a process of its own; prints what came of it as JSON."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import warnings

from benchmarks.generalisation.contestants import CONTESTANTS, version_of
from benchmarks.generalisation.sets import TABLES


def main() -> None:
    """Run ``python -m benchmarks.generalisation.worker CONTESTANT TABLE SPLIT``."""
    name, table, split = sys.argv[1:]
    warnings.simplefilter("ignore")  # of columns that are not used, and of perceptrons not converged
    with contextlib.redirect_stdout(sys.stderr):
        scores = CONTESTANTS[name](TABLES[table], int(split))
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({**scores, "peak_mib": round(max(peaks) / 1024, 1), "version": version_of(name)}))


if __name__ == "__main__":
    main()
