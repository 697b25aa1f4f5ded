"""What is written is what TensorBoard reads: records of events, read here as its format says."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import shoal
from shoal import CapacityStudy, MLPRegressor, Network, TensorBoard
from shoal.errors import ConfigurationError, MissingDependencyError, ModelFolderError, OutputError
from shoal.report.card import card
from shoal.report.evidence import load_evidence
from shoal.training.problem import Progress
from tests.waiting import HANGS
from tests.watching.conftest import X

pytest.importorskip("tensorboardX", reason="needs the extra tensorboard")

Scalars = dict[str, list[tuple[int, float]]]


def values(folder: Path) -> Iterator[tuple[int, Any]]:
    """Read the steps and values of all events in a folder.

    A record is its length (8 bytes), a checksum (4), so many bytes, and a checksum (4).
    """
    from tensorboardX.proto.event_pb2 import Event

    for path in sorted(folder.glob("events.out.tfevents.*")):
        content, at = path.read_bytes(), 0
        while at < len(content):
            (length,) = struct.unpack_from("<Q", content, at)
            event = Event.FromString(content[at + 12 : at + 12 + length])
            at += 16 + length
            yield from ((event.step, value) for value in event.summary.value)


def scalars(folder: Path) -> Scalars:
    found: Scalars = {}
    for step, value in values(folder):
        if value.WhichOneof("value") == "simple_value":
            found.setdefault(value.tag, []).append((step, value.simple_value))
    return found


def series(told: Scalars, name: str) -> list[float]:
    assert [step for step, _ in told[name]] == list(range(1, len(told[name]) + 1))
    return [value for _, value in told[name]]


def test_a_population_is_told_by_its_quantiles_epoch_by_epoch(network: Network, tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"starts": 6, "epochs": 3, "validation": (X, X)}
    with TensorBoard(tmp_path / "run") as board:
        result = shoal.train(network, X, X**2, callback=board, **arguments)
    alone = shoal.train(network, X, X**2, **arguments)
    np.testing.assert_array_equal(result.population.theta, alone.population.theta)
    told, history = scalars(tmp_path / "run"), result.history
    assert history.validation_loss is not None
    np.testing.assert_allclose(series(told, "training_loss/lowest"), history.loss.min(axis=0), rtol=1e-6)
    middle = np.median(history.validation_loss, axis=0)
    np.testing.assert_allclose(series(told, "validation_loss/median"), middle, rtol=1e-6)
    assert len(told) == 10  # four of each loss, and two counts: no line for each member


def test_what_train_returned_is_the_same_afterwards(network: Network, tmp_path: Path) -> None:
    with TensorBoard(tmp_path / "live") as board:
        result = shoal.train(network, X, X**2, starts=3, epochs=4, callback=board)
    with TensorBoard(tmp_path / "later") as board:
        board.write(result)
    assert scalars(tmp_path / "later") == scalars(tmp_path / "live")


def test_it_never_ends_a_training(network: Network, tmp_path: Path) -> None:
    with TensorBoard(tmp_path) as board:
        assert board(Progress(1, 2, 3)) is None  # type: ignore[func-returns-value]


def test_a_study_tells_its_progress_its_candidates_and_its_figures(
    study: CapacityStudy, tmp_path: Path
) -> None:
    with TensorBoard(tmp_path) as board:
        again = CapacityStudy([1, 2], starts=2, l2=(0.0, 0.1), epochs=4, n_jobs=1, progress=board)
        again.fit(X, np.sin(6 * X))
        board.write(again)
    assert again.choice.sentence == study.choice.sentence
    told, lowest = scalars(tmp_path), study.table["validation_loss"].min()
    assert told["study/lowest_validation_loss"][-1] == (8, pytest.approx(lowest, rel=1e-6))
    best = scalars(tmp_path / "candidate-1")["result/validation_loss"]
    assert best == [(0, pytest.approx(lowest, rel=1e-6))]
    assert len(list(tmp_path.glob("candidate-*"))) == 4
    pictures = {value.tag: value.image for _, value in values(tmp_path) if value.HasField("image")}
    assert list(pictures) == ["report/capacity", "report/curves"]
    image = pictures["report/capacity"]
    assert (image.width, image.height, image.colorspace) == (1280, 800, 4)
    assert image.encoded_image_string.startswith(b"\x89PNG")


def test_a_model_has_settings_test_scores_figures_and_its_card(model_folder: Path, tmp_path: Path) -> None:
    with TensorBoard(tmp_path) as board:
        board.write(model_folder)
    evidence: Any = load_evidence(model_folder)
    told = scalars(tmp_path / "model")
    (_, error) = told["result/test/error"][0]
    assert error == pytest.approx(evidence["test"]["models"][0]["metrics"]["error"])
    tags = [value.tag for _, value in values(tmp_path)]
    assert "report/curves" in tags
    texts = [value.tensor.string_val[0] for _, value in values(tmp_path) if value.tag.startswith("card")]
    assert texts == [card(evidence).encode()]


@pytest.mark.parametrize("solver", ["adam", "scg"])
def test_an_estimator_tells_its_loss_by_epoch(solver: str, tmp_path: Path) -> None:
    pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9 was the first with callbacks")
    with TensorBoard(tmp_path) as board:
        regressor = MLPRegressor(hidden_layer_sizes=2, solver=solver, max_iter=3, random_state=0, n_jobs=1)
        with pytest.warns(UserWarning, match="max_iter|Maximum"):
            regressor.set_callbacks(board).fit(X[:, None], X)
    told = scalars(tmp_path)
    np.testing.assert_allclose(series(told, "training_loss"), regressor.loss_curve_, rtol=1e-6)
    settings = next(value for _, value in values(tmp_path) if value.tag.startswith("settings"))
    assert b"| max_iter | 3 |" in settings.tensor.string_val[0]


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with TensorBoard(tmp_path / "run") as board:
        with pytest.raises(
            ConfigurationError, match="fitted study or the folder of a model is written, got int"
        ):
            board.write(7)
        with pytest.raises(ConfigurationError, match="fit"):
            board.write(CapacityStudy([1]))
        with pytest.raises(ModelFolderError, match="does not exist"):
            board.write(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be made"):
        TensorBoard(tmp_path / "file" / "run")


def test_once_closed_it_is_told_nothing(network: Network, tmp_path: Path) -> None:
    board = TensorBoard(tmp_path)
    board.close()
    (before,) = (path.read_bytes() for path in tmp_path.iterdir())
    result = shoal.train(network, X, X**2, epochs=3, callback=board)
    with pytest.raises(OutputError, match="is closed"):
        board.write(result)
    board.close()
    (after,) = (path.read_bytes() for path in tmp_path.iterdir())
    assert after == before


ON_A_FULL_DISK = """
import resource, sys, warnings
import shoal
from shoal.errors import OutputError

