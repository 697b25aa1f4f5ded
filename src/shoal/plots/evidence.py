"""The format of ``evidence.json``: what a study leaves behind for plots and reports to read.

Everything is plain JSON. Lists of ``TrialColumns`` are parallel: entry ``i`` of each describes network ``i``.
Unknown keys are allowed, and some may be missing, so that a later version may add to the format without a
new number.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

from shoal.plots.contributions import TextExample
from shoal.plots.in_time import InTime
from shoal.plots.promises import Calibration
from shoal.plots.seen import ImageSize, Seen
from shoal.plots.series import MixtureShown, SequenceShape, SeriesExample
from shoal.plots.tested import HeldOut

FORMAT = 1
Task: TypeAlias = Literal["classification", "regression"]
Rule: TypeAlias = Literal["best", "one-se", "ensemble", "evidence"]
"""By which a network is chosen."""


class AugmentationUsed(TypedDict):
    """How images were moved (pixels), stretched (share), turned (degrees), deformed (Simard's α, σ)."""

    translate: float
    scale: float
    rotate: float
    elastic: float
    sigma: float
    mirror: NotRequired[bool]


class Refinements(TypedDict, total=False):
    """Numbers that refine plain training, 0 where they do not; the report tells each under its name here."""

    weight_decay: float
    dropout: float
    label_smoothing: float


class SearchAsked(TypedDict):
    """What was searched: the axes as they were asked for, how many points, and when halves ended first."""

    axes: list[str]
    points: int
    halving: int | None


class ExploredLevel(TypedDict):
    """A value of an axis, or a part of it: its candidates, and the best and the middle of their losses."""

    values: str
    candidates: int
    lowest: float | None
    median: float | None
    chosen: bool


class ExploredAxis(TypedDict):
    """An axis of a search: what was chosen, the neighbours that were tried, and how well each level did."""

    axis: str
    chosen: str
    below: str
    above: str
    spread: float | None
    levels: list[ExploredLevel]


class StudyAskedLater(Refinements, total=False):
    """What evidence of an earlier version may lack."""

    test_table: str | None
    architecture: str
    schedule: str
    loss: str
    pieces: int
    waves: int
    augmentation: AugmentationUsed | None
    decided: list[str]
    again: str
    group: str | None
    time_order: str | None
    weight: str | None
    metric: str | None
    cost: list[str] | None
    clocked: bool
    networks: str | None
    search: SearchAsked | None


class StudyAsked(StudyAskedLater):
    """What the user asked for, and what was sized down to fit the time there was."""

    command: str
    table: str
    target: str
    task: Task
    choose: Rule
    hidden: list[str]
    starts: int
    l2: list[float]
    folds: int | None
    validation_share: float | None
    validation_table: str | None
    test_share: float | None
    solver: str
    activation: str
    learning_rate: float | None
    batch_size: int | None
    epochs: int
    patience: int | None
    seed: int
    planned: list[str]
    estimate_seconds: float | None


class TableColumn(TypedDict):
    """One column of the table that was read; ``note`` says why it was dropped or what was done to it."""

    name: str
    kind: str
    used: bool
    missing: int
    distinct: int
    summary: str
    note: str


class ClassCount(TypedDict):
    """A class of the target and its number of rows."""

    label: str
    count: int


class Target(TypedDict):
    """The target column: its classes, or its moments and range in the units of the table."""

    name: str
    kind: str
    classes: list[ClassCount] | None
    mean: float | None
    sd: float | None
    min: float | None
    max: float | None


class Split(TypedDict):
    """Rows that train, that choose, and that are kept for the end."""

    train: int
    validation: int | None
    test: int | None


class StudyDataLater(TypedDict, total=False):
    """What evidence of an earlier version may lack: what a row is called, what samples are like."""

    noun: str
    images: ImageSize | None
    sequences: SequenceShape | None


class StudyData(StudyDataLater):
    """What was read; ``features`` counts the inputs of the network after encoding."""

    rows: int
    columns: list[TableColumn]
    features: int
    target: Target
    split: Split
    warnings: list[str]


class Score(TypedDict):
    """What is compared between candidates, and its unit."""

    name: str
    unit: str


class TrialColumnsLater(TypedDict, total=False):
    """What evidence of an earlier version may lack; null but for networks that were scored so."""

    log_evidence: list[float | None]
    settings: list[str]


class TrialColumns(TrialColumnsLater):
    """One entry a network; losses are null where the network diverged."""

    hidden: list[str]
    parameters: list[int]
    start: list[int]
    l2: list[float]
    fold: list[int]
    train_loss: list[float | None]
    validation_loss: list[float | None]
    epochs: list[int]
    diverged: list[bool]
    stopped: list[str]


class NetworkIdentityLater(TypedDict, total=False):
    """What only networks of a search have: their further settings, in words."""

    settings: str


class NetworkIdentity(NetworkIdentityLater):
    """What tells one network of a study from the others."""

    hidden: str
    l2: float
    start: int


class Best(NetworkIdentity):
    """The candidate with the lowest validation score, and the standard error of that score."""

    parameters: int
    validation_loss: float
    standard_error: float | None


class ByEvidence(TypedDict):
    """The Bayesian score of the choice: ln p(D | α, β, M), the parameters determined, and L2 re-estimated.

    ``agreement`` is the rank correlation of all networks' evidence and validation score.
    """

    log_evidence: float
    gamma: float
    strength: float
    agreement: float | None


class ChosenNetworkLater(NetworkIdentity, total=False):
    """What evidence of an earlier version may lack."""

    evidence: ByEvidence | None


class ChosenNetwork(ChosenNetworkLater):
    """The network that was chosen, why, and against which threshold."""

    rule: Rule
    parameters: int
    validation_loss: float
    best: Best
    threshold: float | None
    sentence: str
    members: list[NetworkIdentity]


class LossCurves(TypedDict):
    """Losses of the chosen network after each epoch; ``best_epoch`` counts from 1."""

    train_loss: list[float | None]
    validation_loss: list[float | None] | None
    best_epoch: int | None


class SpreadOverStarts(NetworkIdentityLater):
    """Validation losses over the random starts of one size and one L2 strength."""

    hidden: str
    l2: float
    starts: int
    min: float | None
    q1: float | None
    median: float | None
    q3: float | None
    max: float | None
    diverged: int


class Importance(TypedDict):
    """Rise of the score when one column is shuffled: mean and standard deviation over the shuffles."""

    column: str
    increase: float
    sd: float


class Scale(TypedDict):
    """What all inputs from a column were multiplied by."""

    column: str
    scale: float


class Scales(TypedDict):
    """The scales of columns for later starts, the largest first, and the validation losses that they led to.

    Both losses are of the first starts, on inputs as they are (``plain``) and ``scaled``; the rest are as the
    better of the two. ``counted`` of the predictions of the ensemble are by networks of scaled inputs.
    """

    columns: list[Scale]
    plain: float | None
    scaled: float | None
    counted: int


class Diverged(TypedDict):
    """Networks whose loss left the finite numbers, and what to try instead."""

    count: int
    of: int
    sentences: list[str]


class EvidenceLater(TypedDict, total=False):
    """What evidence of an earlier version may lack, or what its task has nothing to say of."""

    seen: Seen | None
    examples: list[SeriesExample]
    in_time: InTime | None
    texts: list[TextExample]
    scales: Scales | None
    calibration: Calibration | None
    mixture: MixtureShown | None
    explored: list[ExploredAxis]


class Evidence(EvidenceLater):
    """The whole of ``evidence.json``."""

    format: int
    title: str
    created: str
    seconds: float
    asked: StudyAsked
    data: StudyData
    score: Score
    trials: TrialColumns
    choice: ChosenNetwork
    curves: LossCurves | None
    spread: list[SpreadOverStarts]
    test: HeldOut | None
    importances: list[Importance]
    diverged: Diverged
    versions: dict[str, str]
