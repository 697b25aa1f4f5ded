"""Which tests this scikit-learn has the parts for."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("sklearn.callback") else ["test_callbacks.py"]  # there are none before 1.9
