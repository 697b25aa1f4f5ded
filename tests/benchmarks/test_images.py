"""Made images are what they are said to be, in the mirror and in colour; the command tells of each set."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.images import __main__ as command
from benchmarks.images import made, photographs
from benchmarks.images.made import EVEN, SIGNS, clothes, marks, signs

N, SIDE = 600, 16


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_signs_have_a_hand_and_even_ones_have_none() -> None:
    whole = (np.eye(2), np.zeros(2))
    for outlines, even in ((SIGNS, False), (EVEN, True)):
        for outline in outlines:
            mask = made._filled(outline, 32, whole)
            assert (np.abs(mask - mask[:, ::-1]).mean() < 0.02) == even


def test_so_many_pairs_of_signs_are_mirrored() -> None:
    drawn = {pairs: signs(pairs, N, SIDE, rng()) for pairs in (0, 1, 5)}
    for pixels, labels in drawn.values():
        assert pixels.shape == (N, SIDE, SIDE, 1)
        assert set(labels.tolist()) == set(range(10))


def test_clothes_face_either_way_or_one() -> None:
    boot = 9
    for mirrored, shares in ((0.5, (0.3, 0.7)), (0.0, (0.95, 1.0))):
        pixels, labels = clothes(mirrored, N, SIDE, rng())
        boots = pixels[labels == boot, ..., 0].astype(float)
        upper = boots[:, : SIDE // 2]  # the shaft, which stands at the heel
        at_left = upper[..., : SIDE // 2].sum(axis=(1, 2)) > upper[..., SIDE // 2 :].sum(axis=(1, 2))
        assert shares[0] <= at_left.mean() <= shares[1]


def test_marks_are_told_by_colour_and_not_by_brightness() -> None:
    pixels, labels = marks(3000, SIDE, rng())
    middle = pixels[:, 6:10, 6:10].reshape(len(pixels), -1, 3).mean(axis=1)
    warm, cold = (middle[labels % 2 == k].mean(axis=0) for k in (0, 1))
    assert warm[0] - warm[2] > 30
    assert cold[2] - cold[0] > 30
    assert warm.mean() == pytest.approx(cold.mean(), abs=5)


def test_no_cell_of_a_photograph_trains_and_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = np.arange(8 * 10).reshape(8, 10)
    whole = np.kron(cells, np.ones((photographs.CELL, photographs.CELL)))[..., None].repeat(3, axis=2)
    monkeypatch.setattr(photographs, "_picture", lambda name: whole.astype(np.uint8))
    train, test = (photographs.patches(400, 32, rng(), test=part)[0] for part in (False, True))
    assert not set(np.unique(train)) & set(np.unique(test))
    assert set(np.unique(train)) | set(np.unique(test)) == set(cells.ravel())


def test_what_is_not_installed_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"skimage is not there, .* install scikit-image"):
        photographs.faces()


def test_faces_are_the_first_half(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    np.save(tmp_path / "faces.npy", np.linspace(0, 1, 4)[:, None, None] * np.ones((4, 25, 25)))
    monkeypatch.setattr(photographs, "_place", lambda name: tmp_path / "faces.npy")
    pixels, labels = photographs.faces()
    assert pixels[:, 0, 0, 0].tolist() == [0, 85, 170, 255]
    assert labels.tolist() == [1, 1, 0, 0]


def test_the_command_tells_what_each_reaches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "TEST", 60)
    monkeypatch.setattr(command, "SIDE", SIDE)
    monkeypatch.setattr("sys.argv", ["images", "clothes", "--images", "60", "--peers"])
    monkeypatch.setattr(command, "ConvClassifier", partial(command.ConvClassifier, max_iter=2))
    command.main()
    title, *lines = capsys.readouterr().out.splitlines()
    assert title == "clothes, 60 images"
    assert [line.strip().split(":")[0] for line in lines] == ["shoal", "logistic regression", "perceptron"]
    assert all("s of the processor." in line for line in lines)
    monkeypatch.setattr("sys.argv", ["images", "dresses"])
    with pytest.raises(SystemExit):
        command.main()
    assert "there is no set dresses" in capsys.readouterr().err


def test_sets_without_colours_are_the_same_images() -> None:
    coloured, grey = (command.SETS[name](5, 1) for name in ("marks", "grey-marks"))
    assert grey.X.shape == (5, command.SIDE, command.SIDE, 1)
    np.testing.assert_allclose(grey.X[..., 0], coloured.X.mean(axis=3), atol=0.5)
    np.testing.assert_array_equal(grey.y, coloured.y)
