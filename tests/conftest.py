"""What every test may use: real data where there is some, and properties tested the same way each time."""

from __future__ import annotations

import functools
import os
import random
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from _pytest.doctest import DoctestModule
from hypothesis import settings

from shoal.activations import ACTIVATIONS
from shoal.engines import _say_once
from shoal.initializers import INITIALIZERS
from shoal.layers import LAYERS
from shoal.losses import LOSSES
from shoal.penalties import PENALTIES
from shoal.schedules import SCHEDULES
from shoal.solvers import SOLVERS

FAMILIES: list[dict[str, Any]] = [
    ACTIVATIONS, INITIALIZERS, LAYERS, LOSSES, PENALTIES, SCHEDULES, SOLVERS
]  # fmt: skip

HEEDED = (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))
"""The signals to which commands listen."""

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# What a shell may say of its terminal, which the commands heed: tests have none.
for variable in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(variable, None)

# Started in the background of a script this process ignores Ctrl-C, under nohup the end of its terminal, and
# so would those that tests interrupt.
for _name, _usual in ("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL):
    if hasattr(signal, _name) and signal.getsignal(getattr(signal, _name)) is signal.SIG_IGN:
        signal.signal(getattr(signal, _name), _usual)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Look for examples in the package alone: a search through every test's docstring finds none."""
    return [collector for collector in (yield) if not isinstance(collector, DoctestModule)]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a parameter of bytes by its length; the time in a gzip, say, differs between workers."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def same_draws() -> None:
    """Who leaves ``random_state`` out draws from NumPy's own generator, which begins anew in every test."""
    np.random.seed(0)  # noqa: NPY002


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Give the path of a file in the folder that ``SHOAL_DATA`` names, say ``tables/adult.csv.gz``.

    Without that folder the test is skipped; a file that the folder lacks is an error.
    """
    folder = os.environ.get("SHOAL_DATA", "")

    def path(name: str) -> Path:
        if not folder:
            pytest.skip(f"needs real data: set SHOAL_DATA to the folder that holds {name}")
        return Path(folder, name).resolve(strict=True)

    return path


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--shuffle", type=int, metavar="SEED", help="run tests in a random order, which SEED draws"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle files, and the tests of each; what a file prepares for all of its tests is prepared once."""
    seed = config.getoption("--shuffle")
    if seed is not None:
        rng = random.Random(seed)  # noqa: S311
        places = {path: rng.random() for path in sorted({item.path for item in items})}
        keys = {item: (places[item.path], rng.random()) for item in items}
        items.sort(key=keys.__getitem__)


@pytest.fixture(autouse=True)
def as_if_alone() -> Iterator[None]:
    """Take back what a test leaves behind in this process for those after it.

    That is what it registers in a family, a tutorial's activation say, and what is said only once.
    """
    before = [dict(family) for family in FAMILIES]
    _say_once.cache_clear()
    yield
    for family, members in zip(FAMILIES, before, strict=True):
        family.clear()
        family.update(members)


@pytest.fixture(autouse=True)
def only_what_goes_together(request: pytest.FixtureRequest) -> None:
    """Skip a test over families where its solver refuses its loss."""
    given: dict[str, Any] = getattr(getattr(request.node, "callspec", None), "params", {})
    solver, loss = given.get("solver", given.get("case")), given.get("loss")
    if not isinstance(solver, str) or solver not in SOLVERS:
        return
    if SOLVERS[solver].squares and isinstance(loss, str) and LOSSES[loss]().curvature(2) is None:
        pytest.skip(f"{solver} refuses the loss {loss}")


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawing out of reports, which is half the time of a tiny job, and keep all that they say."""
    from shoal.plots import reliability, residuals
    from shoal.report import html

    def blank(*_: object, **__: object) -> str:
        return "<svg></svg>"

    drawn = [(html, "_both"), (reliability, "diagram")]
    for module, name in [*drawn, (residuals, "predicted_against_actual"), (residuals, "histogram")]:
        monkeypatch.setattr(module, name, blank)


class Ended(NamedTuple):
    """How a command ended: its exit code and the lines that it wrote."""

    code: int
    out: list[str]
    err: list[str]

    @property
    def refusal(self) -> str:
        """The message of a command that was refused as commands must be: in one line, with exit code 2."""
        assert self.code == 2, self
        (line,) = self.err
        assert line.startswith("shoal: ")
        assert not any("Traceback" in text for text in (*self.out, line))
        return line


@pytest.fixture(scope="session")
def main_here() -> Callable[..., int]:
    """Run a command line in this process, in the folder where it is, and return its exit code."""
    import typer.main

    from shoal.cli import main

    # Commands are made out of functions in each process that runs one; here many commands run in one process.
    made = functools.cache(typer.main.get_command)

    def run(*arguments: object) -> int:
        handlers = {number: signal.getsignal(number) for number in HEEDED}
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sys, "argv", ["shoal", *map(str, arguments)])
            patched.setattr(typer.main, "get_command", made)
            try:
                with pytest.raises(SystemExit) as ended:
                    main()
            finally:
                for number, handler in handlers.items():
                    signal.signal(number, handler)
        assert isinstance(ended.value.code, int)
        return ended.value.code

    return run


@pytest.fixture
def shoal(
    main_here: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Callable[..., Ended]:
    """Run a command line in this process, in an empty folder: ``shoal("predict", "out", …)``."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Ended:
        code = main_here(*arguments)
        captured = capsys.readouterr()
        return Ended(code, captured.out.splitlines(), captured.err.splitlines())

    return run
