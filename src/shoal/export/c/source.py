"""``export_c``: a trained model as one C99 file, for machines that have a compiler and little else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal._version import __version__
from shoal.activations import exponent_limit
from shoal.errors import ConfigurationError
from shoal.export.c.activations import Precision
from shoal.export.c.decisions import class_of
from shoal.export.c.functions import Functions
from shoal.export.c.networks import written
from shoal.export.c.text import indented, number, told
from shoal.export.names import identifier
from shoal.export.weights import as_population, stored
from shoal.files import require_new, write_new
from shoal.populations.population import Population

if TYPE_CHECKING:
    from shoal.jobs.model import TableModel
    from shoal.shapes import IntArray


def export_c(model: Any, path: str | os.PathLike[str], overwrite: bool = False, int8: bool = False) -> None:
    """Write ``to_c(model)`` to ``path``; its functions are called after the file.

    The file is there whole or not at all. Raises ``OutputError`` if the place cannot be written to, or holds
    a file already and ``overwrite`` is not given, and what ``to_c`` raises.
    """
    require_new(path, overwrite)
    text = to_c(model, identifier(Path(path).stem), int8)
    write_new(path, text.encode(), overwrite)


def to_c(model: Any, name: str = "model", int8: bool = False) -> str:
    """Return a trained model as one C99 file, which includes ``math.h`` and nothing else of anybody's.

    - a ``TableModel``, as ``load_model`` reads it: ``void NAME_predict(const double in[n], double out[K])``
      takes a number for each column (the file's first lines say what it stands for), and gives the
      probability of each class, or the value; ``int NAME_class(const double out[K])`` the class decided for;
    - a ``Population``, or a fitted ``MLPClassifier`` or ``MLPRegressor`` without preprocessing: the same for
      one sample of n features, and the mean of the members' predictions.

    Weights keep their precision. With ``int8`` each is a whole number of 8 bits, and each neuron has a scale:
    a quarter of the bytes, for which the weights are rounded to 1/127 of the largest of their neuron.

    No memory is allocated; what is on the stack is the activations of one network. Predictions are shoal's to
    rounding, with ``int8`` those of the rounded weights.

    Raises ``ConfigurationError`` for anything else than these, and for layers, activations and losses that
    have no form in C.

    >>> from shoal.layers import Dense
    >>> from shoal.populations.network import Network
    >>> population = Network(2, [Dense(4, "tanh"), Dense(1)], "log_loss").population(3, seed=0)
    >>> "void gate_predict(const double in[2], double out[1])" in to_c(population, "gate")
    True
    """
    kind = getattr(model, "kind", None)
    if kind == "table":
        return _of_table(model, name, int8)
    if kind is not None:
        raise ConfigurationError(
            f"a model of {kind} has no form in C, which tables have, and networks over numbers; take ONNX"
        )
    if getattr(model, "preprocessor_", None) is not None:
        raise ConfigurationError(
            f"{type(model).__name__} with preprocessing has no form in C; fit the table with 'shoal fit', "
            "whose models have, or export to ONNX"
        )
    return _of_population(as_population(model), name, int8)


def _of_population(population: Population, name: str, int8: bool) -> str:
    members, picks = stored(population)
    file = _File(name, members, int8)
    network, K = members.network, members.network.n_outputs
    link, function = _link(network.criterion, K, exponent_limit(members.theta.dtype))
    if function:
        file.functions.need(function)
    body = [f"x[{k}] = (real)in[{k}];" for k in range(network.n_inputs)]
    body += file.mean(np.bincount(picks), K, link)
    about = [f"The mean of {population.size} networks; in: the features of one sample."]
    return file.text(about, network.n_inputs, K, network.n_inputs, body)


def _of_table(model: TableModel, name: str, int8: bool) -> str:
    from shoal.export.c.columns import explained, prepare
    from shoal.jobs.model import LARGEST_Z

    members, picks = stored(model.population)
    file = _File(name, members, int8)
    target, network = model.target, members.network
    K = max(len(target.labels), 1)
    pair = bool(target.labels) and network.n_outputs == 1
    link, function = _link(network.criterion, network.n_outputs, LARGEST_Z, pair)
    if function:
        file.functions.need(function)
    body = prepare(model.preprocessor, file.functions)
    body += file.mean(np.bincount(picks), K, link)
    about = [f"Predicts {told(target.name)}. in, a number for each column:"]
    about += [f"  {line}" for line in explained(model.preprocessor)]
    if target.labels:
        if model.temperature != 1:
            body.append(f"{file.functions.need('cool')}({K}, {number(float(model.temperature))}, out);")
        about.append("out, the probability of each class:")
        about += [f"  {k}  {told(str(label))}" for k, label in enumerate(target.labels)]
    else:
        body.append(f"out[0] = out[0] * {number(float(target.sd))} + {number(float(target.mean))};")
        about.append(f"out: {told(target.name)}.")
    columns = len(model.preprocessor.encoders)
    decided = class_of(model.decision, K) if target.labels else []
    return file.text(about, columns, K, network.n_inputs, body, decided)


def _link(loss: Any, n_outputs: int, largest: float, pair: bool = False) -> tuple[str, str | None]:
    """Return the statement that makes predictions ``p`` of ``z``, and the shared function that it calls.

    Rates are e^z of a z of ``largest`` at most; a ``pair`` is the probabilities of no and yes.
    """
    each = f"for (int k = 0; k < {n_outputs}; k++)\n    p[k] = "
    if pair:
        return "p[0] = sigmoid(-(double)z[0]);\np[1] = sigmoid((double)z[0]);", "sigmoid"
    forms: dict[str, tuple[str, str | None]] = {
        "log_loss": (f"{each}sigmoid((double)z[k]);", "sigmoid"),
        "cross_entropy": (f"softmax({n_outputs}, z, p);", "softmax"),
        "poisson": (f"{each}exp(fmin((double)z[k], {number(largest)}));", None),
    }
    if loss.name in forms:
        return forms[loss.name]
    if loss.has_link:
        raise ConfigurationError(
            f"the link of the loss {loss.name!r} has no form in C; export to ONNX instead"
        )
    return f"{each}(double)z[k];", None


class _File:
    """The parts of a file: shared functions, networks, and the one function that calls them."""

    def __init__(self, name: str, members: Population, int8: bool) -> None:
        self.name, self.members, self.int8 = name, members, int8
        self.functions = Functions(Precision(members.theta.dtype))
        self.networks = written(members, self.functions, int8)

    def mean(self, counts: IntArray, K: int, link: str) -> list[str]:
        """Return the statements that put the mean of the networks' predictions into ``out`` (K)."""
        lines = [f"for (int k = 0; k < {K}; k++)", "    out[k] = 0.0;"]
        for p, count in enumerate(counts):
            lines += [f"member_{p}(x, z);", *link.splitlines()]
            lines += [
                f"for (int k = 0; k < {K}; k++)",
                f"    out[k] += {number(count / counts.sum())} * p[k];",
            ]
        return lines

    def text(
        self,
        about: list[str],
        n_in: int,
        n_out: int,
        n_features: int,
        body: list[str],
        decided: Sequence[str] = (),
    ) -> str:
        head = f"void {self.name}_predict(const double in[{n_in}], double out[{n_out}])"
        own = [f"real x[{n_features}], z[{self.members.network.n_outputs}];", f"double p[{n_out}];"]
        predict = f"{head}\n{{\n{indented(own + body)}\n}}"
        heads, functions = [head], [predict]
        if decided:
            heads.append(f"int {self.name}_class(const double out[{n_out}])")
            functions.append(f"{heads[1]}\n{{\n{indented(decided)}\n}}")
        includes = ["#include <math.h>", *(["#include <stdint.h>"] if self.int8 else [])]
        comment = "\n   ".join([f"Written by shoal {__version__}.", *about])
        declared = "\n".join(f"{each};" for each in heads)
        return (
            "\n\n".join(
                [
                    f"/* {comment}\n*/",
                    "\n".join(includes),
                    f"typedef {self.functions.precision.name} real;",
                    "/* To call these from another file, declare them there: */\n" + declared,
                    *self.functions.written.values(),
                    *self.networks,
                    *functions,
                ]
            )
            + "\n"
        )
