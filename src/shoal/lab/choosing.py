"""The choice among the networks of a course, in the words of a study, and the test that opens once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.errors import ConfigurationError
from shoal.lab.answers import means_and_errors
from shoal.lab.course import Course
from shoal.lab.material import LOSS_NAMES
from shoal.lab.views import member, reasons
from shoal.plots.text import number
from shoal.populations.trainer import sample_losses
from shoal.selection.choosing.choice import Choice, choose
from shoal.selection.trials import Trials
from shoal.shapes import Array
from shoal.training.stopping import Reason
from shoal.words import plural


@dataclass(frozen=True)
class Opened:
    """What the sealed test said, once: of which network, at which epoch, and the sentence."""

    network: int
    side: int
    epoch: int
    loss: float
    standard_error: float
    sentence: str


def trials(course: Course) -> Trials:
    """Return the course as the trials of a study: every network with its losses at this epoch."""
    design = course.design
    answers = course.answers
    place, start = np.divmod(np.arange(design.networks), design.starts)
    why = reasons(course)
    lost = (why == Reason.DIVERGED) | ~np.isfinite(answers.validation)
    names = np.array(["x".join([str(units)] * design.depth) for units in design.hidden], dtype=object)
    parameters = np.array([run.population.network.n_parameters for run in course.runs])
    words = {number: str(Reason(number)) for number in set(why.tolist())}

    def all_are(value: float) -> Array:
        return np.full(design.networks, value)

    return Trials(
        {
            "candidate": place,
            "hidden": names[place],
            "l2": all_are(course.knobs.l2),
            "start": start,
            "fold": all_are(0).astype(int),
            "parameters": parameters[place],
            "train_loss": np.where(lost, np.nan, answers.train),
            "validation_loss": np.where(lost, np.nan, answers.validation),
            "validation_se": np.where(lost, 0.0, answers.error),
            "epochs": all_are(course.epoch).astype(int),
            "best_epoch": all_are(course.epoch).astype(int),
            "stopped": np.array([words[number] for number in why.tolist()], dtype=object),
            "diverged": lost,
            "seconds": all_are(0.0),
            **{name: all_are(np.nan) for name in ("log_evidence", "gamma", "strength")},
        }
    )


def choice(course: Course, rule: str) -> Choice | None:
    """Return the network that ``rule`` prefers at this epoch; None where all diverged."""
    try:
        return choose(trials(course), rule)
    except ConfigurationError:
        return None


def chosen_network(course: Course, found: Choice) -> int:
    """Return the number of the network that was chosen."""
    return found.chosen.candidate * course.design.starts + found.chosen.start


def told(course: Course, found: Choice | None) -> dict[str, Any] | None:
    """Return the choice as a page shows it."""
    if found is None:
        return None
    best = found.best.candidate * course.design.starts + found.best.start
    return {
        "network": chosen_network(course, found),
        "best": best,
        "loss": found.chosen.validation_loss,
        "threshold": found.threshold,
        "sentence": found.sentence,
    }


def opened(course: Course, side: int, found: Choice) -> Opened:
    """Return what the chosen network makes of the samples that nothing has seen so far."""
    data, network = course.material, chosen_network(course, found)
    alone, test = member(course, network), course.material.test
    losses = sample_losses(alone, test.X, test.y, n_jobs=1)[0]
    loss, error = map(float, means_and_errors(losses))
    name = LOSS_NAMES.get(data.loss, data.loss)
    sentence = (
        f"On {plural(len(test.y), 'point')} that nothing had seen, the choice has a {name} of "
        f"{number(loss, 3)} ± {number(error, 2)}; validation had promised "
        f"{number(found.chosen.validation_loss, 3)}, the smallest of {course.design.networks:,} and so "
        "likely too small."
    )
    if found.chosen != found.best:
        sentence = sentence.replace(", the smallest of", ", one of the smallest of")
    if data.floor:
        sentence += f" The noise alone makes {number(data.floor, 2)}."
    return Opened(network, side, course.epoch, loss, error, sentence)


def in_words(course: Course, network: int, found: Choice | None) -> list[str]:
    """Return sentences about the size of the picked network: what its starts made of it."""
    if found is None:
        return ["Every network has diverged: turn the learning rate down, and begin anew."]
    spread = found.spread[network // course.design.starts]
    units = f"{spread.hidden} hidden unit{'' if spread.hidden == '1' else 's'}"
    if spread.min is None or spread.median is None or spread.max is None:
        return [f"All {spread.starts} starts with {units} have diverged."]
    words = [
        f"{plural(spread.starts, 'start')} with {units}: validation error {number(spread.min, 3)} from the "
        f"best, {number(spread.median, 3)} from the median, {number(spread.max, 3)} from the worst."
    ]
    if spread.diverged:
        words.append(f"{spread.diverged} of them diverged.")
    return words
