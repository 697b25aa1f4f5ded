"""``python -m benchmarks.sequences.scores``: are the scores that ``shoal fit`` tells those of its files?

Fits one small set of each kind and scores what ``shoal fit`` and ``shoal predict`` wrote, by arithmetic that
shares nothing with the package. Ends with 1 where evidence.json says anything else, by more than 1e-9 of it
(1e-7 of text), or where the command printed another number than evidence.json rounded to four digits.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.sequences import arithmetic

QUICK = ("--features", "500", "--budget", "1e8")
"""What is fitted is to be scored, not to be good."""
EXACT, PRINTED = 1e-9, 5e-4
"""The relative differences that count as none: of numbers in files, and of printed ones of four digits."""
ROUNDED = {"text": 1e-7}
"""Where the test may see float64 features of samples, ``shoal predict`` sees them rounded to float32."""


@dataclass(frozen=True)
class Part:
    """A test part: what ``shoal predict`` reads, the column that it writes, and the labels of its rows."""

    source: Path
    column: str
    labels: list[str]


@dataclass(frozen=True)
class Score:
    """A score of a model as evidence.json has it, as it was printed, and as it is worked out from files."""

    kind: str
    model: str
    metric: str
    printed: float
    told: float
    own: float

    @property
    def difference(self) -> float:
        return abs(self.told - self.own)

    @property
    def right(self) -> bool:
        told = abs(self.told)
        exact = ROUNDED.get(self.kind, EXACT)
        return self.difference <= exact * told and abs(self.printed - self.told) <= PRINTED * told


Prepared = tuple[list[str], Part]


def shoal(*arguments: str | Path) -> str:
    """Run a command of shoal, and return what it printed."""
    command = [sys.executable, "-m", "shoal", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def lines_of(path: Path) -> list[tuple[list[str], str]]:
    """Return the values and the label of every series of one channel in a .ts file."""
    text = path.read_text(encoding="utf-8").strip().splitlines()
    at = [line.strip().lower() for line in text].index("@data") + 1
    return [(values.split(","), label.strip()) for values, _, label in (x.rpartition(":") for x in text[at:])]


def parts_of(data: Path) -> list[Path]:
    return [data / "ts" / "GunPoint" / f"GunPoint_{part}.ts" for part in ("TRAIN", "TEST")]


def as_ts(data: Path, folder: Path) -> Prepared:
    train, test = parts_of(data)
    return [str(train)], Part(test, "class", [label for _, label in lines_of(test)])


def as_npz(data: Path, folder: Path) -> Prepared:
    paths = [folder / "train.npz", folder / "test.npz"]
    for path, source in zip(paths, parts_of(data), strict=True):
        series = lines_of(source)
        X = np.array([[[float(value)] for value in values] for values, _ in series])
        np.savez(path, X=X, y=np.array([label for _, label in series]), lengths=np.full(len(X), X.shape[1]))
    train, test = paths
    return [str(train), "--test", str(test)], Part(test, "y", [y for _, y in lines_of(parts_of(data)[1])])


def as_steps(data: Path, folder: Path) -> Prepared:
    paths = [folder / "train.csv", folder / "test.csv"]
    for path, source in zip(paths, parts_of(data), strict=True):
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["gesture", "step", "height", "kind"])
            for number, (values, label) in enumerate(lines_of(source)):
                writer.writerows(
                    [f"g{number:04}", step, value, f"k{label}"] for step, value in enumerate(values)
                )
    train, test = paths
    asked = ["--id", "gesture", "--order", "step", "--target", "kind"]
    labels = [f"k{label}" for _, label in lines_of(parts_of(data)[1])]
    return [str(train), *asked, "--test", str(test)], Part(test, "kind", labels)


def as_texts(data: Path, folder: Path) -> Prepared:
    train, test = (data / "text" / f"trec_{part}.csv" for part in ("train", "test"))
    with test.open(newline="", encoding="utf-8") as file:
        labels = [row["label"] for row in csv.DictReader(file)]
    asked = ["--text", "question", "--target", "label", "--hidden", "0", "--starts", "1", "--l2", "1"]
    return [str(train), *asked, "--test", str(test)], Part(test, "label", labels)


def as_sounds(data: Path, folder: Path) -> Prepared:
    with zipfile.ZipFile(data / "speech" / "fsdd_1200.zip") as archive:
        archive.extractall(folder)
    train, test = (folder / "fsdd_1200" / part for part in ("train", "test"))
    labels = [path.parent.name for path in sorted(test.rglob("*.wav"))]
    return [str(train), "--test", str(test)], Part(test, "class", labels)


def classified(kind: str, prepare: Callable[[Path, Path], Prepared], data: Path) -> Iterator[Score]:
    """Fit samples that have classes, predict the test part again, and yield the scores of what predicts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked, test = prepare(data, folder)
        said = shoal("fit", *asked, *QUICK, "--out", folder / "model")
        predicted = folder / "predicted.csv"
        shoal("predict", folder / "model", test.source, "--out", predicted)
        own = {"shoal": arithmetic.of_classes(predicted, test.column, test.labels)}
        yield from compared(kind, said, folder / "model", own)


