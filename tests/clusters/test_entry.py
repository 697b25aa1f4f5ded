from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

from shoal.clusters.entry import ENTRY, WHERE
from shoal.engines import INSTRUCTION_SETS


def test_a_worker_is_asked_by_a_name_of_the_standard_library_and_answers_in_texts() -> None:
    assert pkgutil.resolve_name(WHERE) is ENTRY
    assert json.loads(json.dumps(ENTRY)) == ENTRY  # nothing that another version could not read
    assert ENTRY["sets"] == list(INSTRUCTION_SETS)
    version, numpy = sys.version_info, np.__version__.split(".")
    assert ENTRY["runs_on"] == f"Python {version[0]}.{version[1]} with NumPy {numpy[0]}.{numpy[1]}"


@pytest.mark.skipif(not INSTRUCTION_SETS, reason="there is no compiled engine to hold to an instruction set")
def test_a_process_held_to_an_older_instruction_set_says_so() -> None:
    ask = f"import json, pkgutil; print(json.dumps(pkgutil.resolve_name({WHERE!r})))"
    lowest = INSTRUCTION_SETS[-1]
    done = subprocess.run(
        [sys.executable, "-c", ask],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"SHOAL_INSTRUCTION_SET": lowest},
    )
    told = json.loads(done.stdout)
    assert lowest in told["engine"]
    assert {**told, "engine": ""} == {**ENTRY, "engine": ""}
