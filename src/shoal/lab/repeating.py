"""What is on the screen, as lines of Python and as a command: without the lab, by the same bits."""

from __future__ import annotations

import shlex
from typing import Any

from shoal.lab.course import Course
from shoal.lab.design import Design, Knobs
from shoal.lab.material import TEST, VALIDATION

DRAWS = {
    "sine": ("sinusoid", "sinusoid({n}, {seed}, {number}, noise={noise})"),
    "moons": ("moons", "moons({n}, {seed}, {number}, {noise})"),
}
"""Of each set the function that draws it, and how it is called."""
FIRST = {"wide": "Normal(10**0.5)", "unit": "Normal(1.0)", "scaled": "None"}


def python_lines(course: Course, network: int) -> str:
    """Return a program that trains the course to its epoch, and prints the loss of one network.

    Every network of it has the bits of the one on the screen.
    """
    design, begun = course.design, course.begun
    turned = [(at, knobs) for at, knobs in sorted(course.journal.items()) if at <= course.epoch]
    dropout = begun.dropout or any(knobs.dropout for _, knobs in turned)
    lines = [*_head(course, bool(dropout)), "", "", "runs = []", f"for M in {list(design.hidden)}:"]
    lines.append(f"    run = begin(M, {_arguments(begun, bool(dropout))}, {_strengths(design, begun)})")
    before, epoch = begun, 0
    for at, knobs in turned:
        lines += _advance(at - epoch)
        lines += _turn(design, before, knobs, bool(dropout))
        before, epoch = knobs, at
    lines += [*_advance(course.epoch - epoch), "    runs.append(run)", ""]
    place, start = divmod(network, design.starts)
    lines.append("# the network that is picked: its validation loss, and its parameters")
    if course.epoch:
        lines.append(f"print(runs[{place}].history.validation_loss[{start}, {course.epoch - 1}])")
    lines.append(f"print(runs[{place}].population.theta[{start}])")
    return "\n".join(lines) + "\n"


def command_line(course: Course) -> str:
    """Return lines that write the points to tables, and the ``shoal fit`` that chooses among the same sizes.

    Its J is half of that on the screen without the penalty, so λ is too.
    """
    design, knobs, source = course.design, course.knobs, course.material.source
    if source is not None:
        return _fit(course, shlex.join([source[0], "--target", source[1]])) + "\n"
    name, call = DRAWS[design.data]
    plane = design.data == "moons"
    header = "x1,x2,class" if plane else "x,t"
    parts = (("train", knobs.samples, 0), ("validation", VALIDATION, 1), ("test", TEST, 2))
    draws = ", ".join(
        f'"{part}": {call.format(n=n, seed=design.seed, number=number, noise=repr(knobs.noise))}'
        for part, n, number in parts
    )
    return f"""python3 - <<'END'
import numpy as np
from shoal.lecture.data import {name}
for name, (x, t) in {{{draws}}}.items():
    np.savetxt(f"{{name}}.csv", np.column_stack([x, t]), delimiter=",", header="{header}", comments="")
END
{_fit(course, f"train.csv --target {'class' if plane else 't'} --valid validation.csv --test test.csv")}
"""


def _fit(course: Course, table: str) -> str:
    design, knobs = course.design, course.knobs
    sizes = ",".join("x".join([str(hidden)] * design.depth) for hidden in design.hidden)
    l2 = knobs.l2 / 2 if course.material.loss == "mean_squared_error" else knobs.l2
    rate = "" if knobs.learning_rate is None else f" --learning-rate {knobs.learning_rate!r}"
    return (
        f"shoal fit {table} --hidden {sizes} "
        f"--starts {design.starts} --l2 {l2!r} --activation {design.activation} --solver {design.solver}"
        f"{rate} --epochs {max(course.epoch, 1)} --pieces 0 --waves 0 --choose best --out repeated"
    )


def _head(course: Course, dropout: bool) -> list[str]:
    """Return the imports, and the function that begins the training of one size."""
    design, data = course.design, course.material
    if data.source is None:
        name, call = DRAWS[design.data]
        origin, data_lines = f"from shoal.lecture.data import {name}", []
        drawn = "*" + call.format(n="samples", seed=design.seed, number=0, noise="noise")
        judged = call.format(n=VALIDATION, seed=design.seed, number=1, noise="noise")
    else:
        origin = "from shoal.lab.table import own_table"
        path, target = data.source
        data_lines = [f"    data = own_table({path!r}, {target!r})({design.seed}, samples, noise)"]
        drawn, judged = "data.train.X, data.train.y", "(data.validation.X, data.validation.y)"
    chance = " + ([Dropout(dropout)] if dropout else [])" if dropout else ""
    return [
        "import shoal",
        *(["from shoal.initializers import Normal"] if design.initial != "scaled" else []),
        f"from shoal.layers import Dense{', Dropout' if dropout else ''}",
        origin,
        "",
        "",
        f"def begin(M, samples, noise{', dropout' if dropout else ''}, **strengths):",
        f"    first = {FIRST[design.initial]}",
        f'    block = [Dense(M, "{design.activation}", first)]{chance}',
        f"    layers = [*block * {design.depth}, Dense({data.outputs}, initializer=first)]",
        f'    network = shoal.Network({data.train.X.shape[1]}, layers, "{data.loss}")',
        f"    population = network.population({design.starts}, {design.seed}, candidate=M, dtype='float64')",
        *data_lines,
        f"    judged = {judged}",
        "    return shoal.begin(",
        f"        population, {drawn}, validation=judged,",
        f'        solver="{design.solver}", epochs={design.epochs}, **strengths',
        "    )",
    ]


def _arguments(knobs: Knobs, dropout: bool) -> str:
    rate = f", {knobs.dropout!r}" if dropout else ""
    return f"{knobs.samples!r}, {knobs.noise!r}{rate}"


def _strengths(design: Design, knobs: Knobs) -> str:
    known: dict[str, Any] = knobs.strengths(design.solver)
    return ", ".join(f"{name}={value!r}" for name, value in known.items())


def _advance(epochs: int) -> list[str]:
    return [f"    run.advance({epochs})"] if epochs else []


def _turn(design: Design, before: Knobs, knobs: Knobs, dropout: bool) -> list[str]:
    """Return the lines that do what ``Course.turn`` does."""
    strengths = f"    run.set({_strengths(design, knobs)})"
    if _arguments(before, True) == _arguments(knobs, True):
        return [strengths]
    return [
        f"    before, run = run, begin(M, {_arguments(knobs, dropout)})",
        "    run.restore(before.snapshot())",
        strengths,
    ]
