"""``MLflow``: trainings, studies and models as a run that MLflow tracks."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from shoal.errors import ConfigurationError, MissingDependencyError, OutputError, reason
from shoal.jobs.saved.layout import CARD, EVIDENCE, REPORT
from shoal.watching.findings import Findings
from shoal.watching.pyfunc import save_pyfunc
from shoal.watching.studies import Setting
from shoal.watching.watcher import Watcher

TOGETHER = 500
"""Numbers that are sent in one request, which take 1000 at most."""
LONGEST = 500
"""Characters of a setting, as old servers take them."""


class MLflow(Watcher):
    """A callback that keeps a run of MLflow's, in ``experiment`` and called ``name``.

    - ``shoal.train(…, callback=run)``, ``CapacityStudy(progress=run)`` and ``set_callbacks(run)`` tell the
      metrics that ``TensorBoard`` tells, step by step.
    - ``run.write(…)`` of what ``train`` returned, of a fitted study or the folder of ``shoal fit``: settings
      as parameters, results as metrics, figures, candidates and the report as artifacts, and a table's model
      as a ``pyfunc`` with its signature, which shoal's own loader reads: no pickle.

    ``uri`` is where runs are kept, None what ``MLFLOW_TRACKING_URI`` says. ``run_id`` is the run's. A run
    ends when it is closed, or with the ``with`` block: as failed after an error, as killed after Ctrl-C.
    Whatever MLflow refuses is an ``OutputError``; in the middle of a training a warning, and no more is told.

    ``pip install 'shoal[mlflow]'`` speaks to a server; for a database of one's own it takes all of
    ``mlflow``. Raises ``MissingDependencyError`` without it, ``OutputError`` where no run can be begun.
    """

    def __init__(self, experiment: str = "shoal", *, name: str | None = None, uri: str | None = None) -> None:
        try:
            from mlflow import MlflowClient
            from mlflow.exceptions import MlflowException
        except ImportError:
            raise MissingDependencyError(
                "MLflow's runs need its package: pip install 'shoal[mlflow]'"
            ) from None
        self._waiting: list[Any] = []
        self._known: set[str] = set()
        try:
            self._client = MlflowClient(uri)
            found = self._client.get_experiment_by_name(experiment)
            place = self._client.create_experiment(experiment) if found is None else found.experiment_id
            self.run_id: str = self._client.create_run(place, run_name=name).info.run_id
        except MlflowException as error:
            raise OutputError(
                f"MLflow begins no run ({reason(error)}); give the uri of a server, or for a database "
                "of one's own install all of mlflow: pip install mlflow"
            ) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        self._end("FINISHED" if kind is None else "KILLED" if interrupted else "FAILED")

    def close(self) -> None:
        """Send all that is still to be sent, and end the run."""
        self._end("FINISHED")

    def _end(self, status: str) -> None:
        try:
            self._flush()
        finally:  # a run that lacks its last numbers has ended all the same
            with self._speaking():
                self._client.set_terminated(self.run_id, status)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as error:
            raise OutputError(
                f"MLflow takes no more of the run {self.run_id} ({reason(error)}); see to its server"
            ) from None

    def _tell(self, numbers: Mapping[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._waiting += [Metric(name, value, now, step) for name, value in numbers.items()]
        if len(self._waiting) >= TOGETHER:
            self._flush()

    def _set(self, settings: Mapping[str, Setting]) -> None:
        from mlflow.entities import Param

        new = {name: value for name, value in settings.items() if name not in self._known}
        self._known |= set(new)  # a parameter is said once
        parameters = [Param(name, str(value)[:LONGEST]) for name, value in new.items()]
        with self._speaking():
            self._client.log_batch(self.run_id, params=parameters)

    def _keep(self, findings: Findings) -> None:
        self._set(findings.settings)
        self._tell({f"result/{name}": value for name, value in findings.results.items()}, 0)
        with tempfile.TemporaryDirectory() as made:
            place = Path(made)
            (place / "figures").mkdir()
            for name, picture in findings.pictures.items():
                (place / "figures" / f"{name}.png").write_bytes(picture)
            if findings.candidates:
                told = [{**settings, **results} for settings, results in findings.candidates]
                (place / "candidates.json").write_text(json.dumps(told), encoding="utf-8")
            if findings.words:
                (place / CARD).write_text(findings.words, encoding="utf-8")
            with self._speaking():
                self._client.log_artifacts(self.run_id, made)
        if findings.folder is not None:
            with self._speaking():
                self._keep_model(findings.folder)

    def _keep_model(self, folder: Path) -> None:
        for name in (REPORT, EVIDENCE):
            if (folder / name).is_file():
                self._client.log_artifact(self.run_id, str(folder / name))
        with tempfile.TemporaryDirectory() as made:
            try:
                save_pyfunc(folder, Path(made, "model"))
            except ConfigurationError:  # of images, sequences, texts: no rows of columns, so no signature
                self._client.log_artifacts(self.run_id, str(folder), "model")
                return
            self._client.log_artifacts(self.run_id, str(Path(made, "model")), "model")

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for first in range(0, len(waiting), TOGETHER):
            with self._speaking():
                self._client.log_batch(self.run_id, metrics=waiting[first : first + TOGETHER])
