#!/usr/bin/env bash
# ONNX Runtime loads an LSTM or a GRU in double, and refuses it when it is first run; of an RNN it says so when it loads.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check onnxruntime==1.32.0 onnx==1.22.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

onnxruntime.set_default_logger_severity(4)
STEPS, SAMPLES, CHANNELS, UNITS = 4, 2, 3, 5
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def model(operator: str, dtype: str) -> bytes:
    rng, rows = np.random.default_rng(0), GATES[operator] * UNITS
    kind = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}[dtype]
    weights = {"W": rng.normal(size=(1, rows, CHANNELS)), "R": rng.normal(size=(1, rows, UNITS))}
    made = helper.make_model(
        helper.make_graph(
            [helper.make_node(operator, ["X", "W", "R"], ["Y"], hidden_size=UNITS)],
            "cell",
            [helper.make_tensor_value_info("X", kind, [STEPS, SAMPLES, CHANNELS])],
            [helper.make_tensor_value_info("Y", kind, [STEPS, 1, SAMPLES, UNITS])],
            [numpy_helper.from_array(array.astype(dtype), name) for name, array in weights.items()],
        ),
        opset_imports=[helper.make_opsetid("", 15)],
        ir_version=8,
    )
    onnx.checker.check_model(made, full_check=True)  # the standard has double for all three
    return made.SerializeToString()


def ends_at(operator: str, dtype: str) -> str:
    """Return how far a model comes: "loading", "running", or "the end"."""
    try:
        session = onnxruntime.InferenceSession(model(operator, dtype), providers=["CPUExecutionProvider"])
    except Exception:
        return "loading"
    try:
        session.run(None, {"X": np.ones((STEPS, SAMPLES, CHANNELS), dtype)})
    except Exception as error:
        return "running" if "double" in str(error) else f"running: {error}"
    return "the end"


print("ONNX Runtime", onnxruntime.__version__)
print("a good guess: what a session loads it can run, and the three recurrent nodes take the same types")
seen = {(operator, dtype): ends_at(operator, dtype) for operator in GATES for dtype in ("float32", "float64")}
for (operator, dtype), end in seen.items():
    print(f"{operator} in {dtype} comes to {end}")
expected = {("RNN", "float64"): "loading", ("GRU", "float64"): "running", ("LSTM", "float64"): "running"}
sys.exit(seen != {(operator, "float32"): "the end" for operator in GATES} | expected)
PYTHON
