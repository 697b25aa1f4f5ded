"""Models to export, and the runtime that says what became of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnxruntime
import pytest

from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.targets.task import TargetEncoder, infer_task, rows_with_target
from shoal.errors import ShoalWarning
from shoal.export.onnx import to_onnx
from shoal.jobs.model import TableModel
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.selection.candidates.architectures import loss_of

Outputs = dict[str, Any]


@pytest.fixture(scope="session")
def run() -> Callable[[Any, Mapping[str, Any]], Outputs]:
    """Export a model, run it in onnxruntime, and return its outputs by name."""

    def outputs(model: Any, feeds: Mapping[str, Any]) -> Outputs:
        session = onnxruntime.InferenceSession(
            to_onnx(model).SerializeToString(), providers=["CPUExecutionProvider"]
        )
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, dict(feeds)), strict=True))

    return outputs


@pytest.fixture(scope="session")
def trained() -> Callable[..., TableModel]:
    """Train a model of a table, briefly, an ensemble of three unless said otherwise."""

    def build(
        frame: Any, target: str, starts: int = 3, dtype: str = "float32", pieces: int = 0, waves: int = 0
    ) -> TableModel:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ShoalWarning)  # of columns that are not used
            known = rows_with_target(frame, target)
            preprocessor = TablePreprocessor.fit(known, target, pieces=pieces, waves=waves)
        encoder = TargetEncoder.fit(known[target], infer_task(known[target]).task)
        loss, n_outputs = loss_of(len(encoder.labels))
        X, y = preprocessor.transform(known), encoder.encode(known[target])
        network = Network(X.shape[1], [Dense(8, "tanh"), Dense(n_outputs)], loss)
        result = train(
            network,
            X[:2000],
            y[:2000],
            starts=starts,
            epochs=4,
            learning_rate=0.01,
            batch_size=64,
            dtype=dtype,
        )
        assert np.isfinite(result.population.theta).all()
        return TableModel(preprocessor, encoder, result.population)

    return build
