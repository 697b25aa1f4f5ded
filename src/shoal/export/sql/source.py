"""``export_sql``: a model of a table as one SELECT, for predictions where the rows are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal._version import __version__
from shoal.calibration.decision import Decision
from shoal.errors import ConfigurationError
from shoal.export.sql.columns import explained, prepare
from shoal.export.sql.networks import exp, sigmoid, write_member
from shoal.export.sql.text import ROW, QueryTables, comment, literal, name, number, total
from shoal.export.weights import distinct
from shoal.files import require_new, write_new
from shoal.jobs.model import LARGEST_Z

if TYPE_CHECKING:
    from shoal.jobs.model import TableModel

TABLE = "data"
"""The table that is read, unless another is named."""
MOST_COLUMNS, MOST_MEMBERS = 1990, 490
"""SQLite's tables have 2000 columns at most, and its UNIONs 500 parts."""
SMALLEST = 1e-300
"""A smaller probability counts as this one where its logarithm is taken."""


def export_sql(model: Any, path: str | os.PathLike[str], overwrite: bool = False, table: str = TABLE) -> None:
    """Write ``to_sql(model, table)`` to ``path``.

    The file is there whole or not at all. Raises ``OutputError`` if the place cannot be written to, or holds
    a file already and ``overwrite`` is not given, and what ``to_sql`` raises.
    """
    require_new(path, overwrite)
    write_new(path, to_sql(model, table).encode(), overwrite)


def to_sql(model: Any, table: str = TABLE) -> str:
    """Return a ``TableModel``, as ``load_model`` reads it, as one SELECT over the rows of ``table``.

    It gives the table's own columns, the number of each row, ``shoal_row``, the column "predicted TARGET",
    and for classes the probability of each, "P(TARGET=LABEL)", as ``shoal predict`` calls it. NULL is a
    missing value; unknown categories are what they are to ``shoal predict``. Everything is computed in double
    precision, by ``exp``, ``ln``, ``sqrt``, ``sin``, ``cos`` and ``floor``, which DuckDB has, and SQLite from
    3.35 on where it was built with its functions of mathematics.

    Raises ``ConfigurationError`` for other models than those of tables, for layers and activations that have
    no form in SQL, for what is wider than databases' tables, and for columns whose names are one to them.
    """
    if getattr(model, "kind", None) != "table":
        what = getattr(model, "kind", type(model).__name__)
        raise ConfigurationError(f"a model of {what} has no form in SQL, which tables have; take ONNX")
    members, picks = distinct(model.population)
    counts = np.bincount(picks)
    _require_room(model, members.size)
    _require_names(model)
    tables = QueryTables()
    tables.as_it_is("source", f"SELECT ROW_NUMBER() OVER () AS {ROW}, * FROM {name(table)}")  # noqa: S608
    x = prepare(model.preprocessor, tables, "source")
    votes = []
    for p, count in enumerate(counts):
        z = write_member(tables, members, p, "x", x)
        tables.add(f"p{p}", f"z{p}", _named(_link(model, z)))
        share = number(count / counts.sum())
        outputs = ", ".join(f"{share} * p{k} AS p{k}" for k in range(_outputs(model)))
        votes.append(f"SELECT {ROW}, {outputs} FROM p{p}")  # noqa: S608 - names of our own
    tables.as_it_is("votes", "\n  UNION ALL ".join(votes))
    sums = [(f"p{k}", f"SUM(p{k})") for k in range(_outputs(model))]
    tables.add("mean", "votes", sums, group=f" GROUP BY {ROW}")
    answers = _answers(model, tables)
    if any(written.partition(" ")[0] == table.casefold() for written in tables.written):
        raise ConfigurationError(
            f"the query has a table of its own called {table!r}; make a view of yours "
            "that has another name, and give that"
        )
    return _query(model, tables, answers, table)


def _named(formulas: list[str]) -> list[tuple[str, str]]:
    """Return formulas with the names p0, p1, …"""
    return [(f"p{k}", formula) for k, formula in enumerate(formulas)]


def _outputs(model: TableModel) -> int:
    return max(len(model.target.labels), 1)


def _require_room(model: TableModel, members: int) -> None:
    """Raise ``ConfigurationError`` for what is wider than databases' tables, or has too many members."""
    network = model.population.network
    widest = max(shape[0] for shape in network.shapes)
    columns = max(widest + 3, 2 * len(model.preprocessor.encoders) + 1)
    if columns > MOST_COLUMNS or members > MOST_MEMBERS:
        raise ConfigurationError(
            f"{members} networks whose widest layer has {widest} numbers are too much for SQL, which has "
            f"{MOST_COLUMNS} columns and {MOST_MEMBERS} networks at most; export to ONNX or C instead"
        )


