"""``export_onnx``: a trained model as an ONNX file, which runs wherever an ONNX runtime does."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shoal.errors import ConfigurationError
from shoal.files import require_new, write_new
from shoal.populations.population import Population

if TYPE_CHECKING:
    import onnx

    from shoal.jobs.forecasts.model import ForecastModel
    from shoal.jobs.images.model import ImageModel
    from shoal.jobs.model import TableModel
    from shoal.jobs.sequences.model import SequenceModel
    from shoal.jobs.texts.model import TextModel

# Populations and estimators do without the frame libraries, and a refusal without onnx.


def export_onnx(model: Any, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write ``model`` to ``path`` as ONNX; see ``to_onnx`` for what it can be.

    The file is there whole or not at all. Raises ``OutputError`` if the place cannot be written to, or holds
    a file already and ``overwrite`` is not given, and what ``to_onnx`` raises.
    """
    require_new(path, overwrite)
    write_new(path, to_onnx(model).SerializeToString(), overwrite)


def to_onnx(model: Any) -> onnx.ModelProto:
    """Return the ONNX model (opset 15, ai.onnx.ml 2) of a trained model.

    - a ``Population``: input ``X`` (N, n), outputs ``predictions`` (P, N, K) and ``mean`` (N, K); of
      sequences ``X`` (N, T, C), or whole numbers (N, T) under an ``Embedding``, and ``lengths`` (N,), with N
      and T free;
    - a fitted ``MLPClassifier`` or ``MLPRegressor``, scikit-learn's own too: input ``X`` (N, n), outputs
      ``label`` and ``probabilities`` (N, C), or ``variable`` (N, K);
    - a ``TableModel``, as ``shoal.jobs.saved.folder.load_model`` reads it: one input for each column, an
      output by the name of the target, and ``probabilities`` (N, C) of classes. ``shoal.export.tables.feeds``
      makes the inputs from a table;
    - a ``ForecastModel``, or a fitted ``Forecaster``: the last ``values`` (N, L) of channels, output
      ``forecast`` (N, h). ``shoal.export.forecasts.feeds`` makes the inputs from series;
    - an ``ImageModel`` as its population, with an output ``probabilities`` (N, C) more;
    - a ``SequenceModel``, and a fitted ``SequenceClassifier`` or ``SequenceRegressor``, the whole mixture:
      series ``X`` (N, T, C) with NaN for what is missing, and ``lengths`` (N,), with N and T free; outputs
      as a ``TableModel``'s and an ``MLPClassifier``'s. ``shoal.export.mixtures_series.feeds`` makes the
      inputs from series;
    - a ``TextModel``, and a fitted ``TextClassifier`` or ``TextRegressor``: of texts that are cut, as
      ``shoal.export.texts.feeds`` does it; outputs as those.

    Weights keep their precision and are stored once, however often a network was picked; dropout is gone, and
    an ensemble becomes the mean of its members, at its temperature. Predictions are shoal's to rounding.

    Raises ``MissingDependencyError`` without the package onnx, ``ConfigurationError`` for anything else than
    these, for a column without a name, and for activations, layers and losses that have no ONNX form.

    >>> from shoal.layers import Dense
    >>> from shoal.populations.network import Network
    >>> population = Network(2, [Dense(4, "tanh"), Dense(1)], "log_loss").population(3, seed=0)
    >>> [output.name for output in to_onnx(population).graph.output]
    ['predictions', 'mean']
    """
    if isinstance(model, Population):
        from shoal.export.networks import population_model

        return population_model(model)
    if hasattr(model, "coefs_"):
        from shoal.export.estimators import estimator_model

        return estimator_model(model)
    if hasattr(model, "horizon") and hasattr(model, "mixture_"):
        from shoal.export.forecasts import forecast_model

        return forecast_model(model.mixture_)
    if hasattr(model, "mixture_"):
        return _of_mixed(model)
    graphs: dict[str, Callable[[Any], onnx.ModelProto]] = {
        "table": _of_table,
        "images": _of_images,
        "sequences": _of_sequences,
        "forecasts": _of_forecasts,
        "texts": _of_texts,
    }
    if getattr(model, "kind", None) in graphs:
        return graphs[model.kind](model)
    raise ConfigurationError(
        f"a model of type {type(model).__name__} cannot be exported; give a Population (study.best, "
        "result.population), a fitted estimator, or what load_model reads"
    )


def _of_table(model: TableModel) -> onnx.ModelProto:
    from shoal.export.tables import table_model

    return table_model(model)


def _of_images(model: ImageModel) -> onnx.ModelProto:
    from shoal.export.networks import population_model

    return population_model(model.population, model.temperature if model.target.labels else None)


def _of_sequences(model: SequenceModel) -> onnx.ModelProto:
    from shoal.export.mixtures import sequence_model

    return sequence_model(model)


def _of_texts(model: TextModel) -> onnx.ModelProto:
    from shoal.export.texts import text_model

    return text_model(model)


def _of_mixed(estimator: Any) -> onnx.ModelProto:
    if hasattr(estimator, "preprocessor_"):
        from shoal.export.mixtures import estimator_model as series_model

        return series_model(estimator)
    from shoal.export.texts import estimator_model as texts_model

    return texts_model(estimator)


def _of_forecasts(model: ForecastModel) -> onnx.ModelProto:
    from shoal.export.forecasts import forecast_model

    return forecast_model(model.mixture)
