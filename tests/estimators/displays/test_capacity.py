"""The display of a study is the report's scatter on axes of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from shoal import CapacityDisplay, CapacityStudy, MLPClassifier
from shoal.errors import ConfigurationError


@pytest.fixture(scope="module")
def study() -> CapacityStudy:
    X = np.linspace(0, 1, 40)
    study = CapacityStudy(hidden=[1, 3], starts=3, l2=(0.0, 0.1), epochs=30, n_jobs=1, choose="best")
    return study.fit(X, np.sin(6 * X))


def of(axes: Any, gid: str) -> list[Any]:
    return [line for line in axes.lines if str(line.get_gid()).startswith(gid)]


def test_every_start_is_a_point_at_its_loss_and_the_choice_is_ringed(study: CapacityStudy) -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    display = CapacityDisplay.from_study(study, ax=left)
    assert display.ax_ is left
    assert display.figure_ is figure
    drawn = np.concatenate([line.get_ydata() for line in of(left, "starts")])
    np.testing.assert_array_equal(np.sort(drawn), np.sort(study.table["validation_loss"]))
    (ring,) = of(left, "chosen")
    assert ring.get_ydata() == [study.choice.chosen.validation_loss]
    assert left.get_ylabel().replace("\n", " ").startswith("validation half squared error (target units,")
    assert [label.get_text() for label in left.get_xticklabels()] == ["1", "3"]
    assert not right.lines
    assert not figure.legends  # which would lie over the axes beside it
    names = [text.get_text() for text in left.get_legend().get_texts()]
    assert names == ["L2 0", "L2 0.1", "chosen", "lowest error"]


def test_it_is_drawn_again_elsewhere(study: CapacityStudy) -> None:
    display = CapacityDisplay.from_study(study, ax=Figure().subplots())
    other = Figure().subplots()
    assert display.plot(ax=other) is display
    assert display.ax_ is other
    assert len(other.lines) > 0


def test_without_axes_it_makes_some_of_pyplot(study: CapacityStudy) -> None:
    before = pyplot.get_fignums()
    display = CapacityDisplay.from_study(study)
    assert display.figure_.number not in before
    pyplot.close(display.figure_)


def test_what_has_no_study_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="MLPClassifier has no study; give a ShoalClassifier"):
        CapacityDisplay.from_estimator(MLPClassifier())
    with pytest.raises(ConfigurationError, match="a CapacityStudy is drawn here, got list"):
        CapacityDisplay.from_study([])  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="fit"):
        CapacityDisplay.from_study(CapacityStudy())
