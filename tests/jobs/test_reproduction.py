from __future__ import annotations

import dataclasses
import io
import shlex
import subprocess
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from shoal.cli.terminal import TerminalListener
from shoal.errors import ConfigurationError
from shoal.jobs.fit import fit_data
from shoal.jobs.job import FinishedJob
from shoal.jobs.reproduction import command, quoted
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize
from shoal.selection.running.runner import StudyProgress

Mixed = Callable[..., dict[str, list[object]]]
Write = Callable[..., Path]
Shoal = Callable[..., Any]
MODEL = ("model.json", "weights.safetensors", "preprocessing.json")
FIRST = ("--jobs", "1", "--epochs", "3", "--starts", "2")


def model(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in MODEL}


def told(folder: Path) -> list[str]:
    return shlex.split((folder / "command.txt").read_text())


def made_again(shoal: Shoal, folder: Path, to: str) -> Path:
    """Run the command that a folder holds, into another folder, and hold it to the one of the other."""
    name, *words = told(folder)
    assert name == "shoal"
    ended = shoal(*words, "--out", to)
    assert (ended.code, ended.err) == (0, [])
    again = told(Path(to))
    again[again.index("--out") + 1] = words[words.index("--out") + 1]
    assert again == [name, *words]
    return Path(to)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch, without_report: None) -> None:
    """A study that leaves its size open is sized to the last rung of its ladder."""
    monkeypatch.setattr("shoal.jobs.sizing.study.counted", lambda *_: 1e6)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--choose", "one-se", "--quality", "fast"],
        ["--choose", "best", "--solver", "scg", "--seed", "7", "--validation-share", "0.3"],
        [
            "--task",
            "regression",
            "--target",
            "noise",
            "--pieces",
            "3",
            "--drop",
            "seen,unit",
            "--drop",
            "member",
        ],
        ["--score", "evidence", "--hidden", "1,2", "--memory", "64GB"],
    ],
    ids=["as it comes", "one network", "another solver", "numbers", "evidence"],
)
def test_the_command_that_was_told_makes_the_same_model(
    shoal: Shoal, mixed: Mixed, write_csv: Write, options: list[str]
) -> None:
    """Also with a later version, whose sizes may be others: here what was left open would be large."""
    write_csv(Path('it\'s a "table".csv'), mixed(60))
    target = [] if "--target" in options else ["--target", "target"]
    assert shoal("fit", 'it\'s a "table".csv', *target, *options, "--jobs", "1", "--out", "an out").code == 0
    with pytest.MonkeyPatch.context() as faster:
        faster.setattr("shoal.jobs.sizing.study.counted", lambda *_: 1e-9)
        again = made_again(shoal, Path("an out"), "again")
    assert model(again) == model(Path("an out"))


@pytest.mark.parametrize("kind", ["npz", "folder"])
def test_images_too(shoal: Shoal, write_images: Write, kind: str) -> None:
    source = write_images(Path("images.npz"), {"_train": 60, "_test": 15} if kind == "npz" else {"": 60})
    if kind == "folder":
        source = as_folder(source)
    options = ["--augment", "translate=1", "--image-size", "6x7", "--jobs", "1"]
    assert shoal("fit", str(source), *options, "--out", "out").code == 0
    assert model(made_again(shoal, Path("out"), "again")) == model(Path("out"))


def as_folder(source: Path) -> Path:
    from PIL import Image

    with np.load(source) as arrays:
        for number, (pixels, label) in enumerate(zip(arrays["X"], arrays["y"], strict=True)):
            place = Path("pets and 'more'", f"class {label}")
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(place / f"{number}.png")
    return place.parent


class Interrupting(TerminalListener):
    """Ends a study as Ctrl-C does, as soon as so many networks are trained."""

    def __init__(self, after: int) -> None:
        super().__init__(Console(file=io.StringIO()))
        self.after: int | None = after

    def progress(self, progress: StudyProgress) -> None:
        if self.after is not None and progress.done >= self.after:
            self.after = None
            raise KeyboardInterrupt


def ended_early(request: FitRequest, folder: Path, after: int) -> FinishedJob:
    outcome = fit_data(request, folder, Interrupting(after))
    assert outcome.ended_by == "Ctrl-C"
    return outcome


@pytest.mark.parametrize(
    ("choose", "after", "numbers"),
    [
        ("ensemble", 2, ["--networks", "6-7"]),  # of the larger size, which comes first, on two of five folds
        ("one-se", 7, ["--networks", "6-10"]),
        ("ensemble", 12, []),  # one whole start
        ("best", 12, ["--networks", "1-10"]),
        ("ensemble", 17, ["--networks", "1-10,16-20"]),
    ],
)
def test_a_study_that_a_clock_ended_is_told_as_far_as_it_went(
    shoal: Shoal, mixed: Mixed, write_csv: Write, choose: str, after: int, numbers: list[str]
) -> None:
    """With an end to come the cohorts are small; where the clock ends it, the test does."""
    table = write_csv(Path("table.csv"), mixed(60))
    size = AskedSize(hidden=((1,), (3,)), starts=3, l2=(1.0,), epochs=4)
    request = FitRequest(str(table), "target", size=size, choose=choose, jobs=1, time=600.0)
    ended_early(request, Path("out"), after)
    words = told(Path("out"))
    assert "--time" not in words
    assert ("--networks" in words) == bool(numbers)
    assert " ".join(numbers) in " ".join(words)
    assert model(made_again(shoal, Path("out"), "again")) == model(Path("out"))


