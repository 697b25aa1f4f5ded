"""One line tells how far it is, wherever it is read."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import shoal
from shoal import ProgressLine
from shoal.selection.running.runner import StudyProgress
from shoal.training.problem import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_one_line_written_over() -> None:
    file = Terminal()
    line = ProgressLine(file)
    line(StudyProgress(0, 3000, 0.0, None, None))
    line(StudyProgress(1, 3000, 12.5, 0.25, 8.4))  # not a per cent yet
    line(StudyProgress(1500, 3000, 12.5, 0.25, 8.4))
    line(StudyProgress(3000, 3000, 12.5, 0.125, 0.0))
    assert file.getvalue().split("\r") == [
        "",
        "0 of 3,000 networks, 0 a second",
        "1,500 of 3,000 networks, 12.5 a second, best 0.25, 8 s left",
        "3,000 of 3,000 networks, 12.5 a second, best 0.125         \n",
    ]


def test_a_file_gets_the_end_alone_also_where_all_members_stop_early() -> None:
    file = io.StringIO()
    line = ProgressLine(file)
    for epoch, active in ((1, 2), (2, 1), (3, 0)):
        line(Progress(epoch, 10, active))
    assert file.getvalue() == "epoch 3 of 10, 0 networks in training\n"


def test_a_notebook_has_one_output_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []

    def display(bundle: dict[str, str], raw: bool, display_id: bool) -> Any:
        assert raw
        assert display_id
        shown.append([bundle])
        return SimpleNamespace(update=lambda bundle, raw: shown[-1].append(bundle))

    shell = SimpleNamespace(kernel=object())
    module = SimpleNamespace(get_ipython=lambda: shell, display=SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", module)  # type: ignore[arg-type]
    file = io.StringIO()
    line = ProgressLine(file)
    X = np.linspace(0, 1, 10)
    network = shoal.Network(1, [shoal.Dense(1)])
    for _ in range(2):
        shoal.train(network, X, X, starts=2, epochs=4, callback=line)
    assert [len(each) for each in shown] == [4, 4]
    assert shown[1][-1]["text/plain"] == "epoch 4 of 4, 2 networks in training"
    assert '<progress value="4" max="4">' in shown[1][-1]["text/html"]
    assert file.getvalue() == ""


def test_a_study_takes_it() -> None:
    file = io.StringIO()
    X = np.linspace(0, 1, 20)
    study = shoal.CapacityStudy(hidden=[1], starts=2, epochs=2, n_jobs=1, progress=ProgressLine(file))
    study.fit(X, X)
    assert file.getvalue().startswith("2 of 2 networks, ")
