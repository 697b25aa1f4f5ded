"""Cases of a fuzz: something damaged, what reads it, and how that ended, all from a seed and a number."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
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

from shoal.data.images.image_set import Wish
from shoal.data.images.source import read_unlabelled
from shoal.data.tables import read_table
from shoal.errors import ModelFolderError, ShoalError
from shoal.export.torch import torch_state
from shoal.files import as_json
from shoal.jobs.check import check_subject
from shoal.jobs.explain import explain_subject, formatted
from shoal.jobs.fit import fit_data
from shoal.jobs.folder import load_model
from shoal.jobs.kinds import prepare
from shoal.jobs.model import ImageModel
from shoal.jobs.place import require_free
from shoal.jobs.plan import read_plan
from shoal.jobs.request import FitRequest
from shoal.jobs.subject import saved_subject, table_of
from shoal.report import html
from shoal.report.evidence import load_evidence
from shoal.selection.study import CapacityStudy
from tests.fuzz.damage import damaged
from tests.fuzz.originals import TARGETS, Files, gathered, images, jobs, spread, tables

SECONDS = 20.0
"""Of the processor, for a case, before it counts as one that never ends."""
EVERY = 15
"""One in so many cases draws figures, derives explanations, exports to ONNX: what is slow."""


class NeverEndsError(BaseException):
    """A case took longer than anything that reads a few kilobytes may."""


@dataclass(frozen=True)
class Outcome:
    """How a case ended: ``read``, ``refused`` in one line of a ``ShoalError``, or ``foreign``."""

    number: int
    kind: str
    ended: str
    said: str
    trace: str = ""


class Fuzz:
    """All cases of a seed, each by its number, whatever ran before it."""

    def __init__(self, seed: int, place: Path) -> None:
        self.seed, self.place = seed, place
        self.kinds: dict[str, tuple[int, Callable[[Random], None]]] = {
            "model": (22, self._model),
            "study": (22, self._study),
            "plan": (10, self._plan),
            "evidence": (14, self._evidence),
            "table": (22, self._table),
            "images": (9, self._images),
            "resume": (1, self._resume),
        }

    def run(self, number: int) -> Outcome:
        """Run one case."""
        rng = Random(f"{self.seed}:{number}")  # noqa: S311 - nothing here is secret
        (kind,) = rng.choices(list(self.kinds), [weight for weight, _ in self.kinds.values()])
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        assert self._originals  # made before the clock runs
        try:
            with warnings.catch_warnings(), bounded(SECONDS):
                warnings.simplefilter("ignore")
                self.kinds[kind][1](rng)
        except ShoalError as error:
            said = str(error)
            is_named = str(self.place) in said or not isinstance(error, ModelFolderError)
            if _is_good(said) and is_named:
                return Outcome(number, kind, "refused", said)
            return Outcome(number, kind, "foreign", f"an error in no good words: {said!r}")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            return Outcome(number, kind, "foreign", repr(error)[:300], traceback.format_exc())
        return Outcome(number, kind, "read", "")

    @cached_property
    def _originals(self) -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {"jobs": jobs(), "tables": tables(), "images": images(), "study": _study_files()}

    def _damage(self, files: Files, rng: Random, among: str = "") -> dict[str, bytes]:
        """Return files of which one or two are damaged, or one is gone."""
        damage = dict(files)
        names = [name for name in files if among in name]
        for name in rng.sample(names, min(rng.choice([1, 1, 1, 2]), len(names))):
            if rng.random() < 0.02:
                del damage[name]
            else:
                damage[name] = damaged(name, files[name], rng)
        return damage

    def _model(self, rng: Random) -> None:
        name = rng.choice(["classes", "numbers", "images"])
        job = self._originals["jobs"][name]
        parts = {
            part: job.folder[part] for part in ("model.json", "preprocessing.json", "weights.safetensors")
        }
        files = self._damage(parts, rng)
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

    def _resume(self, rng: Random) -> None:
        job = self._originals["jobs"][rng.choice(["classes", "numbers"])]
        spread(self._damage(job.folder, rng, "study/" if rng.random() < 0.7 else "plan"), self.place / "out")
        (source,) = spread(job.source, self.place)
        request = replace(job.request, table=str(self.place / source))
        with _without_figures():
            fit_data(request, self.place / "out", _Nobody(), resume=True)


def _is_good(said: str) -> bool:
    """Whether an error is one line and has the reason that it speaks of."""
    return bool(said) and not any(mark in said for mark in ("\n", "(None)", "memory ()"))


class _Nobody:
    """Listens to a job."""

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
    before = html._figures
    html._figures = lambda page: dict.fromkeys(FIGURES, "")
    try:
        yield
    finally:
        html._figures = before


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


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise ``NeverEndsError`` when the block has used so much of the processor."""

    def late(*_: object) -> None:
        raise NeverEndsError(f"more than {seconds:g} s of the processor")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
