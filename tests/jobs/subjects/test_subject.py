from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.data.images.source import read_images
from shoal.data.tables import read_table
from shoal.errors import ConfigurationError, DataError, ModelFolderError, UnknownNameError
from shoal.jobs.check import check_subject
from shoal.jobs.job import FinishedJob
from shoal.jobs.saved.folder import load_model
from shoal.jobs.subjects.saved import saved_subject
from shoal.jobs.subjects.subject import fresh_subject


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, fit: Callable[..., Any]) -> Path:
    folder = tmp_path_factory.mktemp("subject") / "out"
    fit("builtin:iris", "species", folder)
    return folder


def test_a_saved_network_and_the_rows_asked_for(saved: Path) -> None:
    subject = saved_subject(saved, None, row=7, batch=3, member=1)
    model = load_model(saved)
    assert np.array_equal(
        subject.X, model.preprocessor.transform(read_table("builtin:iris"), ignore_extra=True)[6:9]
    )
    assert subject.y.tolist() == [0, 0, 0]
    assert np.array_equal(subject.population.theta, model.population.theta[:1])
    assert subject.sample_name == "row 7"
    assert subject.feature_names == model.preprocessor.feature_names
    assert subject.output_names == ("setosa", "versicolor", "virginica")


def test_a_network_of_an_ensemble(fit: Callable[..., Any], tmp_path: Path) -> None:
    fit("builtin:iris", "species", tmp_path / "out", choose="ensemble")
    members = load_model(tmp_path / "out").population
    second = saved_subject(tmp_path / "out", None, row=1, batch=8, member=2)
    assert members.size > 1
    assert np.array_equal(second.population.theta, members.theta[1:2])


def test_images_of_a_saved_network(fitted_images: FinishedJob) -> None:
    subject = saved_subject(fitted_images.folder, None, row=3, batch=4, member=1)
    images = read_images(fitted_images.folder.parent / "images.npz").train
    model = fitted_images.model
    assert np.array_equal(subject.X, model.preprocessor.transform(images.pixels)[2:6])
    assert subject.y.tolist() == [2, 0, 1, 2]
    assert (subject.sample_name, subject.output_names) == ("image 3", ("0", "1", "2"))
    assert np.array_equal(subject.population.theta, model.population.theta[:1])
    checks = check_subject(subject, None, step=1e-6, tolerance=1e-5, sample=50).checks
    for check in checks:  # a kink may be within ±h, but all engines go the same way there
        checked, of = check.coverage
        assert 50 < checked < of == subject.population.network.n_parameters
        np.testing.assert_allclose(check.analytic, checks[0].analytic, rtol=1e-9, atol=1e-12)
    with pytest.raises(
        DataError, match=r"image 241 is not in .*npz, which has 240 images; count them from 1"
    ):
        saved_subject(fitted_images.folder, None, row=241, batch=1, member=1)


def test_the_table_of_the_model_wherever_it_lies(
    fit: Callable[..., Any],
    mixed: Callable[..., dict[str, list[object]]],
    write_csv: Callable[..., Path],
    tmp_path: Path,
) -> None:
    table = write_csv(tmp_path / "table.csv", mixed())
    fit(table, "target", tmp_path / "out")
    found = saved_subject(tmp_path / "out", None, row=3, batch=2, member=1)
    named = saved_subject(tmp_path / "out", str(table), row=3, batch=2, member=1)
    assert np.array_equal(found.X, named.X)
    assert found.output_names == ("target=yes",)
    (tmp_path / "out" / "plan.json").write_text("[]")
    with pytest.raises(ModelFolderError, match="does not say which table it was fitted to; name one after"):
        saved_subject(tmp_path / "out", None, row=3, batch=2, member=1)


def test_a_batch_ends_with_the_table(saved: Path) -> None:
    assert len(saved_subject(saved, None, row=149, batch=8, member=1).X) == 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"row": 151}, DataError, "row 151 is not in builtin:iris, which has 150 rows; count them from 1"),
        ({"member": 2}, ConfigurationError, "--member 2 is not in "),
    ],
)
def test_what_is_not_there(
    saved: Path, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        saved_subject(saved, None, **({"row": 1, "batch": 8, "member": 1} | arguments))
    assert str(raised.value).startswith(message)


def test_a_table_without_the_target(saved: Path, tmp_path: Path) -> None:
    header = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)"
    (tmp_path / "few.csv").write_text(f"{header}\n5.1,3.5,1.4,0.2\n")
    with pytest.raises(DataError, match="lacks the target 'species', which the loss needs; add that column"):
        saved_subject(saved, str(tmp_path / "few.csv"), row=1, batch=8, member=1)


@pytest.mark.parametrize(
    ("outputs", "loss", "expected"),
    [(1, None, "log_loss"), (3, None, "cross_entropy"), (2, "poisson", "poisson"), (1, "huber", "huber")],
)
def test_random_data_suit_the_loss(outputs: int, loss: str | None, expected: str) -> None:
    subject = fresh_subject((4, 3, outputs), "relu", loss, batch=6, seed=1, initializer=None)
    network = subject.population.network
    assert network.criterion.name == expected
    assert subject.X.shape == (6, 4)
    assert network.criterion.encode(subject.y, outputs).shape == (outputs, 6)
    again = fresh_subject((4, 3, outputs), "relu", loss, batch=6, seed=1, initializer=None)
    other = fresh_subject((4, 3, outputs), "relu", loss, batch=6, seed=2, initializer=None)
    assert np.array_equal(subject.X, again.X)
    assert not np.array_equal(subject.X, other.X)
    assert not np.array_equal(subject.population.theta, other.population.theta)


def test_the_lectures_initial_weights() -> None:
    subject = fresh_subject((50, 40, 1), "sigmoid", None, batch=1, seed=0, initializer="normal")
    assert 0.09 < subject.population.theta.std() < 0.11


def test_sizes_that_make_no_network() -> None:
    with pytest.raises(ConfigurationError, match=r"a network has inputs and .* got \(4,\); write 4,3,2,1"):
        fresh_subject((4,), "relu", None, batch=1, seed=0, initializer=None)
    with pytest.raises(UnknownNameError, match="rely"):
        fresh_subject((4, 2, 1), "rely", None, batch=1, seed=0, initializer=None)
