from __future__ import annotations

import subprocess
import sys

LOOKS = """
import gc, sys
import shoal.cli
looks = []
gc.collect()
gc.callbacks.append(lambda phase, _: looks.append(phase))
sys.argv = ["shoal", "--version"]
try:
    shoal.cli.main()
except SystemExit as end:
    assert end.code == 0, end.code
"""
AS_USUAL = """
import gc
from shoal.cli.collector import collect_later
usual = gc.get_threshold()
collect_later(10_000)
collect_later(10_000)
assert gc.get_threshold() == (10_000, *usual[1:])
held = [[] for _ in range(20_000)]
assert gc.get_threshold() == usual
assert gc.callbacks == []
"""
AT_THE_END = """
import atexit, gc
from shoal.cli.collector import collect_later
atexit.register(lambda: print(gc.get_freeze_count() > 1000))
collect_later()
"""


def printed(program: str) -> str:
    """Return what a fresh process prints."""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return ran.stdout


def test_nothing_is_looked_for_among_what_a_command_imports() -> None:
    assert printed(f"{LOOKS}\nprint(looks)").splitlines()[-1] == "[]"


def test_then_the_collector_looks_as_usual() -> None:
    printed(AS_USUAL)


def test_nothing_is_looked_for_at_the_end_of_the_process() -> None:
    assert printed(AT_THE_END) == "True\n"
