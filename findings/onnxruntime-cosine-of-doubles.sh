#!/usr/bin/env bash
# ONNX Runtime computed the sine of doubles for years before their cosine, in one and the same opset.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >operators.py <<'PYTHON'
"""Tell which of Sin and Cos this ONNX Runtime has for doubles on the CPU."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

onnxruntime.set_default_logger_severity(4)
known = []
for operator in ("Sin", "Cos"):
    ends = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [3]) for name in "xy"]
    node = helper.make_node(operator, ["x"], ["y"])
    opsets = [helper.make_opsetid("", 15)]
    model = helper.make_model(helper.make_graph([node], "wave", ends[:1], ends[1:]), opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model, full_check=True)  # the standard has double for both
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        (y,) = session.run(None, {"x": np.array([0.0, 0.5, 1.0])})
        np.testing.assert_allclose(y, getattr(np, operator.lower())([0.0, 0.5, 1.0]), rtol=1e-12)
        known.append(operator)
    except Exception as error:
        assert "NOT_IMPLEMENTED" in str(error), error
print(*known)
PYTHON

# seen VERSION: the operators that a version knows
seen() {
    python3 -m venv "$1"
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check "onnxruntime==$1" onnx==1.19.1 numpy==2.2.6
    "$1/bin/python" operators.py
}

before=$(seen 1.28.0) after=$(seen 1.29.0)
echo "a good guess: both or neither, as the standard has double for both since opset 7"
echo "seen: onnxruntime 1.28.0 has $before; 1.29.0 has $after"
test "$before" = "Sin" && test "$after" = "Sin Cos"
