#!/usr/bin/env bash
# On processors with AVX-512 OpenBLAS's product of a float32 matrix of five columns and a vector reads a register's worth of
# stack that it never wrote. The product is right; but where a signalling NaN lay there, NumPy warns of an invalid value.
set -euo pipefail
grep --quiet avx512bw /proc/cpuinfo || { echo "needs a processor with AVX-512"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
cd "$folder"
OPENBLAS_CORETYPE=SkylakeX OPENBLAS_NUM_THREADS=1 venv/bin/python - <<'PYTHON'
import ctypes
import sys
import warnings

import numpy as np


class Left(ctypes.Structure):
    """What an earlier call leaves on the stack: half a pointer looks like a signalling NaN now and then."""

    _fields_ = [("words", ctypes.c_uint32 * 2**15)]


call = ctypes.CDLL(None).abs
call.argtypes = [Left]
left = Left((ctypes.c_uint32 * 2**15)(*[0x7FA00000] * 2**15))
blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
print("NumPy", np.__version__, "with", blas["name"], blas["version"])
print("a good guess: a product of finite numbers that is finite, and right, is made without a warning")
warned: dict[str, set[int]] = {"float32": set(), "float64": set()}
right = True
for dtype, columns_of in warned.items():
    for columns in range(1, 34):
        for rows in range(1, 28):
            A = np.linspace(-1, 1, rows * columns, dtype=dtype).reshape(rows, columns)
            x = np.linspace(1, 2, columns, dtype=dtype)
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                call(left)
                y = A @ x
            if any("invalid value" in str(each.message) for each in said):
                columns_of.add(columns)
            right &= bool(np.allclose(y, (A.astype(np.float64) * x).sum(axis=1), atol=1e-5))
for dtype, columns_of in warned.items():
    print(f"{dtype}: 'invalid value encountered in matmul' for matrices of", sorted(columns_of) or "no", "columns")
print("every product was right" if right else "some products were wrong")
sys.exit(not (warned == {"float32": {5}, "float64": set()} and right))
PYTHON
