"""A model of any kind in the place of another: the earlier one serves until the new one is whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import CapacityError, DataError
from shoal.jobs.job import FinishedJob
from shoal.jobs.predict import predict_data
from shoal.jobs.saved.folder import load_model
from shoal.lab.finished import FinishedStudy
from tests.jobs.test_every_forecast_job import fit as fit_forecasts
from tests.jobs.test_every_forecast_job import write as write_forecasts
from tests.jobs.test_every_text_job import SMALL as TEXTS
from tests.jobs.test_every_text_job import write as write_texts

Fit = Callable[..., FinishedJob]
Again = Callable[[Path], FinishedJob]
KINDS = ("table", "images", "sequences", "texts", "forecasts")
OF_A_STUDY = "shoal.jobs.fit_study"
pytestmark = pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")


@pytest.fixture(scope="module")
def earlier(
    fit: Fit,
    mixed: Callable[..., Any],
    write_csv: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("earlier")
    fit(write_csv(folder / "table.csv", mixed(60)), "target", folder / "out")
    return folder


@pytest.fixture(scope="module", autouse=True)
def smaller() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shoal.jobs.forecasts.prepare.A_SECOND", 1e5)
        yield


@pytest.fixture(params=KINDS)
def again(
    request: pytest.FixtureRequest,
    fit: Fit,
    mixed: Callable[..., Any],
    write_csv: Callable[..., Path],
    write_images: Callable[..., Path],
    write_series: Callable[..., Path],
    tmp_path: Path,
) -> tuple[str, Again]:
    """A kind, and how to fit one of it into a folder that holds a model."""
    how = {"overwrite": True}
    jobs: dict[str, Again] = {
        "table": lambda out: fit(
            write_csv(tmp_path / "t.csv", mixed(60, "regression")), "target", out, **how
        ),
        "images": lambda out: fit(write_images(tmp_path / "i.npz"), None, out, hidden=((2,),), **how),
        "sequences": lambda out: fit(
            write_series(tmp_path / "s.ts", 40), None, out, hidden=((2,),), features=336, budget=1e7, **how
        ),
        "texts": lambda out: fit(
            write_texts(tmp_path / "x.csv", range(60)), "label", out, text="review", **TEXTS, **how
        ),
        "forecasts": lambda out: fit_forecasts(write_forecasts(tmp_path / "f.csv"), out, **how)[0],
    }
    return request.param, jobs[request.param]


def at_the_end(kind: str) -> str:
    """What is called when a model is written, and more is to come."""
    of_a_forecast = "shoal.jobs.forecasts.fit.write_predictions"
    return of_a_forecast if kind == "forecasts" else f"{OF_A_STUDY}.write_pages"


def at_the_beginning(kind: str) -> str:
    learning = (
        "shoal.jobs.forecasts.fit.ForecastMixture" if kind == "forecasts" else f"{OF_A_STUDY}.CapacityStudy"
    )
    return f"{learning}.fit"


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("where", [at_the_beginning, at_the_end])
def test_what_is_refused_for_good_leaves_all_as_it_was(
    where: Callable[[str], str],
    earlier: Path,
    again: tuple[str, Again],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind, fit_again = again
    out = shutil.copytree(earlier / "out", tmp_path / "out")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def refuse(*_: object, **__: object) -> None:
        raise DataError("refused")

    monkeypatch.setattr(where(kind), refuse)
    with pytest.raises(DataError, match="refused"):
        fit_again(out)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_what_fails_at_the_end_leaves_the_model_and_is_resumed(
    earlier: Path, again: tuple[str, Again], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, fit_again = again
    out = shutil.copytree(earlier / "out", tmp_path / "out")
    before = results(out)

    def fail(*_: object, **__: object) -> None:
        raise CapacityError("refused")

    with monkeypatch.context() as patched:
        patched.setattr(at_the_end(kind), fail)
        with pytest.raises(CapacityError, match="refused"):
            fit_again(out)
    now = results(out)
    assert {name for name in before if now[name] != before[name]} == {"plan.json"}
    assert predict_data(out, str(earlier / "table.csv"), tmp_path / "p.csv") == 60
    assert FinishedStudy(out).model_of_folder.kind == "table"  # whose study lies aside
    fit_again(out)
    assert load_model(out).kind == kind
    assert ("tested.csv" in results(out)) == (kind == "forecasts")
    assert not list(out.glob(".shoal-*"))
