"""What the report calls things: scores and their units, models, samples, lengths of time, dates."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shoal.plots.networks import HIDDEN_UNIT, distinct
from shoal.plots.text import measured, number, shortened

if TYPE_CHECKING:
    from shoal.plots.evidence import ChosenNetwork, Evidence, StudyAsked

HIGHER_IS_BETTER = frozenset({"R²", "accuracy", "balanced accuracy", "AUC", "F1"})
SHARES = frozenset({"error", "balanced error", "accuracy", "balanced accuracy"})
SQUARES = frozenset({"Huber loss"})


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units.

    >>> duration(81.25), duration(312), duration(7384), duration(0.42)
    ('1 min 21 s', '5 min 12 s', '2 h 3 min', '0.42 s')
    """
    if seconds < 10:
        return f"{seconds:.2g} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def metric(name: str, value: float | None) -> str:
    """Return a score as the report writes it: shares in percent.

    >>> metric("error", 0.1447), metric("RMSE", 2.081)
    ('14.47%', '2.081')
    """
    return f"{100 * value:.2f}%" if name in SHARES and value is not None else number(value)


def model_name(name: str, choice: ChosenNetwork) -> str:
    """Return what the report calls a model of the test."""
    members = len(distinct(choice["members"]))
    ours = f"ensemble of {members} networks" if members > 1 else "chosen network"
    return {"shoal": ours, "constant": "constant baseline"}.get(name, name)


def unit(asked: StudyAsked) -> str:
    """Return what the sizes of networks count."""
    return "filter" if asked.get("architecture") == "convolutional" else HIDDEN_UNIT


def noun(evidence: Evidence) -> str:
    """Return what one sample is called."""
    return evidence["data"].get("noun", "row")


def measure(evidence: Evidence) -> str:
    """Return what networks were compared by, and its unit."""
    return measured(**evidence["score"])


def importance_score(evidence: Evidence) -> str:
    """Return the score that importances are of: of classes the log loss, by whatever these are decided."""
    score, test = evidence["score"]["name"], evidence["test"]
    return score if test is None or evidence["asked"]["task"] == "classification" else test["score_name"]


def importance_measure(evidence: Evidence) -> str:
    """Return the name and the unit of the score that importances are of."""
    name = importance_score(evidence)
    if evidence["test"] is None or (name == evidence["score"]["name"] and name not in SQUARES):
        return measure(evidence)
    squared = ", squared" if name in SQUARES else ""
    return f"{name} (units of {shortened(evidence['data']['target']['name'], 28)}{squared})"


def moment(created: str) -> str:
    """Return an ISO 8601 time as the report writes it, or the text itself where it is none.

    >>> moment("2026-01-02T03:04:05Z"), moment("yesterday")
    ('2026-01-02 03:04 UTC', 'yesterday')
    """
    try:
        time = datetime.fromisoformat(created)
    except ValueError:
        return created
    return f"{time:%Y-%m-%d %H:%M} {time.tzname() or ''}".rstrip()


def error_by_length(page: Evidence) -> tuple[str, bool]:
    """Return what errors of sequences are called on an axis, and whether they are shares."""
    if page["asked"]["task"] == "classification":
        return "share of sequences mistaken", True
    return f"mean absolute error of {shortened(page['data']['target']['name'], 30)}", False


def layer_name(name: str) -> str:
    """Return what a sentence calls a recurrent layer.

    >>> layer_name("gru"), layer_name("bidirectional")
    ('a GRU', 'one of both directions')
    """
    return {"bidirectional": "one of both directions", "rnn": "a plain one", "lstm": "an LSTM"}.get(
        name, f"a {name.upper()}"
    )
