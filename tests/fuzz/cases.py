"""Cases of a fuzz: something damaged, what reads it, and how that ended, all from a seed and a number."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import shutil
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from shoal.cli.app import app
from shoal.data.images.image_set import Wish
from shoal.data.images.source import read_unlabelled
from shoal.data.tables import read_table
from shoal.errors import ModelFolderError, ShoalError
from shoal.export.torch import torch_state
from shoal.files import as_json
from shoal.jobs.check import check_subject
from shoal.jobs.explain import explain_subject, formatted
from shoal.jobs.fit import fit_data
from shoal.jobs.images.model import ImageModel
from shoal.jobs.kinds import prepare
from shoal.jobs.place import require_free
from shoal.jobs.plan import read_plan
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.folder import load_model
from shoal.jobs.subjects.saved import saved_subject, table_of
from shoal.report import html
from shoal.report.evidence import load_evidence
from shoal.selection.study import CapacityStudy
from tests.fuzz.bounds import bounded, little_memory
from tests.fuzz.damage import damaged
from tests.fuzz.originals import TARGETS, Files, gathered, images, jobs, spread, tables

SECONDS = 20.0
"""Of the processor, for a case, before it counts as one that never ends."""
MODEL_FILES = ("model.json", "preprocessing.json", "weights.safetensors")
EVERY = 15
"""One in so many cases draws figures, derives explanations, exports to ONNX: what is slow."""


@dataclass(frozen=True)
class FinishedJob:
    """How a case ended: ``read``, ``refused`` in one line of a ``ShoalError``, or ``foreign``."""

    number: int
    kind: str
    file: str
    ended: str
    said: str
    trace: str = ""


class Fuzz:
    """All cases of a seed, each by its number, whatever ran before it."""

    def __init__(self, seed: int, place: Path) -> None:
        self.seed, self.place = seed, place
        self.kinds: dict[str, tuple[int, Callable[[Random], None]]] = {
            "model": (20, self._model),
            "study": (20, self._study),
            "plan": (9, self._plan),
            "evidence": (12, self._evidence),
            "table": (24, self._table),
            "images": (11, self._images),
            "command": (3, self._command),
            "resume": (1, self._resume),
        }
        self._file = ""

    def prepare(self) -> None:
        """Make what is going to be damaged, which is done once."""
        assert self._originals

    def run(self, number: int) -> FinishedJob:
        """Run one case."""
        rng = Random(f"{self.seed}:{number}")  # noqa: S311 - nothing here is secret
        (kind,) = rng.choices(list(self.kinds), [weight for weight, _ in self.kinds.values()])
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        self.prepare()
        try:
            with warnings.catch_warnings(), little_memory(), bounded(SECONDS):
                warnings.simplefilter("ignore")
                self.kinds[kind][1](rng)
        except ShoalError as error:
            said = str(error)
            is_named = str(self.place) in said or not isinstance(error, ModelFolderError)
            if _is_good(said) and is_named:
                return FinishedJob(number, kind, self._file, "refused", said)
            return FinishedJob(number, kind, self._file, "foreign", f"an error in no good words: {said!r}")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            return FinishedJob(number, kind, self._file, "foreign", repr(error)[:300], traceback.format_exc())
        return FinishedJob(number, kind, self._file, "read", "")

    @cached_property
    def _originals(self) -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {"jobs": jobs(), "tables": tables(), "images": images(), "study": _study_files()}

    def _damage(self, files: Files, rng: Random, among: str = "") -> dict[str, bytes]:
        """Return files of which one or two are damaged, or one is gone."""
        damage = dict(files)
        alike: dict[str, list[str]] = {}  # many cohorts and pictures are no more to be damaged than one lock
        for name in files:
            if among in name:
                alike.setdefault(_anonymous(name), []).append(name)
        for kind in rng.sample(sorted(alike), min(rng.choice([1, 1, 1, 2]), len(alike))):
            self._file, name = kind, rng.choice(alike[kind])
            if rng.random() < 0.02:
                del damage[name]
            else:
                damage[name] = damaged(name, files[name], rng)
        return damage

    def _model(self, rng: Random) -> None:
        name = rng.choice(["classes", "numbers", "images"])
        job = self._originals["jobs"][name]
        files = self._damage({part: job.folder[part] for part in MODEL_FILES}, rng)
        spread(_healed(files) if rng.random() < 0.7 else files, self.place)
        spread(job.source | {"plan.json": job.folder["plan.json"]}, self.place)
        (source,) = job.source
        model = load_model(self.place)
        if isinstance(model, ImageModel):
            wish = Wish(model.preprocessor.size, model.preprocessor.channels)
            model.predict(read_unlabelled(self.place / source, wish))
            return
        model.predict(read_table(self.place / source), ignore_extra=True, interval=_interval(model, rng))
        torch_state(model.population)
        if rng.randrange(EVERY) == 0:
            subject = saved_subject(self.place, str(self.place / source), 1, 4, 1)
            check_subject(subject, ["native"], 1e-5, 1.0)
            formatted(explain_subject(subject), "html")

    def _study(self, rng: Random) -> None:
        spread(self._damage(self._originals["study"], rng), self.place)
        study, X, y = _study_of(self.place)
        study.fit(X, y, resume=True)
        study.predict(X)

    def _plan(self, rng: Random) -> None:
        job = self._originals["jobs"][rng.choice(["classes", "numbers"])]
        spread(self._damage({"plan.json": job.folder["plan.json"]}, rng), self.place)
        require_free(self.place, job.request, resume=True, overwrite=False)
        table_of(self.place, None)
        read_plan(self.place, job.request)

    def _evidence(self, rng: Random) -> None:
        job = self._originals["jobs"][rng.choice(["classes", "numbers", "images"])]
        spread(self._damage({"evidence.json": job.folder["evidence.json"]}, rng), self.place)
        evidence = load_evidence(self.place)
        if rng.randrange(EVERY) == 0:
            html.write_report(evidence, self.place / "report.html")
        else:
            with _without_figures():
                html.write_report(evidence, self.place / "report.html")

    def _table(self, rng: Random) -> None:
        name = rng.choice(list(self._originals["tables"]))
        spread(self._damage({name: self._originals["tables"][name]}, rng), self.place)
        prepare(FitRequest(str(self.place / name), TARGETS.get(name, "target"), choose="one-se"))

    def _images(self, rng: Random) -> None:
        name = rng.choice(list(self._originals["images"]))
        spread(self._damage(self._originals["images"][name], rng), self.place)
        prepare(FitRequest(str(self.place / name), choose="best"))

    def _command(self, rng: Random) -> None:
        job = self._originals["jobs"][rng.choice(["classes", "numbers", "images"])]
        files = self._damage({name: job.folder[name] for name in (*MODEL_FILES, "evidence.json")}, rng)
        spread(_healed(files) if rng.random() < 0.7 else files, self.place / "out")
        spread({"plan.json": job.folder["plan.json"]}, self.place / "out")
        (source,) = spread(job.source, self.place)
        out, table = str(self.place / "out"), str(self.place / source)
        arguments = rng.choice(
            [
                ["predict", out, table, "--ignore-extra", "--out", f"{self.place}/new.csv"],
                ["explain", out, table, "--batch", "2", "--out", f"{self.place}/new.md"],
                ["export", out, "--to", f"{self.place}/new.onnx"],
                ["export", out, "--to", f"{self.place}/new.safetensors"],
                ["check", out, table, "--batch", "2"],
                ["report", out],
            ]
        )
        before = gathered(self.place)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                app(arguments, prog_name="shoal", standalone_mode=False)
        except ShoalError:
            assert gathered(self.place) == before, "refused, and something was written"
            raise

    def _resume(self, rng: Random) -> None:
        job = self._originals["jobs"][rng.choice(["classes", "numbers"])]
        spread(self._damage(job.folder, rng, "study/" if rng.random() < 0.7 else "plan"), self.place / "out")
        (source,) = spread(job.source, self.place)
        request = replace(job.request, table=str(self.place / source))
        with _without_figures():
            fit_data(request, self.place / "out", _Nobody(), resume=True)


def _anonymous(name: str) -> str:
    """Return the name of a file without the numbers that tell it from others of its kind."""
    return re.sub(r"(/[a-z])?/\d+", "/*", name)


def _is_good(said: str) -> bool:
    """Whether an error is one line and has the reason that it speaks of."""
    return bool(said) and not any(mark in said for mark in ("\n", "(None)", "memory ()"))


class _Nobody:
    """Listens to a job."""

    def say(self, *_: object) -> None: ...
    def prepared(self, *_: object) -> None: ...
    def sized(self, *_: object) -> None: ...
    def progress(self, *_: object) -> None: ...


def _interval(model: Any, rng: Random) -> float | None:
    return 0.5 if model.errors is not None and rng.random() < 0.5 else None


def _study_of(folder: Path) -> tuple[CapacityStudy, Any, Any]:
    """Return a study that is done in milliseconds, and its samples."""
    X = np.linspace(-1, 1, 24).reshape(12, 2)
    study = CapacityStudy(
        hidden=[1, 2], starts=2, l2=[0.1], folds=2, epochs=2, choose="one-se", n_jobs=1, store=folder, seed=0,
        loss="squared_error",
    )  # fmt: skip
    return study, X, X.sum(axis=1)


def _study_files() -> Files:
    with tempfile.TemporaryDirectory() as place:
        study, X, y = _study_of(Path(place))
        study.fit(X, y)
        return gathered(Path(place))


def _healed(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return files of a model with checksums that are right again, so that what is behind them is met."""
    try:
        description = json.loads(files["model.json"])
        sums = description["sha256"]
        for name in ("preprocessing.json", "weights.safetensors"):
            sums[name] = hashlib.sha256(files[name]).hexdigest()
        sums.pop("model.json", None)
        sums["model.json"] = hashlib.sha256(as_json(description)).hexdigest()
        return files | {"model.json": json.dumps(description, indent=1).encode()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return files


@contextmanager
def _without_figures() -> Iterator[None]:
    template, drawn = html._KINDS[""]
    html._KINDS[""] = template, lambda page: dict.fromkeys(FIGURES, "")
    try:
        yield
    finally:
        html._KINDS[""] = template, drawn


FIGURES = (
    "capacity",
    "evidence",
    "strength",
    "curves",
    "reliability",
    "predicted",
    "residuals",
    "importances",
)
