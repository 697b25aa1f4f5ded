"""``TensorBoard``: event files of trainings, studies and models."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from shoal.errors import MissingDependencyError, OutputError, reason
from shoal.watching.findings import Findings
from shoal.watching.studies import Setting
from shoal.watching.watcher import Watcher

RGBA = 4
"""The colour space of a PNG by matplotlib, as TensorBoard numbers them."""


class TensorBoard(Watcher):
    """A callback that writes TensorBoard's event files into ``folder``.

    - ``shoal.train(…, callback=board)``, ``run.finish(board)``, or ``board(run)`` between steps: training and
      validation loss by epoch; of a population the lowest, the quartiles and the median of its members, not
      a line for each.
    - ``CapacityStudy(progress=board)``: the lowest validation loss, that of the networks just ended, and the
      pace, by networks done.
    - ``MLPClassifier().set_callbacks(board)`` with scikit-learn 1.9: the loss by epoch.
    - ``board.write(…)`` of what ``train`` returned, of a fitted study or the folder of ``shoal fit``:
      settings and results for the tab of hyper-parameters, a line for each candidate of a study, the
      report's figures as images, and the model card.

    A folder is one line in TensorBoard: give each training its own, ``"runs/first"``, ``"runs/second"``.
    Close it, or use it in a ``with`` block. ``pip install 'shoal[tensorboard]'``; ``tensorboard --logdir
    runs`` shows them, which is a package of its own.

    Raises ``MissingDependencyError`` without tensorboardX, ``OutputError`` for a folder that cannot be made;
    ``write`` and ``close`` raise it for a disk that is full.

    >>> import tempfile
    >>> from pathlib import Path
    >>> import shoal
    >>> network, X = shoal.Network(1, [shoal.Dense(1)]), [[0.0], [1.0]]
    >>> with tempfile.TemporaryDirectory() as runs, TensorBoard(Path(runs, "first")) as board:
    ...     result = shoal.train(network, X, [0.0, 1.0], starts=9, epochs=5, callback=board)
    ...     board.write(result)
    ...     len(list(Path(runs, "first").glob("events.out.tfevents.*")))
    1
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self.folder, self._closed = Path(folder), False
        self._file = EventFile(self.folder)

    def close(self) -> None:
        """Write all that is still to be written; nothing is told afterwards."""
        if not self._closed:
            self._closed = True
            self._file.close()

    def write(self, what: Any) -> None:
        """Tell what there is to keep, as ``Watcher.write``; raises ``OutputError`` once it is closed."""
        if self._closed:
            raise OutputError(f"the event file in {self.folder} is closed; write before, or begin another")
        super().write(what)

    def _tell(self, numbers: Mapping[str, float], step: int) -> None:
        if self._closed:  # or else it would begin another file, which nobody closes
            return
        from tensorboardX.summary import scalar

        for name, value in numbers.items():
            self._file.add(scalar(name, value), step)

    def _set(self, settings: Mapping[str, Setting]) -> None:
        from tensorboardX.summary import text

        rows = [f"| {name} | {value} |" for name, value in settings.items()]
        self._file.add(text("settings", "\n".join(["| setting | value |", "|---|---|", *rows])))

    def _keep(self, findings: Findings) -> None:
        from tensorboardX.summary import text

        points = [("model", findings.settings, findings.results)]
        points += [(f"candidate-{n}", *point) for n, point in enumerate(findings.candidates, 1)]
        for name, settings, results in points:
            told = {f"result/{result}": value for result, value in results.items()}
            self._compare(self.folder / name, dict(settings), told)
        for name, picture in findings.pictures.items():
            self._draw(f"report/{name}", picture)
        if findings.words:
            self._file.add(text("card", findings.words))

    def _compare(self, folder: Path, settings: dict[str, Setting], results: dict[str, float]) -> None:
        """Write a line for the tab of hyper-parameters, which takes a file of its own."""
        from tensorboardX.summary import hparams, scalar

        with closing(EventFile(folder)) as file:
            for summary in (*hparams(settings, results), *(scalar(*result) for result in results.items())):
                file.add(summary)

    def _draw(self, name: str, picture: bytes) -> None:
        from tensorboardX.proto.summary_pb2 import Summary

        width, height = struct.unpack(">II", picture[16:24])  # what every PNG begins with
        image = Summary.Image(height=height, width=width, colorspace=RGBA, encoded_image_string=picture)
        self._file.add(Summary(value=[Summary.Value(tag=name, image=image)]))

    def _flush(self) -> None:
        self._file.flush()


class EventFile:
    """An event file in a ``folder``, which is made, that tensorboardX writes in a thread of its own.

    Such a thread ends at its first error and tells nobody, while what it is given waits in a queue. So the
    queue is never full, or else training would wait for nobody, and whether it lives is asked every time.
    All methods raise ``OutputError`` where the file cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            raise MissingDependencyError(
                "TensorBoard's files need tensorboardX: pip install 'shoal[tensorboard]'"
            ) from None
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writer: Any = SummaryWriter(str(folder), max_queue=0)
        except OSError as error:
            raise OutputError(f"{folder} cannot be made ({reason(error)}); give another folder") from None
        events = self._writer.file_writer.event_writer
        self._thread: threading.Thread = events._worker
        events._event_queue.cancel_join_thread()  # nor does a process that ends wait for who reads no more

    def add(self, summary: Any, step: int | None = None) -> None:
        """Write what one step has to say."""
        if not self._thread.is_alive():
            self.flush()  # which fails as the thread did, and says why
            raise self._broken("its thread has ended")
        self._writer.file_writer.add_summary(summary, step)

    def flush(self) -> None:
        """Write to the disk what the thread has taken up."""
        with self._writing():
            self._writer.flush()

    def close(self) -> None:
        """Write all that is left, and end the thread."""
        was_alive = self._thread.is_alive()
        with self._writing():
            self._writer.close()
        if not was_alive:
            raise self._broken("its thread had ended before")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._broken(reason(error)) from None

    def _broken(self, why: str) -> OutputError:
        return OutputError(
            f"the event file in {self.folder} cannot be written ({why}); make room, and begin another folder"
        )
