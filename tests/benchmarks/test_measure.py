"""The protocol with real processes, on contestants that need no extra."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import measure
from benchmarks.judge import Judge
from benchmarks.task import Task
from benchmarks.workload import Entry, Workload


def workload(task: Task, *entries: Entry) -> Workload:
    return Workload("T", "a test", "small", lambda: task, entries, ())


@pytest.mark.parametrize("task", [("shared", 3)], indirect=True)
def test_contestants_are_timed_in_their_best_form(task: Task) -> None:
    said: list[str] = []
    entries = (
        Entry("shoal", "train"),
        Entry("numpy", "loop", members=3),
        Entry("numpy", "no_such_form"),
        Entry("numpy", "loop", 1, "numpy for a few"),
    )
    shoal, numpy, few = measure.measure(workload(task, *entries), said.append, 3, [1])
    assert (shoal.peer, shoal.form, shoal.scale, shoal.error) == ("shoal", "train", 1, None)
    assert (numpy.peer, numpy.form, numpy.scale) == ("numpy", "loop", task.networks / 6)
    assert (few.peer, few.form, few.scale) == ("numpy for a few", "loop", task.networks / 2)
    for m in (shoal, numpy, few):
        assert len(m.seconds) == 3
        assert 0 < m.quartiles[0] <= m.median <= m.quartiles[1]
        assert m.cold is not None
        assert m.cold > min(m.seconds)
        assert m.bytes is not None
        assert m.bytes > 10e6
    assert "no_such_form" in str(numpy.tried["no_such_form, 1 cores"])
    assert len(said) == 4


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="clocks of other processes are Linux's")
@pytest.mark.parametrize("task", [(None, 1)], indirect=True)
def test_who_waits_is_stopped_where_the_processor_is_timed(task: Task, tmp_path: Path) -> None:
    task.save(tmp_path / "task.npz")
    with measure.Contestant("benchmarks.peers.numpy:loop", 1, tmp_path / "task.npz") as contestant:
        assert contestant.turn(1) > 0
        state = Path("/proc", str(contestant.process.pid), "status")
        while "T (stopped)" not in state.read_text():  # a signal takes its time
            time.sleep(0.001)
        assert contestant.turn(1) > 0
    assert contestant.process.returncode == 0


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="who began whom is told by Linux's /proc")
def test_a_process_has_the_time_of_those_that_it_has_begun() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(flush=True); input()'])"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as outer:
        assert outer.stdout is not None
        outer.stdout.readline()  # the inner one is there
        first, *others = measure.family(outer.pid)
        assert first == outer.pid
        assert len(others) == 1
        outer.communicate(b"\n")


@pytest.mark.parametrize("task", [(None, 1)], indirect=True)
def test_who_waits_is_stopped_whatever_is_timed(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[bool] = []

    def turn(contestant: measure.Contestant, epochs: int, processor: bool = True) -> float:
        stopped.append(processor)
        return contestant.run(epochs)

    monkeypatch.setattr(measure.Contestant, "turn", turn)
    for processor in (False, True):
        measure.measure(workload(task, Entry("numpy", "loop")), lambda _: None, 1, [1], processor)
        assert set(stopped) == {processor}
        stopped.clear()


@pytest.mark.parametrize("task", [(None, 1)], indirect=True)
def test_who_disagrees_is_not_timed(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Judge, "tolerance", 1e-12)  # nobody agrees so well in float32
    [numpy] = measure.measure(workload(task, Entry("numpy", "loop")), lambda line: None, 3, [1])
    assert "disagrees by" in str(numpy.error)
    assert numpy.seconds == []


@pytest.mark.parametrize("task", [(None, 1)], indirect=True)
def test_a_process_answers_until_it_is_no_longer_asked(task: Task, tmp_path: Path) -> None:
    task.save(tmp_path / "task.npz")
    with measure.Contestant("benchmarks.peers.numpy:loop", 1, tmp_path / "task.npz") as contestant:
        assert contestant.run(1) > 0
        contestant.ask("save", path=str(tmp_path / "first.npz"))
        with pytest.raises(measure.ContestantError, match=r"status 1: KeyError: 'epochs'"):
            contestant.ask("run")
    with np.load(tmp_path / "first.npz") as saved:
        assert [saved[name].shape for name in saved] == [cohort.theta.shape for cohort in task.cohorts]
    assert contestant.process.returncode == 1


def test_cores_are_tried_in_powers_of_two() -> None:
    counts = measure.core_counts()
    assert counts[0] == 1
    assert counts == sorted(set(counts))


@pytest.mark.parametrize("task", [(None, 1)], indirect=True)
def test_all_are_timed_for_the_iterations_that_are_as_low_as_another(task: Task) -> None:
    """By the numbers of the task itself: each needs as many epochs as the one that has trained for all."""
    own = replace(task, solver="own", epochs=4, check_epochs=4)
    entries = Entry("shoal", "train"), Entry("numpy", "loop", members=1), Entry("numpy", "loop", None, "aim")
    asked = replace(workload(own, *entries), as_low_as="aim")
    shoal, numpy, aim = measure.measure(asked, lambda _: None, 1, [1])
    assert shoal.epochs in (4, 5)  # which rounds in other places
    assert (numpy.epochs, aim.epochs) == (4, 4)
    assert None not in (aim.loss, shoal.loss)
    assert shoal.loss <= aim.loss  # type: ignore[operator]
    assert len(shoal.seconds) == len(aim.seconds) == 1
    assert (numpy.error, aim.error) == (None, None)


@pytest.mark.parametrize("task", [(None, 1)], indirect=True)
def test_who_never_gets_as_low_is_not_timed(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "fewest", lambda mean_loss, aim, iterations: mean_loss(1) and None)
    asked = replace(workload(task, Entry("shoal", "train"), Entry("numpy", "loop")), as_low_as="numpy")
    shoal, numpy = measure.measure(asked, lambda _: None, 1, [1])
    assert re.fullmatch(r"ends at a mean J of [0-9.]+, above [0-9.]+ of numpy", str(shoal.error))
    assert (shoal.seconds, len(numpy.seconds)) == ([], 1)
