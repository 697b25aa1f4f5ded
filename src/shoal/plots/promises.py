"""What evidence says of probabilities and intervals: how far they hold what they promise."""

from __future__ import annotations

from typing import TypedDict


class Third(TypedDict):
    """The same of a third of the test rows, whose predictions lie between ``low`` and ``high``."""

    rows: int
    low: float
    high: float
    covered: float
    width: float


class IntervalsLater(TypedDict, total=False):
    """What evidence of an earlier version may lack."""

    thirds: list[Third]


class Intervals(IntervalsLater):
    """The share of test values inside intervals made for ``coverage`` of them, and their mean width."""

    coverage: float
    covered: float
    width: float


class Bins(TypedDict):
    """Probabilities of the likeliest class, in bins: their mean, the share that is right, the share of rows.

    ``error`` is the expected calibration error, ``log_loss`` that of all rows in nats.
    """

    confidence: list[float]
    accuracy: list[float]
    share: list[float]
    error: float
    log_loss: float


class ReliabilityCurves(TypedDict):
    """How often the probabilities of the test rows are right, as trained and at their temperature."""

    before: Bins
    after: Bins


class OperatingPoint(TypedDict):
    """The rates of one threshold; there is no precision where no row is called positive."""

    false_positive: float
    recall: float
    precision: float | None


class Operating(TypedDict):
    """Rates on the test rows by threshold, from the highest, of the class ``label``, whose rows are a share.

    ``auc`` is the area under the ROC curve, and ``chosen`` what the decision makes of the rows.
    """

    label: str
    share: float
    auc: float
    false_positive: list[float]
    recall: list[float]
    precision: list[float]
    chosen: OperatingPoint


class Calibration(TypedDict):
    """The temperature of probabilities, and the log loss of ``rows`` held out ``before`` and ``after`` it."""

    temperature: float
    rows: int
    before: float
    after: float
