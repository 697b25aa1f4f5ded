"""The real tables that scikit-learn ships, with the names of their features and classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.errors import UnknownNameError

PREFIX = "builtin:"

#: Name -> (the loader's name, the target's name).
_TABLES = {
    "breast_cancer": ("load_breast_cancer", "diagnosis"),
    "diabetes": ("load_diabetes", "progression"),
    "digits": ("load_digits", "digit"),
    "iris": ("load_iris", "species"),
    "wine": ("load_wine", "cultivar"),
}


def builtin_table(source: str) -> dict[str, Any]:
    """Return the columns of ``builtin:NAME``, its target last.

    Raises ``UnknownNameError`` for a name that is not one of breast_cancer, diabetes, digits, iris, wine.

    >>> list(builtin_table("builtin:iris"))
    ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)', 'species']
    """
    name = source.removeprefix(PREFIX)
    if name not in _TABLES:
        raise UnknownNameError("builtin table", name, _TABLES)
    from sklearn import datasets  # takes a second to import, and other tables do without

    loader, target = _TABLES[name]
    options = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(datasets, loader)(**options)
    columns = dict(zip(map(str, bunch.feature_names), bunch.data.T, strict=True))
    classes = getattr(bunch, "target_names", None)
    columns[target] = bunch.target if classes is None else np.asarray(classes).astype(str)[bunch.target]
    return columns
