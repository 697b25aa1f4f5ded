"""A study that ``shoal fit`` has finished, to look at: every trial of its store, its choice, its test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from shoal.errors import ConfigurationError, ModelFolderError
from shoal.explanation.explanation import without_dropout
from shoal.jobs.kinds import KINDS
from shoal.jobs.saved.folder import load_model
from shoal.jobs.saved.layout import EARLIER, MODEL, PLAN, STUDY
from shoal.jobs.subjects.saved import table_of
from shoal.lab import commands, frames, inspector
from shoal.lab.columns import columns_of, in_words, labels_of
from shoal.lab.course import Each, in_turn
from shoal.lab.frames import Block, BlockKind
from shoal.lab.material import Rows
from shoal.lab.views import shown_epochs
from shoal.plots.evidence import Evidence
from shoal.plots.forecasts import KIND as FORECASTS
from shoal.plots.text import number
from shoal.populations.population import Population
from shoal.randomness import member_id
from shoal.report.evidence import load_evidence
from shoal.selection.store.read_only import ReadOnlyStore, require_idle
from shoal.shapes import Array, IntArray
from shoal.training.stopping import Reason
from shoal.words import plural, setting

if TYPE_CHECKING:
    from shoal.jobs.model import Model

ABSENT = -np.inf
"""The loss of a start that a column of the picture has room for, and the study has not."""
SAMPLES = 300
"""Of the data, which the inspector sends through the choice."""
READY_TO_READ = "give a folder that shoal fit has finished"


class FinishedStudy:
    """What the lab shows of the folder of a finished job, which trains no more.

    Networks are numbered column after column, a column a candidate, ``starts`` to each; their losses are the
    means over the folds. Raises ``ModelFolderError`` for a folder that is none of a finished study, that was
    damaged or is of another kind, and ``OutputError`` for one that is being written.
    """

    pace = stride = 1
    epoch = 0

    def __init__(self, folder: Path) -> None:
        self.playing = False
        require_finished(folder)
        evidence = load_evidence(folder)
        if evidence.get("kind") == FORECASTS:
            raise ModelFolderError(
                f"{folder} holds forecasts, of which there is no study to show; its report.html tells of them"
            )
        self.evidence = cast("Evidence", evidence)
        self._folds = set(self.evidence["trials"]["fold"])
        self.model_of_folder: Model = load_model(folder)
        self.study = ReadOnlyStore(_study_of(folder))
        self.columns = columns_of(self.study.trials, self._folds)
        if not self.columns:
            raise ModelFolderError(f"{folder}: evidence.json is of another study than its trials; fit again")
        self.starts = max(len(column.starts) for column in self.columns)
        self.members = self._members()
        self.picked = self.chosen = self._chosen()
        self.study.network(self._shown(self.picked))  # whose weights are there
        self.note = ""
        self.inspecting: commands.Inspect | None = None
        self._folder, self._opened = folder, False
        self._batch: tuple[int, inspector.InspectedNetwork] | None = None

    def do(self, command: commands.Command, each: Each = in_turn) -> None:
        """Do what a command says, as far as it is to look; raise ``ConfigurationError`` for all else."""
        self.note = ""
        if type(command) not in LOOKS:
            raise ConfigurationError(
                "this is a finished study, which trains no more; shoal lab, or shoal lab TABLE, trains"
            )
        LOOKS[type(command)](self, command)

    def train(self, epochs: int, each: Each = in_turn) -> None:
        """Train nothing: a finished study never plays."""

    def frame(self) -> bytes:
        """Return all that is drawn: the losses of all networks, and the course and parameters of one."""
        trials = self.study.trials
        losses, theta, epochs = self._course(self._shown(self.picked))
        scores = np.full((3, len(self.columns) * self.starts), ABSENT)
        scores[2] = 0
        for k in range(scores.shape[1]):
            if (rows := self._rows(k)).size:
                scores[0, k], scores[1, k] = (
                    trials[name][rows].mean() for name in ("train_loss", "validation_loss")
                )
                scores[2, k] = Reason.DIVERGED if trials["diverged"][rows].any() else 0
        return frames.write(
            [
                Block(BlockKind.SCORES, 1, epochs, scores),
                Block(BlockKind.LOSSES, 1, epochs, losses),
                Block(BlockKind.THETA, 1, epochs, theta),
            ]
        )

    def network(self) -> Population:
        """Return the picked network alone; raise ``ConfigurationError`` for one that was not chosen."""
        self._require_member()
        return self.model_of_folder.population.members(self.members[self.picked][0])

    def model(self) -> Model | None:
        """Raise ``ConfigurationError``: the model is a folder."""
        raise ConfigurationError("the model of this study is a folder already, the one that was opened")

    def state(self) -> dict[str, Any]:
        """Return everything else that a page shows, as plain values for JSON."""
        evidence, asked = self.evidence, self.inspecting
        column = self.columns[self.picked // self.starts]
        return {
            "protocol": frames.PROTOCOL,
            "note": self.note,
            "study": {
                "title": evidence["title"],
                "command": evidence["asked"]["command"],
                "data": self._data(),
                "score": evidence["score"]["name"],
                "unit": evidence["score"]["unit"],
                "columns": labels_of(self.columns),
                "starts": self.starts,
                "networks": len(self.study.trials),
                "folds": len(self._folds),
                "picked": self.picked,
                "picked_name": self._name(self.picked),
                "chosen": self.chosen,
                "members": sorted(self.members),
                "threshold": evidence["choice"]["threshold"],
                "sentence": evidence["choice"]["sentence"],
                "words": in_words(column, self.study.trials),
                "parameters": int(self.study.trials["parameters"][self._shown(self.picked)]),
                "inspectable": self.picked in self.members,
                "test": self._test(),
            },
            "inspected": asked and inspector.inspected(self._subject(), asked),
        }

    def _pick(self, command: commands.Pick) -> None:
        most = len(self.columns) * self.starts
        if not 0 <= command.network < most or not self._rows(command.network).size:
            raise ConfigurationError(f"there is no network {command.network} in this study")
        self.study.network(self._shown(command.network))  # whose weights are there
        self.picked, self.inspecting = command.network, None

    def _inspect(self, command: commands.Inspect) -> None:
        inspector.require_edge(self._subject(), command)
        self.inspecting = command

    def _close_inspector(self, command: commands.CloseInspector) -> None:
        self.inspecting = None

    def _open_test(self, command: commands.OpenTest) -> None:
        if self.evidence["test"] is None:
            raise ConfigurationError("this study kept nothing for a test")
        self._opened = True

    def _subject(self) -> inspector.InspectedNetwork:
        """Return the picked network, one of those chosen, with samples of the data that it was fitted to."""
        self._require_member()
        if self._batch is None or self._batch[0] != self.picked:
            member, source = self.members[self.picked][0] + 1, table_of(self._folder, None)
            found = KINDS[self.model_of_folder.kind].subject(self.model_of_folder, source, 1, SAMPLES, member)
            network = without_dropout(found.population.network)
            theta = found.population.theta.astype(np.float64)
            alone = Population(network, theta, found.population.keys)
            if not isinstance(found.X, np.ndarray):
                raise ConfigurationError("the inspector draws networks of rows, and this one reads sequences")
            samples = Rows(found.X.astype(np.float64), np.asarray(found.y))
            self._batch = self.picked, inspector.InspectedNetwork(alone, samples)
        return self._batch[1]

    def _require_member(self) -> None:
        if self.picked not in self.members:
            raise ConfigurationError(
                "the folder keeps what leads to the inputs of the chosen networks alone; pick one of those"
            )

    def _rows(self, network: int) -> IntArray:
        """Return the rows of a network's folds among the trials; none where there is no such start."""
        column, place = self.columns[network // self.starts], network % self.starts
        return column.starts[place][1] if place < len(column.starts) else np.empty(0, dtype=np.int64)

    def _shown(self, network: int) -> int:
        """Return the row of the trials whose network is shown: the model's, or that of the first fold."""
        return self.members[network][1] if network in self.members else int(self._rows(network)[0])

    def _course(self, row: int) -> tuple[Array, Array, int]:
        """Return losses (2, columns) over the epochs, as far as they were watched, parameters, and epochs."""
        result, member = self.study.network(row)
        epochs = int(self.study.trials["epochs"][row])
        theta = result.theta[member : member + 1].astype(np.float64)
        if result.losses is None:
            return np.empty((2, 0)), theta, epochs
        losses = result.losses[:, member, :epochs]
        shown = shown_epochs(epochs)
        return losses[:, shown].astype(np.float64), theta, epochs

    def _members(self) -> dict[int, tuple[int, int]]:
        """Return the numbers of the chosen networks: where each first stands in the model, and its trial."""
        known = {
            int(key): k for k, key in reversed(list(enumerate(self.model_of_folder.population.keys[:, 1])))
        }
        trials, found = self.study.trials, {}
        for c, column in enumerate(self.columns):
            for s, (start, rows) in enumerate(column.starts):
                fitted = column.fitted[trials["start"][column.fitted] == start]
                keys = {
                    member_id(column.candidate, start, int(trials["fold"][row])): int(row)
                    for row in (*rows, *fitted)
                }
                places = [(known[key], row) for key, row in keys.items() if key in known]
                if places:
                    found[c * self.starts + s] = min(places)
        return found

    def _chosen(self) -> int:
        """Return the number of the network that was chosen, of several the first."""
        if self.members:
            return min(self.members, key=lambda k: self.members[k][0])
        choice = self.evidence["choice"]
        for c, column in enumerate(self.columns):
            for s, (start, _) in enumerate(column.starts):
                if (column.hidden, column.l2, start) == (choice["hidden"], choice["l2"], choice["start"]):
                    return c * self.starts + s
        raise ModelFolderError("the choice is not among the trials of its study; fit again")

    def _name(self, network: int) -> str:
        column = self.columns[network // self.starts]
        start, rows = column.starts[network % self.starts]
        loss = float(self.study.trials["validation_loss"][rows].mean())
        told = f"validation loss {number(loss, 3)}" if np.isfinite(loss) else "diverged"
        folds = f" over {len(rows)} folds" if len(rows) > 1 else ""
        return f"size {labels_of(self.columns)[network // self.starts]}, start {start}: {told}{folds}"

    def _data(self) -> str:
        data = self.evidence["data"]
        return (
            f"{plural(data['rows'], data.get('noun', 'row'))}, {plural(data['features'], 'feature')}, "
            f"target {data['target']['name']}"
        )

    def _test(self) -> dict[str, Any] | None:
        """Return what the test says, once it has been opened; None where nothing was kept for one."""
        test = self.evidence["test"]
        if test is None:
            return None
        told: dict[str, Any] = {"rows": test["rows"], "opened": self._opened}
        if self._opened:
            verdict = test.get("verdict")
            told["models"] = test["models"]
            told["sentence"] = "" if verdict is None else f"{verdict['headline']}. {verdict['sentence']}"
        return told


LOOKS: dict[type[Any], Callable[[FinishedStudy, Any], None]] = {
    commands.Pick: FinishedStudy._pick,
    commands.Inspect: FinishedStudy._inspect,
    commands.CloseInspector: FinishedStudy._close_inspector,
    commands.OpenTest: FinishedStudy._open_test,
}


def _study_of(folder: Path) -> Path:
    """Return the folder of the study that the model is of: while another is to replace it, it lies aside."""
    aside = folder / EARLIER / STUDY
    return aside if aside.is_dir() else folder / STUDY


def require_finished(folder: Path) -> None:
    """Raise ``ModelFolderError`` for a folder that no finished job left, ``OutputError`` for a busy one."""
    if not (folder / PLAN).is_file() and not (folder / MODEL).is_file():
        raise ModelFolderError(
            f"{folder} is no folder that shoal fit wrote: it has no {PLAN}; {READY_TO_READ}"
        )
    study = _study_of(folder)
    if study.is_dir():
        require_idle(study)
    if not (folder / MODEL).is_file():
        raise ModelFolderError(
            f"{folder} is not finished: it has no {MODEL}; let shoal fit go on with it, "
            f"{setting('resume', True)}, then open it"
        )
