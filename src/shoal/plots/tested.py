"""What ``evidence.json`` says of the test: scores, comparisons, and what was called what."""

from __future__ import annotations

from typing import Literal, TypedDict

from shoal.plots.promises import Intervals, Operating, ReliabilityCurves


class ScoredModel(TypedDict):
    """A model that was scored on the test rows."""

    name: str
    metrics: dict[str, float | None]


class ModelComparison(TypedDict):
    """How much larger a ``loss`` of ours is than the other model's, the mean over the rows of the test.

    ``low`` and ``high`` are the ends of the 95 % interval of that paired difference, which decides between
    the two by ``metric``: below 0 ours is the better model.
    """

    model: str
    metric: str
    loss: str
    difference: float
    low: float
    high: float


class Verdict(TypedDict):
    """How the choice did beside the simpler models, in words; ``outcome`` says who was better."""

    outcome: Literal["chosen", "mixed", "level", "baseline", "alone"]
    headline: str
    sentence: str
    differences: str


class ConfusionNumbers(TypedDict, total=False):
    """The numbers of a confusion in one of two forms: a square of few classes, pairs of many."""

    counts: list[list[int]]
    pairs: list[tuple[int, int, int]]


class Confusion(ConfusionNumbers):
    """``counts[i][j]`` test rows of class ``labels[i]`` were called ``labels[j]``.

    A square of many classes is nearly empty: ``pairs`` are the (i, j, count) of what it has besides zeros.
    """

    labels: list[str]


class Residuals(TypedDict):
    """Actual and predicted targets of test rows, in the units of the table."""

    actual: list[float]
    predicted: list[float]


class Decided(TypedDict):
    """What classes are decided by; of two the probability above which a row is called ``label``."""

    metric: str
    threshold: float | None
    label: str | None


class HeldOutLater(TypedDict, total=False):
    """What evidence of an earlier version may lack.

    ``hurried``, where there is one, says of the linear model what there was no time for: "was fitted on …".
    ``counted`` is, of rows with weights, how many equal ones would tell as much.
    """

    hurried: str
    counted: float
    comparisons: list[ModelComparison]
    verdict: Verdict
    reliability: ReliabilityCurves | None
    intervals: Intervals | None
    decision: Decided | None
    operating: Operating | None


class HeldOut(HeldOutLater):
    """Scores on rows that had no part in training or choosing."""

    rows: int
    score_name: str
    models: list[ScoredModel]
    confusion: Confusion | None
    residuals: Residuals | None
