"""Every row of the table, by name.

What is not Nielsen's was chosen on the validation part: see docs/mnist.md for what was tried.
"""

from __future__ import annotations

from benchmarks.mnist import nielsen
from benchmarks.mnist.row import Row
from shoal.augmentation import Augmentation
from shoal.layers import Dense, Flatten

ELASTIC = Augmentation(translate=1, scale=0.1, rotate=10, elastic=34)

DENSE = Row(
    "dense-elastic",
    "784-800-800-10, ReLU, elastic deformation",
    (Flatten(), Dense(800, "relu"), Dense(800, "relu"), Dense(10)),
    {
        "solver": "adam",
        "learning_rate": 1e-3,
        "schedule": "cosine",
        "batch_size": 128,
        "epochs": 100,
        "augmentation": ELASTIC,
    },
    published=99.3,
    source="Simard et al. 2003, 800 units",
    target=99.2,
    standardised=True,
)

ROWS = {row.name: row for row in (DENSE, *nielsen.ROWS)}
