"""``python -m benchmarks.generalisation``: run what is missing, and write the table anew.

Real tables are read from the folder ``SHOAL_DATA``. Every result is kept as soon as it is there, so the
command may be stopped and called again. Our own runs that other code has made are run anew, and no table has
them, unless asked to ``--keep`` them: then the table says of which commit they are. Peers may have been run
elsewhere (``--recorded``), or are run here, each in its own process by the interpreter that has its packages
(``--python realmlp_td=/path/to/python``).
``taskset -c 0`` before the command leaves every contestant one core.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.generalisation.contestants import CONTESTANTS
from benchmarks.generalisation.runs import FOLDER, Ledger, complete, recorded
from benchmarks.generalisation.sets import TABLES, named
from benchmarks.generalisation.summary import OURS
from benchmarks.generalisation.table import document

TITLE = "Test error (classification) and RMSE (regression)"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generalisation", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help="such as tables/adult, made; tables and uci")
    parser.add_argument("--run", nargs="*", default=[OURS], choices=CONTESTANTS, help="who runs here; shoal")
    parser.add_argument("--splits", type=int, help="of each set at most; all there are")
    parser.add_argument("--part", choices=("choose", "confirm"), help="only the sets of one half")
    parser.add_argument("--recorded", type=Path, help="runs of peers made elsewhere, as JSON")
    parser.add_argument(
        "--recorded-threads", type=int, metavar="N", help="that these ran on, if none says it"
    )
    parser.add_argument("--keep", action="store_true", help="runs that other code has made")
    parser.add_argument("--python", action="append", default=[], metavar="PEER=PATH")
    parser.add_argument("--results", type=Path, default=FOLDER, help="the folder of results")
    arguments = parser.parse_args()
    try:
        tables = named(arguments.sets or ("tables", "uci"))
    except KeyError as error:
        parser.error(f"there is no set {error}; take a folder, or some of {', '.join(TABLES)}")
    wanted = [
        (table.name, split)
        for table in tables
        if arguments.part in (None, table.part)
        for split in range(min(arguments.splits or table.splits, table.splits))
    ]
    pythons = dict(pair.split("=", 1) for pair in arguments.python)
    known = recorded(arguments.recorded, arguments.recorded_threads) if arguments.recorded else {}
    for name in arguments.run:
        ledger = Ledger.of(name, arguments.results)
        complete(ledger, wanted, known.get(name), pythons.get(name, sys.executable), say, arguments.keep)
    kept = (Ledger.of(name, arguments.results) for name in CONTESTANTS)
    ledgers = {each.name: each if arguments.keep else each.of_now() for each in kept}
    for name, ledger in known.items():
        ledgers.setdefault(name, ledger).runs |= {**ledger.runs, **ledgers[name].runs}
    page = document({name: ledger for name, ledger in ledgers.items() if ledger.runs or name == OURS}, TITLE)
    arguments.results.mkdir(parents=True, exist_ok=True)
    (arguments.results / "table.md").write_text(page)
    say(page)


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
