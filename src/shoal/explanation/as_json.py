"""An explanation as JSON: formulas as text and LaTeX, and every number in full."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.explanation.cells import CELLS
from shoal.explanation.symbols import batch_partial, delta_rule, lecture_product, matrix_product
from shoal.formulas.latex import latex
from shoal.formulas.nodes import Expression, L, Partial, dotted
from shoal.formulas.text import text
from shoal.printable import backslashed
from shoal.registry import to_config
from shoal.shapes import Array

if TYPE_CHECKING:
    from shoal.explanation.below import LayerBelow
    from shoal.explanation.explained import Comparison, Explained
    from shoal.explanation.through_time import Walk

FORMAT = 1


def as_json(explanation: Explained, walk: Walk | None = None) -> str:
    """Return formulas and numbers as JSON; what is not finite is null."""
    trace, n = explanation.trace, explanation.sample
    content = {
        "format": FORMAT,
        "network": explanation.network.to_config(),
        "features": list(explanation.feature_names),
        "outputs": list(explanation.output_names),
        "samples": trace.y.shape[1],
        "sample": {"number": n, "name": explanation.sample_name, "loss": numbers(trace.losses[n])},
        "loss": numbers(trace.losses.mean()),
        "layers": [
            {"number": s.number, "activation": s.gate.name, "z": numbers(s.z), "a": numbers(s.a)}
            for s in trace.steps
        ],
        "gradients": [_gradient(explanation, comparison) for comparison in explanation.comparisons],
    }
    if walk is not None:
        content["through_time"] = _through_time(walk)
    if explanation.below:
        content["below"] = [_below(layer) for layer in explanation.below]
    return backslashed(json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)) + "\n"


def _through_time(walk: Walk) -> dict[str, Any]:
    cell = CELLS[walk.layer.name]
    return {
        "layer": to_config(walk.layer),
        "forward": [_formula(tree) for tree in cell.forward],
        "backward": [_formula(tree) for tree in (*cell.backward, *cell.handed)],
        "steps": [
            {
                "step": step.number,
                "state": numbers(step.state),
                "gradient": numbers(step.grad),
                "factor": numbers(step.factor),
            }
            for step in walk.steps
        ],
        "gradients": [
            {
                "parameter": gradient.name,
                "gradient": numbers(gradient.factors),
                "engine": numbers(gradient.engine),
                "relative_error": {
                    "factors": numbers(gradient.engine_error),
                    "central_differences": numbers(gradient.block.relative_error),
                },
            }
            for gradient in walk.gradients
        ],
    }


def _below(below: LayerBelow) -> dict[str, Any]:
    form = below.form
    return {
        "layer": to_config(below.layer),
        "number": below.number,
        "forward": [_formula(tree) for tree in form.forward],
        "backward": [_formula(tree) for tree in form.backward],
        "a": numbers(below.a),
        "gradient": numbers(below.grad),
        "gradients": [
            {
                "parameter": gradient.name,
                "gradient": numbers(gradient.by_layers),
                "engine": numbers(gradient.engine),
                "relative_error": {
                    "layers": numbers(gradient.engine_error),
                    "central_differences": numbers(gradient.block.relative_error),
                },
            }
            for gradient in below.gradients
        ],
    }


def _gradient(explanation: Explained, comparison: Comparison) -> dict[str, Any]:
    derivation, n = comparison.derivation, explanation.sample
    steps, loss = explanation.trace.steps, explanation.network.criterion
    return {
        "parameter": text(derivation.symbol),
        "shape": list(comparison.engine.shape),
        "symbol": _formula(Partial(L, derivation.symbol)),
        "chain": _formula(dotted(*(factor.symbol for factor in derivation.factors))),
        "factors": [
            {
                "symbol": _formula(factor.symbol),
                "formula": _formula(factor.formula),
                "kind": factor.kind.name.lower(),
                "shape": list(factor.batch.shape),
                "sample": numbers(factor.sample(n)),
                "batch": numbers(factor.batch),
            }
            for factor in derivation.factors
        ],
        "product": _formula(lecture_product(derivation, loss, steps)),
        "delta": {
            "formula": _formula(delta_rule(derivation.step, steps, loss)),
            "batch": numbers(derivation.delta),
        },
        "batch": {
            "symbol": _formula(batch_partial(derivation)),
            "formula": _formula(matrix_product(derivation)),
        },
        "sample_gradient": numbers(derivation.sample_gradient(n)),
        "gradient": numbers(derivation.gradient),
        "engine": numbers(comparison.engine),
        "central_differences": numbers(comparison.numerical),
        "relative_error": {
            "factors": numbers(comparison.engine_error),
            "central_differences": numbers(comparison.numerical_error),
        },
    }


def _formula(tree: Expression) -> dict[str, str]:
    return {"text": text(tree), "latex": latex(tree)}


def numbers(values: Array | float) -> Any:
    """Return a number, or some as nested lists; null for what is not finite."""
    array = np.asarray(values).astype(object)
    array[~np.isfinite(np.asarray(values))] = None
    return array.tolist()
