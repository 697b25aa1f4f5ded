"""What a run of MLflow's holds, in a database of the test's own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import shoal
from shoal import CapacityStudy, Network
from shoal.errors import MissingDependencyError, OutputError
from shoal.watching.mlflow import MLflow
from tests.watching.conftest import X

PYFUNC = "model/MLmodel"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], MLflow]:
    """Begin runs in a database beside which their artifacts lie."""
    pytest.importorskip("mlflow", reason="needs the extra mlflow")
    pytest.importorskip("sqlalchemy", reason="needs all of mlflow, for a database")
    monkeypatch.chdir(tmp_path)
    return lambda: MLflow("tests", name="first", uri=f"sqlite:///{tmp_path}/runs.db")


def kept(run: MLflow) -> Any:
    return run._client.get_run(run.run_id)


def artifacts(run: MLflow, path: str | None = None) -> set[str]:
    found = set()
    for one in run._client.list_artifacts(run.run_id, path):
        found |= artifacts(run, one.path) if one.is_dir else {one.path}
    return found


pytestmark = pytest.mark.filterwarnings("ignore")  # which MLflow's own dependencies give


def test_a_training_is_told_step_by_step(network: Network, run: Callable[[], MLflow]) -> None:
    with run() as tracked:
        result = shoal.train(network, X, X**2, starts=4, epochs=3, callback=tracked)
        tracked.write(result)
    told = tracked._client.get_metric_history(tracked.run_id, "training_loss/lowest")
    live = [metric.value for metric in told][:3]
    assert [metric.step for metric in told][:3] == [1, 2, 3]
    np.testing.assert_array_equal(live, result.history.loss.min(axis=0))
    assert kept(tracked).info.status == "FINISHED"
    assert kept(tracked).data.params["members"] == "4"


def test_how_a_run_ends_is_told(run: Callable[[], MLflow]) -> None:
    def ended_by(error: type[BaseException]) -> str:
        tracked = run()
        with pytest.raises(error), tracked:
            raise error
        return str(kept(tracked).info.status)

    assert ended_by(ValueError) == "FAILED"
    assert ended_by(KeyboardInterrupt) == "KILLED"


def test_a_run_ends_even_if_its_last_numbers_are_refused(
    run: Callable[[], MLflow], monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    def refuse(*_: object, **__: object) -> None:
        raise mlflow.exceptions.MlflowException("no\nserver")

    tracked = run()
    tracked._tell({"loss": 1.0}, 1)
    monkeypatch.setattr(tracked._client, "log_batch", refuse)
    with pytest.raises(OutputError, match=r"MLflow takes no more of the run .* \(no server\)"):
        tracked.close()
    assert kept(tracked).info.status == "FINISHED"


def test_a_study_leaves_settings_figures_and_candidates(
    study: CapacityStudy, run: Callable[[], MLflow]
) -> None:
    with run() as tracked:
        tracked.write(study)
    data = kept(tracked).data
    assert data.metrics["result/validation_loss"] == study.choice.chosen.validation_loss
    assert data.params["hidden"] == study.choice.chosen.hidden
    assert artifacts(tracked) == {
        "candidates.json", "model.md", "figures/capacity.png", "figures/curves.png"
    }  # fmt: skip


def test_a_model_has_its_report_and_is_loaded_by_mlflow(
    model_folder: Path, run: Callable[[], MLflow], tmp_path: Path
) -> None:
    with run() as tracked:
        tracked.write(model_folder)
    assert artifacts(tracked) >= {"report.html", "evidence.json", "model.md", "figures/curves.png", PYFUNC}
    assert "result/test/error" in kept(tracked).data.metrics
    path = tracked._client.download_artifacts(tracked.run_id, "model", str(tmp_path))
    import mlflow

    predicted = mlflow.pyfunc.load_model(path).predict({"length": [1.0], "width": [0.5], "side": ["north"]})
    assert list(predicted["kept"]) in (["yes"], ["no"])


def test_a_place_that_is_none_is_said(run: Callable[[], MLflow], tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"MLflow begins no run .*pip install mlflow"):
        MLflow(uri="nowhere://at/all")


def test_without_its_package_it_says_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)  # type: ignore[arg-type]
    with pytest.raises(MissingDependencyError, match=r"pip install 'shoal\[mlflow\]'"):
        MLflow()
