"""The model card: what a model is, of what it was made, how good it is and where it ends, in Markdown.

Its sentences are the report's, so both say the same. Source: Mitchell et al. 2019, "Model cards for model
reporting".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from shoal.files import require_new, require_regular, write_new
from shoal.plots.importances import ranked
from shoal.plots.text import number
from shoal.printable import in_markdown, on_one_line
from shoal.report import tables, terms, verdict, wording
from shoal.report.evidence import checked
from shoal.words import plural

if TYPE_CHECKING:
    from shoal.plots.evidence import Evidence
    from shoal.plots.forecasts import ForecastEvidence
    from shoal.plots.tested import HeldOut

_GENERATOR = "<!-- A model card by shoal "
"""How every card begins."""
COLUMNS_TOLD, IMPORTANCES_TOLD = 60, 8
FEW_ROWS = 10
"""Of a class, from which nobody can tell how well it is recognised."""


def write_card(evidence: Mapping[str, Any], path: str | Path, overwrite: bool = False) -> None:
    """Write the model card of ``evidence`` to ``path``; it replaces a card, and another file if asked to.

    Raises ``OutputError`` where the file is there already or cannot be written, and what ``card`` raises.
    """
    path = Path(path)
    require_new(path, overwrite or _is_card(path))
    write_new(path, card(evidence).encode(), overwrite=True)


def card(evidence: Mapping[str, Any]) -> str:
    """Return the model card of ``evidence`` in Markdown.

    Raises ``ModelFolderError`` where the evidence does not follow its format.
    """
    page = checked(evidence)
    sections = (
        _of_forecasts(cast("ForecastEvidence", page))
        if page.get("kind")
        else _of_study(cast("Evidence", page))
    )
    shoal = page["versions"].get("shoal", "")
    head = [f"{_GENERATOR}{in_markdown(shoal)} -->", f"# {in_markdown(page['title'])}"]
    written = [part for heading, parts in sections if parts for part in (f"## {heading}", *parts)]
    return "\n\n".join([*head, *written]) + "\n"


def _of_study(page: Evidence) -> list[tuple[str, list[str]]]:
    test = page["test"]
    return [
        ("Model", _model(page)),
        ("Data", _data(page)),
        ("Choice", _choice(page)),
        ("Test", _test(page, test) if test else []),
        ("Limits", _limits(page)),
        ("Again", _again(page["asked"], page)),
    ]


def _of_forecasts(page: ForecastEvidence) -> list[tuple[str, list[str]]]:
    data, choice, test = page["data"], page["choice"], page["test"]
    read = (
        f"{plural(data['series'], 'series', 'series')} of {data['shortest']:,} to {data['longest']:,} steps "
        f"in {page['asked']['table']}, from {data['first']} to {data['last']}, a step being {data['step']}."
    )
    names = list(dict.fromkeys(name for model in test["models"] for name in model["metrics"]))
    rows = [
        [model["name"], *(number(model["metrics"].get(name)) for name in names)] for model in test["models"]
    ]
    covered = [
        f"Intervals made to hold {100 * each['coverage']:.0f}% of all values hold "
        f"{100 * each['covered']:.1f}% of those of the test."
        for each in test["covered"]
    ]
    tried = [
        [each["name"], number(each["validation"]), number(each["weight"], 3)] for each in choice["candidates"]
    ]
    ahead = f"Forecasts are {plural(page['asked']['horizon'], 'step')} ahead; further ones were never tested."
    return [
        ("Model", _said(page["final"])),
        ("Data", [*_said(read), *_listed(data["warnings"])]),
        ("Choice", [*_said(choice["sentence"]), _table(["candidate", "validation error", "weight"], tried)]),
        ("Test", [*_said(test["sentence"]), _table(["model", *names], rows), *_said(*covered)]),
        ("Limits", _said(ahead, "They are good for series that go on as they went before the test.")),
        ("Again", _again(page["asked"], page)),
    ]


def _model(page: Evidence) -> list[str]:
    choice, asked = page["choice"], page["asked"]
    unit = terms.unit(asked)
    parameters = f"{plural(choice['parameters'], 'parameter')}, trained by {asked['solver']}."
    return [
        *_said(wording.lead(page)),
        *_listed(wording.members(choice, unit)),
        *_said(parameters, wording.calibration(page), wording.decision(page)),
    ]


def _data(page: Evidence) -> list[str]:
    asked, data, noun = page["asked"], page["data"], terms.noun(page)
    used = [column for column in data["columns"] if column["used"]]
    shown = [[column["name"], column["kind"], f"{column['missing']:,}"] for column in used[:COLUMNS_TOLD]]
    rest = len(used) - len(shown)
    parts = [part.words for part in tables.parts(data["split"], asked["folds"], noun)]
    roles = [f"{name}: {value}" for name, value in tables.settings(asked, noun) if name in tables.PARTS]
    return [
        *_said(f"{plural(data['rows'], noun)} of {asked['table']}; the target is {asked['target']}."),
        *_listed([*parts, *roles]),
        *([_table(["column", "kind", "missing"], shown)] if shown else []),
        *_said(f"And {plural(rest, 'more column')} in evidence.json." if rest else ""),
        *_listed(data["warnings"]),
    ]


def _choice(page: Evidence) -> list[str]:
    choice = page["choice"]
    unit, error = terms.unit(page["asked"]), terms.measure(page)
    rows = tables.contenders(choice)
    return [
        *_said(choice["sentence"], wording.by_evidence(choice, unit), wording.alone(page)),
        _table(["", f"{unit}s", "L2", "start", "parameters", f"validation {error}"], rows),
    ]


def _test(page: Evidence, test: HeldOut) -> list[str]:
    choice, noun, outcome = page["choice"], terms.noun(page), verdict.told(page, test)
    names, rows = tables.scores(test, choice)
    found = [[row.name, *row.cells] for row in rows]
    important = [
        [each["column"], f"{number(each['increase'], 3)} ± {number(each['sd'], 2)}"]
        for each in ranked(page["importances"])[:IMPORTANCES_TOLD]
    ]
    rises = f"rise of the {terms.importance_score(page)} when shuffled"
    return [
        *_said(f"{outcome['headline']}."),
        *_said(outcome["sentence"], outcome["differences"], verdict.certainty(test, noun) or ""),
        _table(["model", *names], found),
        *_said(wording.intervals(test)),
        *([_table(["column", rises], important)] if important else []),
    ]


def _limits(page: Evidence) -> list[str]:
    noun, test, target = terms.noun(page), page["test"], page["data"]["target"]
    told = [f"Predictions are for {noun}s from where these came from; of others nothing is known."]
    if test is None:
        told.append(
            f"No {noun}s were held back for a test, so how well it does on new data is not known. The "
            "validation error that chose it flatters it."
        )
    rare = [entry["label"] for entry in target["classes"] or [] if entry["count"] < FEW_ROWS]
    if rare:
        few = f"{', '.join(rare[:5])}{' and others' if len(rare) > 5 else ''}"
        told.append(f"Of these classes there are fewer than {FEW_ROWS} {noun}s in all: {few}.")
    if target["min"] is not None and target["max"] is not None:
        low, high = number(target["min"]), number(target["max"])
        told.append(f"No {target['name']} below {low} or above {high} has been seen.")
    if page["diverged"]["count"]:
        lost, of = page["diverged"]["count"], plural(page["diverged"]["of"], "network")
        told.append(f"{lost:,} of {of} diverged and could not be chosen.")
    return _listed([*told, *filter(None, [wording.little(page)])])


def _again(asked: Mapping[str, Any], page: Mapping[str, Any]) -> list[str]:
    command = asked.get("again") or asked["command"]
    versions = [f"{name} {version}" for name, version in page["versions"].items()]
    return [
        _code(command),
        *_said(f"Made on {terms.moment(page['created'])} in {terms.duration(page['seconds'])}, with seed "
               f"{asked['seed']} and {', '.join(versions)}."),
        *_said("evidence.json holds every number, report.html shows them."),
    ]  # fmt: skip


def _said(*sentences: str) -> list[str]:
    """Return sentences as a paragraph; none where they are empty."""
    text = " ".join(sentence for sentence in sentences if sentence)
    return [in_markdown(text)] if text else []


def _listed(items: Sequence[str]) -> list[str]:
    return ["\n".join(f"- {in_markdown(item)}" for item in items)] if items else []


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [[in_markdown(cell) for cell in row] for row in (head, *rows)]
    lines.insert(1, ["---"] * len(head))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(command: str) -> str:
    """Return a command as a block of code, whose fence no text in it can end."""
    command, fence = on_one_line(command), "```"
    while fence in command:
        fence += "`"
    return f"{fence}\n{command}\n{fence}"


def _is_card(path: Path) -> bool:
    """Whether a file begins as the cards do that ``write_card`` writes."""
    try:
        require_regular(path)
        with path.open("rb") as file:
            return file.read(len(_GENERATOR)) == _GENERATOR.encode()
    except OSError:
        return False
