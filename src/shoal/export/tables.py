"""A model that ``shoal fit`` saved as one ONNX graph: from a table's columns to predictions of its target."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from shoal.data.cells import values
from shoal.data.features.encoders import (
    BooleanEncoder,
    CategoricalEncoder,
    ColumnEncoder,
    DateEncoder,
    NumericEncoder,
)
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import as_frame
from shoal.errors import ConfigurationError
from shoal.export.columns import (
    EXPLANATIONS,
    KINDS,
    add_booleans,
    add_categories,
    add_circles,
    add_measured,
    add_pieces,
    add_waves,
)
from shoal.export.graph import Graph, TensorProto, onnx
from shoal.export.targets import add_prediction, add_target, output_names
from shoal.jobs.model import TableModel

Block: TypeAlias = tuple[str, list[int]]
"""A tensor (N, k) of features, and the number of each among the n features of the network."""


def table_model(model: TableModel) -> onnx.ModelProto:
    """Return the ONNX model of a table's model, preprocessing included.

    One input (N, 1) for each column that is used, under its name: ``double`` for numbers (NaN: missing)
    and for dates (days since 1970-01-01), ``string`` for categories and booleans (empty: missing).
    The first output has the name of the target, as ``identifier`` writes it: of a classification the
    labels (N,), beside ``probabilities`` (N, C), of a regression the values (N, 1).

    Raises ``ConfigurationError`` for a column without a name.
    """
    preprocessor, target = model.preprocessor, model.target
    columns = [encoder.column for encoder in preprocessor.encoders]
    graph = Graph(columns, output_names(target))
    X = add_features(graph, preprocessor)
    mean = add_prediction(graph, model.population, X, classes=bool(target.labels))
    add_target(graph, model, mean)
    return graph.model(f"predicts {target.name!r}", {"target": target.name, "task": target.task})


def feeds(model: TableModel, frame: Any) -> dict[str, npt.NDArray[Any]]:
    """Return what the exported model takes for a table: an array (N, 1) for each of its inputs.

    The table is read as ``model.predict`` reads it, blanks, dashes and texts for missing values included;
    columns that the model does not know are left out.
    """
    table = as_frame(frame)
    model.preprocessor.validate(frame, ignore_extra=True)
    return {
        encoder.column: _as_input(encoder, table[encoder.column]) for encoder in model.preprocessor.encoders
    }


def _as_input(encoder: ColumnEncoder, series: Any) -> npt.NDArray[Any]:
    if isinstance(encoder, NumericEncoder):
        return encoder.read(series)[:, None]
    if isinstance(encoder, DateEncoder):
        return values.days(series, encoder.date_format, encoder.stray_tokens)[:, None]
    return values.text(series).fill_null("").to_numpy().astype(object)[:, None]


def add_features(graph: Graph, preprocessor: TablePreprocessor) -> str:
    """Add the features X (N, n) of the columns, those of a kind together, put into their order at the end."""
    encoders = preprocessor.encoders
    for number, encoder in enumerate(encoders, 1):
        if not encoder.column:
            raise ConfigurationError(
                f"used column {number} has no name, and ONNX needs one; name it and fit again"
            )
        graph.input(encoder.column, KINDS[encoder.name], 1, explanation=EXPLANATIONS[encoder.name])
    widths = [len(encoder.feature_names) for encoder in encoders]
    places = [
        list(range(stop - width, stop))
        for stop, width in zip(itertools.accumulate(widths), widths, strict=True)
    ]
    own = dict(zip([encoder.column for encoder in encoders], places, strict=True))
    blocks = [
        *_measured_blocks(graph, [e for e in encoders if isinstance(e, NumericEncoder | DateEncoder)], own),
        *_boolean_blocks(graph, [e for e in encoders if isinstance(e, BooleanEncoder)], own),
        *(
            (add_categories(graph, e), own[e.column])
            for e in encoders
            if isinstance(e, CategoricalEncoder) and e.feature_names
        ),
    ]
    features = graph.add("Concat", *(name for name, _ in blocks), axis=1)
    order = np.argsort([place for _, taken in blocks for place in taken])
    return features if (np.diff(order) == 1).all() else graph.add("Gather", features, order, axis=1)


def _measured_blocks(
    graph: Graph, encoders: Sequence[NumericEncoder | DateEncoder], own: dict[str, list[int]]
) -> list[Block]:
    if not encoders:
        return []
    scaled, missing = add_measured(graph, encoders)
    blocks = [(scaled, [own[e.column][0] for e in encoders])]
    for k, encoder in enumerate(encoders):
        if isinstance(encoder, DateEncoder) and encoder.circles:
            angles = own[encoder.column][1 : 1 + 2 * len(encoder.circles)]
            blocks.append((add_circles(graph, encoder), angles))
        if isinstance(encoder, NumericEncoder) and encoder.knots:
            blocks.append((add_pieces(graph, encoder), own[encoder.column][1 : len(encoder.knots)]))
        if isinstance(encoder, NumericEncoder) and encoder.waves:
            first = max(len(encoder.knots), 1)
            places = own[encoder.column][first : first + 2 * len(encoder.waves)]
            sines, cosines = add_waves(
                graph, graph.add("Gather", scaled, np.array([k]), axis=1), encoder.waves
            )
            blocks += [(sines, places[::2]), (cosines, places[1::2])]
    return blocks + _indicator_blocks(graph, encoders, missing, own)


def _boolean_blocks(
    graph: Graph, encoders: Sequence[BooleanEncoder], own: dict[str, list[int]]
) -> list[Block]:
    if not encoders:
        return []
    truth, missing = add_booleans(graph, encoders)
    blocks = [(truth, [own[e.column][0] for e in encoders])]
    return blocks + _indicator_blocks(graph, encoders, missing, own)


def _indicator_blocks(
    graph: Graph,
    encoders: Sequence[NumericEncoder | DateEncoder | BooleanEncoder],
    missing: str,
    own: dict[str, list[int]],
) -> list[Block]:
    """Return the features that are 1 where a value is missing, from which are (N, k)."""
    told = [k for k, encoder in enumerate(encoders) if encoder.indicator]
    if not told:
        return []
    columns = graph.add("Gather", missing, np.array(told), axis=1)
    return [(graph.add("Cast", columns, to=TensorProto.DOUBLE), [own[encoders[k].column][-1] for k in told])]
