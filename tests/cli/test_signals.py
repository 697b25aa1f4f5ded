"""Each command runs in a process of its own, which sends itself signals at a moment that the test knows."""

from __future__ import annotations

import signal
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from shoal.cli.signals import SignalWatch
from shoal.jobs.saved.layout import EARLIER

Python = Callable[..., Any]
Iris = tuple[str, ...]

HARNESS = """
import os, signal, sys
import shoal.cli

def send(*names):
    for name in names:
        os.kill(os.getpid(), getattr(signal, name))

def before(place, *names):
    '''Send signals just before a function is called.'''
    module, _, function = place.rpartition(".")
    __import__(module)
    original = getattr(sys.modules[module], function)
    def interrupted(*arguments, **options):
        setattr(sys.modules[module], function, original)
        send(*names)
        return original(*arguments, **options)
    setattr(sys.modules[module], function, interrupted)

class OnImport:
    def find_spec(self, name, *_):
        if name == self.name:
            try:
                send(self.signal)
            except BaseException:  # as modules do while they are loaded
                pass

    def __init__(self, name, signal):
        self.name, self.signal = name, signal
        sys.meta_path.insert(0, self)
"""


@pytest.fixture
def end(python: Python, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Run a command after some preparation, and return its exit code and the one line of its errors."""

    def run(preparation: str, arguments: Sequence[str]) -> tuple[int, str]:
        code = f"{HARNESS}\n{textwrap.dedent(preparation)}\nshoal.cli.main()"
        ended = python(tmp_path, "-c", code, *arguments)
        lines = ended.stderr.decode().splitlines()
        assert len(lines) == 1, lines
        set_aside = {EARLIER} if "--overwrite" in arguments else set()
        assert {path.name for path in tmp_path.rglob(".shoal-*")} <= set_aside
        return ended.returncode, lines[0]

    return run


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("SIGINT", 130, "shoal: interrupted"),
        ("SIGTERM", 143, "shoal: terminated"),
        ("SIGHUP", 129, "shoal: the terminal is gone"),
    ],
)
def test_a_signal_in_the_first_second(
    end: Callable[..., tuple[int, str]], iris: Iris, name: str, code: int, told: str
) -> None:
    for module in ("shoal.cli.app", "shoal.jobs.fit"):
        assert end(f"OnImport({module!r}, {name!r})", iris) == (code, told)


def test_a_signal_before_the_study_leaves_nothing_to_go_on_from(
    end: Callable[..., tuple[int, str]], iris: Iris, tmp_path: Path
) -> None:
    told = "shoal: interrupted; there is nothing yet to go on from in out"
    assert end("before('shoal.jobs.tables.prepare.prepare_table', 'SIGINT')", iris) == (130, told)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("place", "kept", "name"),
    [
        ("shoal.selection.running.dispatch.run_cohort", "study.lock", "SIGINT"),
        ("shoal.jobs.fit_study.examine", "cohorts/000000.safetensors", "SIGTERM"),
        ("shoal.jobs.fit_study.write_pages", "trials.sqlite", "SIGINT"),
    ],
)
def test_a_signal_after_the_study_has_begun_advises_to_go_on(
    end: Callable[..., tuple[int, str]], iris: Iris, tmp_path: Path, place: str, kept: str, name: str
) -> None:
    code, told = end(f"before({place!r}, {name!r})", iris)
    assert code == {"SIGINT": 130, "SIGTERM": 143}[name]
    assert told.endswith("; repeat the command with --resume to go on from the last network kept")
    assert (tmp_path / "out" / "study" / kept).exists()
    assert {"model.json", "report.html"} & {path.name for path in (tmp_path / "out").iterdir()} == set()


def test_a_second_one_when_the_first_has_ended_the_study(
    end: Callable[..., tuple[int, str]], iris: Iris, tmp_path: Path
) -> None:
    """The first keeps the best so far, whose examination the second leaves out: what it replaces stays."""
    first = """
        from shoal.selection.running import runner
        def kept(self, result, save=runner.Runner._count):
            save(self, result)
            if self.networks == 12:
                send("SIGINT")
        runner.Runner._count = kept
    """
    code, told = end(first, iris)
    assert code == 130
    assert told.startswith(
        "shoal: interrupted; out holds the best so far, and the same command with --resume"
    )
    results = [tmp_path / "out" / name for name in ("model.json", "weights.safetensors", "report.html")]
    earlier = [path.read_bytes() for path in results]
    code, told = end(
        f"{textwrap.dedent(first)}\nbefore('shoal.jobs.fit_study.save_model', 'SIGINT')",
        [*iris, "--overwrite"],
    )
    assert code == 130
    assert "repeat the command with --resume, in the place of --overwrite, to go on" in told
    assert [path.read_bytes() for path in results] == earlier


def test_one_that_nobody_lets_through(end: Callable[..., tuple[int, str]], iris: Iris) -> None:
    swallow = """
        import shoal.jobs.tables.prepare
        def stubborn(*_):
            for i in range(9):
                try:
                    send("SIGINT")
                except KeyboardInterrupt:
                    print("swallowed", flush=True)
            raise SystemExit(7)
        shoal.jobs.tables.prepare.prepare_table = stubborn
    """
    assert end(swallow, iris)[0] == 130


def test_one_when_all_is_done(end: Callable[..., tuple[int, str]], iris: Iris, tmp_path: Path) -> None:
    shown = "import shoal.cli.terminal; before('shoal.cli.terminal.print_whole', 'SIGINT')"
    assert end(shown, iris) == (130, "shoal: interrupted; out is whole")
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.parametrize("command", ["check", "explain"])
def test_one_while_differences_are_taken(end: Callable[..., tuple[int, str]], command: str) -> None:
    during = "before('shoal.explanation.gradient_check.directional_difference', 'SIGINT')"
    assert end(during, [command, "--layers", "60,20,1"]) == (130, "shoal: interrupted")


def test_one_while_the_interpreter_ends(python: Python, tmp_path: Path) -> None:
    code = f"{HARNESS}\nimport atexit; atexit.register(send, 'SIGINT'); shoal.cli.main()"
    ended = python(tmp_path, "-c", code, "--version")
    assert (ended.returncode, ended.stderr) == (130, b"")


def test_what_whoever_started_the_process_wants_ignored_is_ignored() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        watch = SignalWatch()
        watch.install()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) == watch._receive
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
