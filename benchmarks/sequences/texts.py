"""Sets of texts and of sounds: where they lie, and what is to be reached on their test parts.

The folder that ``SHOAL_DATA`` names holds them as ``sequences/text/NAME_train.csv`` and ``NAME_test.csv``,
and as ``sequences/speech/fsdd_1200.zip``. Of the sounds there are two protocols: the published test part, and
one speaker whom training has not heard.
"""

from __future__ import annotations

import csv
import os
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sequences.sets import Measured
from shoal import SequenceClassifier, TextClassifier
from shoal.data.sequences.origins import Sounds
from shoal.shapes import Array


@dataclass(frozen=True)
class Part:
    """Samples with their labels (N,), and of whom they are, where that matters."""

    samples: list[Any]
    labels: Array
    groups: Array | None = None


def settled(estimator: Any, train: Part, test: Part | None) -> Measured:
    """Fit an estimator, and judge it by what is held out and, if there is one, by the test."""
    began = time.process_time()
    if train.groups is None:
        estimator.fit(train.samples, train.labels)
    else:
        estimator.fit(train.samples, train.labels, groups=train.groups)
    seconds = time.process_time() - began
    held = estimator.classes_[estimator.held_out_.argmax(axis=1)]
    error = float("nan") if test is None else _error(estimator.predict(test.samples), test.labels)
    return Measured(error, _error(held, train.labels), seconds, estimator.mixture_.sentence)


def _error(predicted: Array, known: Array) -> float:
    return float(100 * (predicted != known).mean())


@dataclass(frozen=True)
class TextSet:
    """A set of texts with a label each, cut into words or characters, and the error in % to be reached."""

    name: str
    unit: str
    column: str
    label: str
    target: float
    others: str
    classification: bool = True

    def measure(self, folder: Path | None, validate: bool, settings: dict[str, Any]) -> Measured:
        """Return the errors in %, the seconds and the sentence."""
        known = {name: value for name, value in settings.items() if name != "channels_first"}
        estimator = TextClassifier(unit=self.unit, **known)
        return settled(estimator, self.read(folder, "train"), None if validate else self.read(folder, "test"))

    def read(self, folder: Path | None, part: str) -> Part:
        """Return the texts of a part."""
        path = _place(folder) / "text" / f"{self.name}_{part}.csv"
        if not path.is_file():
            raise SystemExit(f"{path} is not there; set SHOAL_DATA, or give --data the folder of the sets")
        with path.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        return Part([row[self.column] for row in rows], np.array([row[self.label] for row in rows]))


@dataclass(frozen=True)
class SpeechSet:
    """Spoken digits, by the published test part or an ``unheard`` speaker, and the error in % to reach."""

    name: str
    target: float
    others: str
    unheard: str | None = None
    classification: bool = True

    def measure(self, folder: Path | None, validate: bool, settings: dict[str, Any]) -> Measured:
        """Return the errors in %, the seconds and the sentence."""
        train, test = self.read(folder)
        return settled(SequenceClassifier(**settings), train, None if validate else test)

    def read(self, folder: Path | None) -> tuple[Part, Part]:
        """Return what trains and what tests; where a speaker is unheard, training knows who speaks."""
        path = _place(folder) / "speech" / "fsdd_1200.zip"
        if not path.is_file():
            raise SystemExit(f"{path} is not there; set SHOAL_DATA, or give --data the folder of the sets")
        with tempfile.TemporaryDirectory() as unpacked:
            with zipfile.ZipFile(path) as archive:
                archive.extractall(unpacked)
            where = Path(unpacked) / "fsdd_1200"
            data = Sounds.of(where).read(str(where), parts=True)
        assert data.test is not None
        parts = []
        for each in (data.train, data.test):
            assert each.targets is not None
            speakers = np.array([Path(name).name.partition("_")[0] for name in each.names])
            parts.append(Part(list(each.series), each.targets.to_numpy().astype(str), speakers))
        train, test = parts
        if self.unheard is None:
            return Part(train.samples, train.labels), test
        both = Part(
            [*train.samples, *test.samples],
            np.concatenate([train.labels, test.labels]),
            np.concatenate([part.groups for part in parts if part.groups is not None]),
        )
        assert both.groups is not None
        return _some(both, both.groups != self.unheard), _some(both, both.groups == self.unheard)


def _some(part: Part, chosen: Array) -> Part:
    assert part.groups is not None
    rows = np.flatnonzero(chosen)
    return Part([part.samples[row] for row in rows], part.labels[rows], part.groups[rows])


def _place(folder: Path | None) -> Path:
    return folder or Path(os.environ.get("SHOAL_DATA", "")) / "sequences"


TEXTS = {
    each.name: each
    for each in (
        TextSet("names", "characters", "name", "language", 15.0, "TF-IDF of characters 15.5, LSTM 19.1"),
        TextSet("trec", "words", "question", "label", 10.0, "TF-IDF of words 11.2, CNN 8.8"),
        TextSet("polarity", "words", "sentence", "label", 21.6, "TF-IDF of words 21.6, CNN 23.9"),
    )
}
SPEECH = {
    each.name: each
    for each in (
        SpeechSet("spoken digits", 1.3, "BiGRU 1.3, SVM 1.7"),
        SpeechSet("spoken digits, unheard", 14.0, "SVM 14.5, BiGRU 16.5", unheard="s6"),
    )
}
