from __future__ import annotations

import sys

import numpy as np
import pytest

import shoal
import shoal.lab
from shoal.errors import ConfigurationError, MissingDependencyError


def test_what_is_no_run_is_refused_in_a_sentence() -> None:
    network = shoal.Network(1, [shoal.Dense(1)])
    with pytest.raises(ConfigurationError, match=r"as shoal\.begin returns them, got Network"):
        shoal.lab.widget(network)  # type: ignore[arg-type]


def test_without_anywidget_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "shoal.lab.notebook.live", raising=False)
    run = shoal.begin(shoal.Network(1, [shoal.Dense(1)]), np.arange(4.0), np.arange(4.0), epochs=2)
    with pytest.raises(MissingDependencyError, match=r"needs anywidget.*pip install 'shoal\[notebook\]'"):
        shoal.lab.widget(run)