warnings.simplefilter("always")
board = shoal.TensorBoard(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
network = shoal.Network(1, [shoal.Dense(1)])
for _ in range(2):
    result = shoal.train(network, [[0.0], [1.0]], [0.0, 1.0], starts=9, epochs=1000, callback=board, n_jobs=1)
    print("trained to", result.history.epochs.max())
    board._file._thread.join()
for ask in (lambda: board.write(result), board.close):
    try:
        ask()
    except OutputError as error:
        print(error)
board.close()
"""


def test_on_a_full_disk_training_goes_on_and_who_writes_is_told(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="needs limits of a process, as POSIX has them")
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path / "run")],
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=True,
    )
    refused = f"the event file in {tmp_path / 'run'} cannot be written (File too large); make room"
    trained, again, *told = done.stdout.splitlines()
    assert trained == again == "trained to 1000"
    assert [line.startswith(refused) for line in told] == [True, True]
    assert done.stderr.count("ShoalWarning: TensorBoard failed (the event file in") == 1


def test_without_its_package_it_says_which_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)  # type: ignore[arg-type]
    with pytest.raises(MissingDependencyError, match=r"pip install 'shoal\[tensorboard\]'"):
        TensorBoard(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_tensorboards_own_reader_reads_it(network: Network, tmp_path: Path) -> None:
    module = "tensorboard.backend.event_processing.event_accumulator"
    accumulator = pytest.importorskip(module, reason="needs the package tensorboard")
    with TensorBoard(tmp_path) as board:
        result = shoal.train(network, X, X**2, starts=2, epochs=3, callback=board)
        board.write(result)
    read = accumulator.EventAccumulator(str(tmp_path)).Reload()
    lowest = [event.value for event in read.Scalars("training_loss/lowest")[:3]]
    np.testing.assert_allclose(lowest, result.history.loss.min(axis=0), rtol=1e-6)
