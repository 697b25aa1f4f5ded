"""``widget``: the door to the shoal in a notebook."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from shoal.errors import MissingDependencyError
from shoal.lab.notebook.runs import Runs
from shoal.populations.run import Run

if TYPE_CHECKING:
    from shoal.lab.notebook.live import LiveWidget
    from shoal.lab.running import Exhibit


def widget(run: Run | Sequence[Run] | str | os.PathLike[str]) -> LiveWidget:
    """Return a widget that shows a run while it trains: in Jupyter, VS Code, Colab, marimo.

    Every network is a point by its validation loss and a little picture of its function; of the one that is
    picked there are its function, hidden units, losses and parameters. Buttons train, pause and step it, and
    sliders turn λ, the learning rate and the weight decay in flight. It is the very run: what the widget
    trains is trained in ``run``, by the same bits as ``run.advance``.

    Several runs on the same samples, of as many members each, stand beside each other, a column a run: sizes
    to compare, say. What has no picture, such as networks of images or sequences, has losses and parameters.

    The folder of a study that ``shoal fit`` has finished is shown, too: every network by its validation loss,
    the choice, courses and parameters; nothing trains.

    Raises ``ConfigurationError`` for what is no run and for runs that cannot stand beside each other,
    ``ModelFolderError`` and ``OutputError`` for a folder without a finished study, and
    ``MissingDependencyError`` without anywidget: ``pip install 'shoal[notebook]'``.

    >>> import numpy as np
    >>> from shoal.layers import Dense
    >>> from shoal.populations.network import Network
    >>> from shoal.populations.trainer import begin
    >>> x = np.linspace(0, 1, 20)
    >>> run = begin(Network(1, [Dense(3, "tanh"), Dense(1)]), x, np.sin(6 * x), starts=5, epochs=100)
    >>> shown = widget(run)  # in a notebook the last line of a cell shows it
    >>> shown.step(10)
    >>> shown.set(l2=0.01)
    >>> run.epoch, shown.state["training"]["l2"]
    (10, 0.01)
    >>> shown.close()
    """
    exhibit = _exhibit(run)
    try:
        from shoal.lab.notebook.live import LiveWidget
    except ImportError as error:
        raise MissingDependencyError(
            f"shoal.lab.widget needs {error.name}, which is not installed; pip install 'shoal[notebook]'"
        ) from None
    return LiveWidget(exhibit)


def _exhibit(given: Run | Sequence[Run] | str | os.PathLike[str]) -> Exhibit:
    if isinstance(given, str | os.PathLike):
        from shoal.lab.notebook.studies import FolderStudy  # which loads all that reads models

        return FolderStudy(Path(given))
    runs = given if isinstance(given, list | tuple) else [given]
    return Runs(cast("Sequence[Run]", runs))  # which looks whether they are