def test_a_resumed_study_is_told_as_it_ended(
    shoal: Shoal, mixed: Mixed, write_csv: Write, tmp_path: Path
) -> None:
    table = write_csv(Path("table.csv"), mixed(60))
    request = FitRequest(str(table), "target", size=AskedSize(starts=2, epochs=3), choose="one-se", jobs=1)
    ended_early(request, Path("out"), 3)
    early = told(Path("out"))
    fit_data(request, Path("out"), TerminalListener(Console(file=io.StringIO())), resume=True)
    assert told(Path("out")) != early
    assert "--resume" not in told(Path("out"))
    assert model(made_again(shoal, Path("out"), "again")) == model(Path("out"))


def test_terminal_evidence_and_file_tell_the_same(shoal: Shoal) -> None:
    ended = shoal("fit", "builtin:iris", "--target", "species", "--out", "out", *FIRST)
    line = Path("out/command.txt").read_text().rstrip("\n")
    assert ended.out[-2] == f"The same model again, in another --out: {line}"
    assert " --seed 0 " in line


GIVEN: dict[str, Any] = {
    "table": "-a 'table'.csv",
    "target": "--price",
    "task": "regression",
    "loss": "huber",
    "drop": ("a,b", "c d"),
    "columns": ("-x", "y"),
    "categorical": ("x",),
    "size": AskedSize(hidden=((), (2,), (16, 16)), starts=3, l2=(0.0, 1e-5, 0.1), epochs=7),
    "folds": 3,
    "valid": "v v.csv",
    "validation_share": 0.1 + 0.2,
    "test": "te$t.csv",
    "test_share": 0.1,
    "choose": "best",
    "score": "evidence",
    "quality": "best",
    "time": 1.5,
    "solver": "sgd",
    "activation": "relu",
    "pieces": 0,
    "waves": 2,
    "id": "patient no",
    "order": "-time",
    "horizon": 12,
    "tested": True,
    "season": 7,
    "future": ("holiday", "price"),
    "text": "what was said",
    "characters": True,
    "features": 500,
    "budget": 2e9,
    "learning_rate": 1e-4,
    "batch_size": 16,
    "patience": 4,
    "search": ("learning-rate=1e-4..0.1,dropout", "hidden=8|16x16"),
    "draws": 9,
    "halving": 0,
    "networks": "1-3,7",
    "image_size": (24, 32),
    "augment": "rotate=5",
    "strict": True,
    "rare": "drop",
    "group": "g",
    "time_order": "t",
    "weight": "w",
    "metric": "f1",
    "cost": ("ill:well=5", "well:ill=1"),
    "seed": 12345678901234567890,
    "jobs": -1,
    "on": "tcp://scheduler:8786",
    "memory": 123456789,
}


ROW_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "characters": {"text": "what was said"},
    "future": {"horizon": 7},
    "draws": {"search": ("dropout",)},
    "halving": {"search": ("dropout",)},
}
"""What a setting is not given without."""


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(FitRequest)])
def test_every_setting_is_an_option_that_says_the_same(
    shoal: Shoal, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    read: list[FitRequest] = []

    def fit_data(request: FitRequest, *_: object) -> None:
        read.append(request)
        raise ConfigurationError("enough")

    monkeypatch.setattr("shoal.jobs.fit.fit_data", fit_data)
    monkeypatch.setattr("shoal.cli.fit._lent", lambda on, time: nullcontext(True))  # nobody is called
    request = FitRequest(**{"table": "t.csv", name: GIVEN[name], **ROW_ATTRIBUTES.get(name, {})})
    assert shoal(*shlex.split(command(request, Path("out")))[1:]).refusal == "shoal: enough"
    assert read == [dataclasses.replace(request, table=f"./{request.table}" if name == "table" else "t.csv")]


@pytest.mark.parametrize(
    "word", ["a b", "it's", 'say "$x"', "a\nb", "\x1b[2J", "\udcff", "\u202e", "é\\n'\x01"]
)
def test_a_shell_reads_what_was_quoted_and_it_steers_no_terminal(word: str) -> None:
    line = quoted(word)
    assert line.isprintable()
    read = subprocess.run(["bash", "-c", f"printf %s {line}"], capture_output=True, check=True).stdout
    assert read == word.encode(errors="surrogateescape")
