"""ONNX Runtime, which only predicts: scikit-learn's regressor as skl2onnx writes it, in float32."""

from __future__ import annotations

import onnxruntime
from skl2onnx import to_onnx

from benchmarks.peers import Run
from benchmarks.peers.sklearn import fitted
from benchmarks.task import Array, Task


def predict(task: Task, cores: int) -> Run:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores
    model = to_onnx(fitted(task), task.X[:1]).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    [name] = (entry.name for entry in session.get_inputs())

    def run(times: int) -> list[Array]:
        for _ in range(times):
            [predictions] = session.run(None, {name: task.X})
        return [predictions[:, 0]]

    return run
