#!/usr/bin/env bash
# Keras on JAX embeds words that are not in the vocabulary without an error: -1 as the last word, and those beyond it as NaN.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 numpy==2.4.6
cd "$folder"
KERAS_BACKEND=jax KERAS_HOME=$folder venv/bin/python - <<'PYTHON'
import sys

import jax
import keras
import numpy as np

WORDS, DIMENSIONS = 4, 3
layer = keras.layers.Embedding(WORDS, DIMENSIONS)
layer.build()
E = np.asarray(layer.embeddings)


def ends(word: int) -> str:
    """Return what embedding a word ends in: "an error", "NaN", or the number of the row that came."""
    try:
        found = np.asarray(layer(np.array([word])))[0]
    except Exception:
        return "an error"
    if np.isnan(found).all():
        return "NaN"
    [row] = np.flatnonzero((E == found).all(axis=1))
    return f"row {row}"


print("Keras", keras.__version__, "on JAX", jax.__version__)
print("a good guess: a word that is not in the vocabulary is an error, as PyTorch has it, or at least is never one that is")
seen = {word: ends(word) for word in (0, WORDS - 1, -1, -WORDS, WORDS)}
for word, end in seen.items():
    print(f"word {word} of a vocabulary of {WORDS} ends in {end}")
sys.exit(seen != {0: "row 0", WORDS - 1: f"row {WORDS - 1}", -1: f"row {WORDS - 1}", -WORDS: "row 0", WORDS: "NaN"})
PYTHON