def forecast(kind: str, data: Path) -> Iterator[Score]:
    """Forecast a series, and yield the scores of all models from the steps of the test."""
    with tempfile.TemporaryDirectory() as name:
        model, series = Path(name, "model"), data / "forecast" / "airline.csv"
        asked = ["--target", "Passengers", "--order", "Date", "--horizon", "24", "--budget", "1e8"]
        said = shoal("fit", series, *asked, "--out", model)
        own = arithmetic.of_forecasts(model / "tested.csv", series, "Passengers", season=12)
        own["shoal"] = own.pop("forecast")
        yield from compared(kind, said, model, own)


def compared(kind: str, said: str, model: Path, own: dict[str, dict[str, float]]) -> Iterator[Score]:
    """Yield every score of ``own``, beside those in the evidence and in the table that was printed."""
    test = json.loads((model / "evidence.json").read_text(encoding="utf-8"))["test"]
    for each in test["models"]:
        if each["name"] not in own:
            continue
        row = re.search(rf"^│ {each['name']} +│(.*)│$", said, re.MULTILINE)
        if row is None:
            raise SystemExit(f"shoal fit printed no scores of {each['name']}:\n{said}")
        printed = [float(cell) for cell in row[1].split("│")]
        for (metric, told), rounded in zip(each["metrics"].items(), printed, strict=True):
            yield Score(kind, each["name"], metric, rounded, told, own[each["name"]][metric])


KINDS: dict[str, Callable[[Path], Iterator[Score]]] = {
    "ts": lambda data: classified("ts", as_ts, data),
    "npz": lambda data: classified("npz", as_npz, data),
    "steps": lambda data: classified("steps", as_steps, data),
    "forecast": lambda data: forecast("forecast", data),
    "text": lambda data: classified("text", as_texts, data),
    "wav": lambda data: classified("wav", as_sounds, data),
}


def table(scores: Iterable[Score]) -> int:
    """Print a row for each score; return 1 if one is wrong, or there is none."""
    print("| kind | model | score | printed | evidence.json | from the files | difference | |")
    print("|---|---|---|--:|--:|--:|--:|---|")
    right = []
    for score in scores:
        numbers = f"{score.printed:.4g} | {score.told:.12g} | {score.own:.12g} | {score.difference:.1e}"
        verdict = "" if score.right else "**differs**"
        print(f"| {score.kind} | {score.model} | {score.metric} | {numbers} | {verdict} |", flush=True)
        right.append(score.right)
    return 0 if right and all(right) else 1


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sequences.scores", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; all")
    parser.add_argument("--data", type=Path, help="the folder of ts, text, …, if not where SHOAL_DATA says")
    asked = parser.parse_args(arguments)
    for kind in asked.kinds:
        if kind not in KINDS:
            parser.error(f"there is no kind {kind}; take some of {', '.join(KINDS)}")
    data = asked.data or Path(os.environ.get("SHOAL_DATA", ""), "sequences")
    if not data.is_dir():
        parser.error(f"{data} is not there; set SHOAL_DATA, or give --data the folder of ts, text, …")
    return table(score for kind in asked.kinds or KINDS for score in KINDS[kind](data))


if __name__ == "__main__":
    raise SystemExit(main())
