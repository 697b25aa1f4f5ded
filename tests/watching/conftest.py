"""A study and a training of a moment, and the folder of a finished job."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shoal import CapacityStudy, Dense, Network
from shoal.cli.terminal import TerminalListener, plain_console
from shoal.jobs.fit import fit_data
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize

X = np.linspace(0, 1, 24)


@pytest.fixture
def network() -> Network:
    return Network(1, [Dense(2, "tanh"), Dense(1)])


@pytest.fixture(scope="session")
def study() -> CapacityStudy:
    return CapacityStudy([1, 2], starts=2, l2=(0.0, 0.1), epochs=4, n_jobs=1).fit(X, np.sin(6 * X))


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fit a table of two classes by three columns, one of them of words."""
    folder = tmp_path_factory.mktemp("watched")
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(60, 2)).round(3)
    lines = [f"{a},{b},{'north' if b > 0 else 'south'},{'yes' if a > 0 else 'no'}" for a, b in numbers]
    (folder / "table.csv").write_text("\n".join(["length,width,side,kept", *lines, ""]))
    request = FitRequest(
        table=str(folder / "table.csv"),
        target="kept",
        size=AskedSize(hidden=((2,),), starts=2, l2=(0.1,), epochs=3),
        jobs=1,
    )
    fit_data(request, folder / "model", TerminalListener(plain_console()), "fit", False, False)
    return folder / "model"
