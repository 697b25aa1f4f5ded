#!/usr/bin/env bash
# ONNX Runtime's Sigmoid is right absolutely, not relatively: far below zero it gives 0, in double too, and Softmax does not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check onnxruntime==1.32.0 onnx==1.22.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

TYPES = {np.float32: TensorProto.FLOAT, np.float64: TensorProto.DOUBLE}


def run(operator: str, x: np.ndarray) -> np.ndarray:
    kind = TYPES[x.dtype.type]
    graph = helper.make_graph(
        [helper.make_node(operator, ["x"], ["y"])],
        "one",
        [helper.make_tensor_value_info("x", kind, x.shape)],
        [helper.make_tensor_value_info("y", kind, x.shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]


print("ONNX Runtime", onnxruntime.__version__)
print("a good guess: Sigmoid(z) is e^z / (1 + e^z) to some roundings of its type, as its Softmax of (0, z) is")
wrong, right = [], []
for dtype, z in ((np.float32, -17.544), (np.float32, -30.0), (np.float64, -86.0)):
    true = np.exp(z) / (1 + np.exp(z))
    sigmoid = float(run("Sigmoid", np.array([z], dtype))[0])
    softmax = float(run("Softmax", np.array([[0, z]], dtype))[0, 1])
    print(f"{dtype.__name__}, z = {z}: true {true:.3g}, Sigmoid {sigmoid:.3g}, Softmax {softmax:.3g}")
    wrong.append(abs(sigmoid / true - 1) > 0.01)
    right.append(abs(softmax / true - 1) < 1e-4)
sys.exit(not (all(wrong) and all(right)))
PYTHON
