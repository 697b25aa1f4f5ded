"""``python -m tests.contract.gradients [LAYER …]``: how far gradients are from central differences.

Prints the tables of docs/layers.md: the largest relative errors of the networks that the tests check.
Ends with 1 if one of them is not below the tests' tolerance.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from shoal.activations import ACTIVATIONS
from shoal.layers import LAYERS, Dense, Layer
from shoal.losses import LOSSES
from shoal.populations.network import Network
from tests.contract import test_sequence_layers as over_time
from tests.contract.test_layer_gradients import SHAPES, TOLERANCE, check_somewhere_smooth, stack
from tests.layers import test_recurrent as recurrent

Row = tuple[str, list[float]]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.contract.gradients", description=__doc__)
    parser.add_argument("layers", nargs="*", metavar="LAYER", help=f"of {', '.join(LAYERS)}; all, and more")
    asked = parser.parse_args(arguments).layers
    unknown = sorted(set(asked) - set(LAYERS))
    if unknown:
        parser.error(f"there is no layer {unknown[0]}; take some of {', '.join(LAYERS)}")
    chosen, worst = asked or list(LAYERS), 0.0
    for title, columns, rows in tables(chosen, stacks=not asked):
        print(f"\n{title}\n\n| {' | '.join(columns)} |\n|---{'|--:' * (len(columns) - 1)}|")
        for name, errors in rows:
            print(f"| {name} | {' | '.join(f'{error:.1e}' for error in errors)} |", flush=True)
            worst = largest([worst, *errors])
    print(f"\nthe largest of all: {worst:.1e}, to be below {TOLERANCE:g}")
    return 0 if worst < TOLERANCE else 1


def tables(chosen: list[str], stacks: bool) -> Iterator[tuple[str, list[str], Iterator[Row]]]:
    """Yield the title, the columns and the rows of each table; ``stacks`` asks for those of no one layer."""
    inputs = [name for name in chosen if name in over_time.OF_CHANNELS]
    cells = [cell for cell in recurrent.CELLS if cell.name in chosen]
    both = ["parameters", "inputs"]
    yield "Every layer, over all activations and losses", ["layer", "parameters"], of_layers(chosen)
    if inputs:
        lengths = ", ".join(map(str, over_time.LENGTHS))
        yield f"Lengths {lengths}, over all activations", ["layer", *both], of_sequences(inputs)
    if cells:
        lengths = ", ".join(map(str, recurrent.LENGTHS))
        yield f"Lengths {lengths}, beside the textbook's loop", ["cell", *both], of_cells(cells)
    if stacks:
        options = ((name, list(over_time.errors_of_gradients(of))) for name, of in over_time.OPTIONS.items())
        yield "Options over time", ["stack", *both], options
        shapes = ((name, [error_of_parameters(*of)]) for name, of in SHAPES.items())
        yield "Shapes of images", ["stack", "parameters"], shapes


def of_layers(chosen: list[str]) -> Iterator[Row]:
    for name in chosen:
        smooth = stack(name, "softplus")
        errors = [error_of_parameters(*stack(name, activation)) for activation in ACTIVATIONS]
        yield named(name), [largest([*errors, *(error_of_parameters(*smooth, loss) for loss in LOSSES)])]


def of_sequences(chosen: list[str]) -> Iterator[Row]:
    for name in chosen:
        pairs = [over_time.errors_of_gradients(over_time.OF_CHANNELS[name](g)) for g in ACTIVATIONS]
        yield named(name), [largest(errors) for errors in zip(*pairs, strict=True)]


def of_cells(cells: Iterable[type[recurrent.Recurrent]]) -> Iterator[Row]:
    for cell in cells:
        for option, settings in recurrent.OPTIONS.items():
            layers = [cell(recurrent.M, return_sequences=each, **settings) for each in (False, True)]
            found = [recurrent.errors_of_gradients(layer) for layer in layers]
            inputs = largest([errors.pop("x") for errors in found])
            yield f"{named(cell.name)}, {option}", [largest([e for of in found for e in of.values()]), inputs]


def error_of_parameters(inputs: tuple[int, ...], hidden: list[Layer], loss: str = "cross_entropy") -> float:
    return check_somewhere_smooth(Network(inputs, [*hidden, Dense(2)], loss)).relative_error


def largest(errors: Iterable[float]) -> float:
    """Return the largest, and infinity for what is no number, which no comparison would find."""
    return max(error if error == error else float("inf") for error in errors)


def named(layer: str) -> str:
    return f"`{LAYERS[layer].__name__}`"


if __name__ == "__main__":
    raise SystemExit(main())