def _require_names(model: TableModel) -> None:
    """Raise ``ConfigurationError`` for columns that a database cannot tell apart, used or not.

    Names in other letters, small or large, are one, so that a query would read the wrong one of them.
    """
    preprocessor = model.preprocessor
    known = [*(column.name for column in preprocessor.columns), *preprocessor.dropped, preprocessor.target]
    used = {_folded(encoder.column): encoder.column for encoder in preprocessor.encoders}
    twice = next((c for c in known if used.get(_folded(c), c) != c), used.get(ROW))
    if twice is not None:
        other = "the number of a row" if _folded(twice) == ROW else f"the column {used[_folded(twice)]!r}"
        raise ConfigurationError(
            f"the column {twice!r} has the name of {other} in SQL, where small and large letters are one; "
            "give it another name and fit again, or export to ONNX or C instead"
        )


def _folded(column: str) -> str:
    """Return a name as databases compare it: without regard to the case of the letters from A to Z."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in column)


def _link(model: TableModel, z: list[str]) -> list[str]:
    """Return what one network says as expressions of its ``z``: probabilities of classes, or a value."""
    loss, labels = model.population.network.criterion, model.target.labels
    if labels and len(z) == 1:
        return [sigmoid(f"(-{z[0]})"), sigmoid(z[0])]
    if labels:
        return [f"1e+00 / {total([exp(f'({other} - {own})') for other in z])}" for own in z]
    if loss.name == "poisson":
        most = number(LARGEST_Z)
        return [f"exp(CASE WHEN {z[0]} > {most} THEN {most} ELSE {z[0]} END)"]
    if loss.has_link:
        raise ConfigurationError(
            f"the link of the loss {loss.name!r} has no form in SQL; export to ONNX instead"
        )
    return z


def _answers(model: TableModel, tables: QueryTables) -> list[tuple[str, str]]:
    """Write what becomes of the mean; return the columns of the result and what they are called."""
    target, p = model.target, [f"p{k}" for k in range(_outputs(model))]
    if not target.labels:
        value = f"p0 * {number(float(target.sd))} + {number(float(target.mean))}"
        tables.add("answer", "mean", [("called", value)])
        return [("called", f"predicted {target.name}")]
    if model.temperature != 1:
        logs = [
            (q, f"ln(CASE WHEN {q} > {number(SMALLEST)} THEN {q} ELSE {number(SMALLEST)} END)") for q in p
        ]
        tables.add("logs", "mean", logs)
        per = number(1 / float(model.temperature))
        cooled = [f"1e+00 / {total([exp(f'({per} * ({other} - {own}))') for other in p])}" for own in p]
        tables.add("cooled", "logs", list(zip(p, cooled, strict=True)))
    source = "cooled" if model.temperature != 1 else "mean"
    called = _class_of(list(target.labels), model.decision)
    tables.add("answer", source, [*((q, q) for q in p), ("called", called)])
    shown = [(q, f"P({target.name}={label})") for q, label in zip(p, target.labels, strict=True)]
    return [("called", f"predicted {target.name}"), *shown]


def _class_of(labels: list[str], decision: Decision) -> str:
    """Return the first label whose factor times its probability no other exceeds, or which costs least."""
    scores = [f"{number(float(f))} * p{k}" for k, f in enumerate(decision.factors or (1.0,) * len(labels))]
    if decision.costs:
        columns = zip(*decision.costs, strict=True)
        scores = [total([f"{number(-cost)} * p{j}" for j, cost in enumerate(column)]) for column in columns]
    cases = [
        f"WHEN {' AND '.join(f'{own} >= {other}' for other in scores[k + 1 :])} THEN {literal(labels[k])}"
        for k, own in enumerate(scores[:-1])
    ]
    return f"CASE {' '.join(cases)} ELSE {literal(labels[-1])} END"


def _query(model: TableModel, tables: QueryTables, shown: list[tuple[str, str]], table: str) -> str:
    about = comment(
        [
            f"Written by shoal {__version__}. Predicts {model.target.name} for the rows of {table},",
            "whose columns are to hold, NULL where a value is missing:",
            *explained(model.preprocessor),
        ]
    )
    columns = ",\n  ".join(["source.*", *(f"answer.{column} AS {name(told)}" for column, told in shown)])
    listed = ",\n".join(tables.written)
    return (
        f"{about}\nWITH {listed}\nSELECT\n  {columns}\nFROM source JOIN answer ON "
        f"answer.{ROW} = source.{ROW}\nORDER BY source.{ROW};\n"
    )
