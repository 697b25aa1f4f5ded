"""The report's sentences: what was done, how it turned out, and how sure one may be of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoal.plots.importances import MOST, ranked
from shoal.plots.networks import HIDDEN_UNIT, units
from shoal.plots.text import number, percent, plain, shortened
from shoal.report.terms import duration, noun, unit
from shoal.words import plural, setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shoal.plots.evidence import (
        AugmentationUsed,
        ChosenNetwork,
        Evidence,
        Importance,
        Scales,
        StudyAsked,
        StudyData,
    )
    from shoal.plots.tested import HeldOut

ALIKE = 1.02
"""Times as wide that intervals may be and still be called as wide."""
SCALES_TOLD = 12
"""Columns of which a sentence tells the scales."""
FEW_STARTS = 3  # from fewer random starts, luck and merit are not told apart
DECIDED = {
    "balanced_error": "the balanced error, by their probabilities over their shares of the training rows",
    "f1": "F1, which was largest so on the rows held out",
    "cost": "the least cost to expect, by what each mistake was said to cost",
}
"""What a sentence calls the metrics for which another class than the likeliest may be called."""


def lead(evidence: Evidence) -> str:
    """Return what was done in two sentences."""
    asked, data, trials = evidence["asked"], evidence["data"], evidence["trials"]
    classes = data["target"]["classes"]
    size = data.get("images")
    kind = f"one of {plural(len(classes), 'class', 'classes')}" if classes else "a number"
    used = sum(column["used"] for column in data["columns"])
    trained, starts = len(trials["hidden"]), plural(len(set(trials["start"])), "random start")
    counts = [
        plural(len(set(trials["hidden"])), "size"),
        starts,
        plural(len(set(trials["l2"])), "L2 strength"),
    ]
    if searched := asked.get("search"):
        counts = [plural(searched["points"], "point") + " of a search", starts]
    if asked["folds"]:
        counts.append(plural(asked["folds"], "fold"))
    inputs = f"{used} of the {plural(len(data['columns']), 'column')} of {asked['table']}"
    if size:
        colours = "grey" if size["channels"] == 1 else "coloured"
        inputs = f"the {colours} images of {size['rows']}×{size['columns']} pixels in {asked['table']}"
    if series := data.get("sequences"):
        steps = f"{series['shortest']:,} to {series['longest']:,} steps"
        if series["shortest"] == series["longest"]:
            steps = plural(series["longest"], "step")
        inputs = f"sequences of {steps} and {plural(len(series['channels']), 'channel')} in {asked['table']}"
    if data.get("noun") == "text":
        inputs = f"the texts of {asked['table']}"
    return (
        f"Predicts {asked['target']}, {kind}, from {inputs}. "
        f"{plural(trained, 'network')} ({' × '.join(counts)}) {'was' if trained == 1 else 'were'} trained "
        f"and compared in {duration(evidence['seconds'])}."
    )


def little(evidence: Evidence) -> str:
    """Return how little was tried, where the study was ended early or has few starts; else nothing.

    It goes by what was planned and what was trained.
    """
    asked, trials = evidence["asked"], evidence["trials"]
    trained, starts = len(trials["hidden"]), len(set(trials["start"]))
    folds, planned_folds = len(set(trials["fold"])), asked["folds"] or 1
    searched = asked.get("search")
    points = searched["points"] if searched else len(asked["hidden"]) * len(asked["l2"])
    planned = points * asked["starts"] * planned_folds
    told = []
    if trained < planned:
        early = "as asked for" if asked.get("networks") else "the study was ended early, with"
        told.append(f"{early} {trained:,} of {plural(planned, 'network')} trained")
    if folds < planned_folds:
        told.append(f"networks were judged on {folds} of {plural(planned_folds, 'fold')} alone")
    if trained == folds:
        told.append("there is one candidate, and nothing to compare it with")
    elif searched is None and starts < FEW_STARTS and set(trials["hidden"]) != {"0"}:  # of one minimum
        told.append(f"there {'is' if starts == 1 else 'are'} no more than {plural(starts, 'random start')}")
    if not told:
        return ""
    text = "; ".join(told)
    return f"{text[0].upper()}{text[1:]}: what was chosen may be far from the best."


def alone(evidence: Evidence) -> str:
    """Return that one size, or one strength, was tried alone, and how to ask for more; else nothing."""
    trials = evidence["trials"]
    if evidence["asked"].get("search"):
        return ""
    sizes, strengths = set(trials["hidden"]), set(trials["l2"])
    tried, options = [], []
    if len(sizes) == 1:
        of = unit(evidence["asked"])
        tried.append(f"one size ({units(next(iter(sizes)), of)})")
        several = "4,16,64" if of == HIDDEN_UNIT else "4x8,8x16,16x32"
        options.append(f"{setting('hidden')} (such as {several})")
    if len(strengths) == 1:
        tried.append(f"one L2 strength ({plain(next(iter(strengths)))})")
        options.append(f"{setting('l2')} (such as 0,0.1,1,10)")
    if not tried:
        return ""
    them = "it" if len(tried) == 1 else "them"
    return (
        f"Only {' and '.join(tried)} {'was' if len(tried) == 1 else 'were'} tried, so there is nothing to "
        f"compare {them} with; ask for several with {' and '.join(options)}."
    )


def augmentation(of: AugmentationUsed | None) -> str:
    """Return how images were deformed in training.

    >>> augmentation({"translate": 1.4, "scale": 0.1, "rotate": 5.0, "elastic": 0.0, "sigma": 4.0})
    'moved by up to 1.4 pixels, stretched by up to 10%, turned by up to 5°'
    >>> plain = dict.fromkeys(("translate", "scale", "rotate", "elastic", "sigma"), 0.0)
    >>> augmentation({**plain, "mirror": True})
    'half of them mirrored'
    """
    if of is None:
        return "none"
    words = [
        (of["translate"], f"moved by up to {of['translate']:.3g} pixels"),
        (of["scale"], f"stretched by up to {percent(of['scale'])}"),
        (of["rotate"], f"turned by up to {of['rotate']:.3g}°"),
        (of["elastic"], f"deformed elastically (α {of['elastic']:.3g}, σ {of['sigma']:.3g})"),
        (of.get("mirror"), "half of them mirrored"),
    ]
    return ", ".join(phrase for extent, phrase in words if extent) or "none"


def intervals(test: HeldOut) -> str:
    """Return how well intervals around the predictions have held what they promised on the test rows."""
    found = test.get("intervals")
    if found is None:
        return ""
    rows = plural(test["rows"], "test row")
    return (
        f"Intervals made to hold {percent(found['coverage'])} of all values hold "
        f"{percent(found['covered'])} of those of the {rows}; they are {number(found['width'])} wide in the "
        f"mean. {setting('interval')} "
        "adds them to predictions: conformal intervals, from the errors on rows held out, for rows that come "
        "from where these came from."
    )


def widest_third(test: HeldOut) -> str:
    """Return whether intervals are as wide everywhere, before a table of thirds of the test rows."""
    found = test.get("intervals")
    thirds = [] if found is None else found.get("thirds", [])
    if len(thirds) < 2:
        return ""
    narrow, wide = (pick(third["width"] for third in thirds) for pick in (min, max))
    if wide <= ALIKE * narrow:
        return (
            "They are about as wide everywhere: nothing that is known of a row tells how large its error is."
        )
    return (
        "They are wider where errors on rows held out were larger. By thirds of the test rows, from the "
        "smallest to the largest prediction:"
    )


def by_evidence(choice: ChosenNetwork, unit: str = HIDDEN_UNIT) -> str:
    """Return where the evidence and the validation error agree."""
    found = choice.get("evidence")
    if found is None:
        return ""
    best, error = choice["best"]["validation_loss"], choice["validation_loss"]
    spread = choice["best"]["standard_error"]
    if choice["hidden"] == choice["best"]["hidden"]:
        sizes = f"Both prefer {units(choice['hidden'], unit)}."
    else:
        sizes = (
            f"The evidence prefers {units(choice['hidden'], unit)}, validation "
            f"{units(choice['best']['hidden'], unit)}."
        )
    within = spread is not None and error <= best + spread
    near = "within one standard error of" if within else "more than one standard error above"
    errors = f" The validation error of the choice, {number(error)}, is {near} the lowest, {number(best)}."
    agreement = found["agreement"]
    orders = "" if agreement is None else f" The two orders agree with a rank correlation of {agreement:.2f}."
    return (
        f"{sizes}{errors}{orders} The data determine {number(found['gamma'], 3)} of the "
        f"{plural(choice['parameters'], 'parameter')} chosen; its L2 strength was re-estimated as "
        f"{number(found['strength'], 3)}."
    )


def calibration(evidence: Evidence) -> str:
    """Return what the temperature of the probabilities is, whence, and what it did on the test rows."""
    test, found = evidence["test"], evidence.get("calibration")
    shown = test.get("reliability") if test else None
    trained_again = evidence["asked"]["folds"] and evidence["choice"]["rule"] != "ensemble"
    if shown is None or (found is None and not trained_again):
        return ""
    rows = f"{noun(evidence)}s"
    if found is None:
        return (
            f"The probabilities are as trained: the network has seen all {rows} but those of the test, so "
            "that none are left to find a temperature on. On the test "
            f"{rows} the expected calibration error is {percent(shown['after']['error'])}."
        )
    held = f"{plural(found['rows'], noun(evidence))} held out from training"
    before, after = shown["before"], shown["after"]
    if found["temperature"] == 1:
        return (
            f"The probabilities stay as trained: no temperature lowers the log loss of {held}, "
            f"{number(found['before'])}. On the test {rows} the expected calibration error is "
            f"{percent(after['error'])}."
        )
    surer = "surer" if found["temperature"] < 1 else "less sure"
    did = f"where it brings the log loss from {number(found['before'])} to {number(found['after'])}"
    if found["after"] > found["before"]:
        did += f": they chose when networks stop, and so suit them better than new {rows} do"
    return (
        f"One temperature, {number(found['temperature'], 3)}, makes all probabilities {surer} and leaves "
        f"their order as it is. It was fitted on {held}, {did}. On the test {rows} the log loss goes from "
        f"{number(before['log_loss'])} to {number(after['log_loss'])}, the expected calibration error from "
        f"{percent(before['error'])} to {percent(after['error'])}."
    )


def decision(evidence: Evidence) -> str:
    """Return by what classes are decided, where that is not the likeliest; else nothing."""
    test = evidence["test"]
    found = test.get("decision") if test else None
    if found is None or found["metric"] not in DECIDED:
        return ""
    rule = f"Classes are decided for {DECIDED[found['metric']]}"
    if found["threshold"] is not None and found["label"] is not None:
        rule += (
            f": a {noun(evidence)} is called {shortened(found['label'], 28)} where that has a probability "
            f"above {number(found['threshold'], 3)}"
        )
    return f"{rule}. The probabilities are as they were, and the simpler models decide in the same way."


def repeatable(asked: StudyAsked) -> str:
    """Return what gives the same model again: the command that was asked, or the one that follows."""
    if not asked.get("again"):
        return "The same versions, seed and sizes give the same networks."
    same = "With the same versions, on the same kind of processor,"
    if asked.get("clocked") is False:
        return (
            f"Nothing was decided by a clock. {same} the command above gives the same model to the bit, at "
            "any load and on any number of cores; so does this one, which says besides what was left open:"
        )
    decided = "How many networks were compared was" if "clocked" in asked else "What was left open was"
    return (
        f"{decided} decided by the time that they took, so the command above may give another model, even "
        f"with the same seed. This one leaves nothing open. {same} and into another folder, it gives "
        "the same model to the bit:"
    )


def baseline_help(data: StudyData, noun: str = "row", loss: str = "") -> str:
    """Return what the constant baseline is; ``loss`` is that of a regression."""
    of_numbers = {"absolute_error": "the median", "huber": "the number with the smallest Huber loss"}
    answer = f"{of_numbers.get(loss, 'the mean')} of the target"
    answer = "the shares of the classes" if data["target"]["classes"] else answer
    return f"The constant baseline answers every {noun} with {answer} in the training {noun}s."


def members(choice: ChosenNetwork, unit: str = HIDDEN_UNIT) -> list[str]:
    """Return the networks of an ensemble in words, with how often each counts."""
    times: dict[str, int] = {}
    for member in choice["members"]:
        words = f"{units(member['hidden'], unit)}, L2 {plain(member['l2'])}, start {member['start']}"
        words += f", {member['settings']}" if "settings" in member else ""
        times[words] = times.get(words, 0) + 1
    return [f"{words} (counted {n} times)" if n > 1 else words for words, n in times.items()]


def remaining_importances(importances: Sequence[Importance]) -> str | None:
    """Return a sentence on the columns for which the figure has no room, if there are any."""
    rest = ranked(importances)[MOST:]
    if not rest:
        return None
    largest = rest[0]["increase"]
    rise = f"by at most {number(largest, 2)} each" if largest > 0 else "by nothing"
    return f"It rises {rise} for the other {plural(len(rest), 'column')}; evidence.json holds them all."


def scales(found: Scales, n_members: int) -> list[str]:
    """Return sentences on the columns by which inputs of later starts were scaled, and what came of it."""
    columns = found["columns"][:SCALES_TOLD]
    told = [f"{shortened(column['column'], 40)} {number(column['scale'], 2)}" for column in columns]
    rest, others = found["columns"][SCALES_TOLD:], ""
    if rest:
        others = f", and at most {number(rest[0]['scale'], 2)} of the other {plural(len(rest), 'column')}"
    sentences = [
        "After the first starts the inputs of others were multiplied by how much their column mattered to "
        "the first, for rows held out: the root of its share of the largest importance, 0.01 at least. "
        f"The scales are {', '.join(told)}{others}."
    ]
    if found["plain"] is not None and found["scaled"] is not None:
        better = found["scaled"] < found["plain"]
        sentences.append(
            f"Networks of scaled inputs came to a validation loss of {number(found['scaled'])} in the mean, "
            f"those of inputs as they are to {number(found['plain'])}, so later starts "
            f"{'were scaled too' if better else 'were not scaled'}."
        )
    counted = f"{found['counted']} of {plural(n_members, 'prediction')}"
    sentences.append(f"In the mean that the model predicts, {counted} are by networks of scaled inputs.")
    return sentences
