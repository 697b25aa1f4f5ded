"""What holds for every study: it draws what it says, and says the same on every run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.lecture.runner import run_study
from shoal.lecture.studies import STUDIES
from shoal.lecture.study import Study, paragraphs
from shoal.plots import drawing

Computed = Callable[[str], tuple[Study[Any], Any]]
every_study = pytest.mark.parametrize("name", STUDIES)


@every_study
def test_its_words_and_tables_are_whole(name: str, computed: Computed) -> None:
    study, found = computed(name)
    words, tables = paragraphs(study.words(found)), study.tables(found)
    assert all(len(paragraph) > 100 for paragraph in words)
    assert not any(sign in " ".join(words) for sign in ("nan", "inf", "  ", "e-0", "e+"))
    assert "" in tables
    for table in tables.values():
        lines = table.csv().splitlines()
        assert len(lines) == 1 + len(table.rows()) > 1
        numbers = [value for row in table.rows() for value in row if isinstance(value, float)]
        assert np.isfinite(numbers).all() or name == "backprop"  # whose starts end at different times


@every_study
def test_the_same_seed_gives_the_same_files_with_a_figure_that_fits_its_size(
    name: str, small: Callable[[str], Study[Any]], computed: Computed
) -> None:
    study, found = computed(name)
    again = run_study(small(name))
    assert [table.csv() for table in again.tables.values()] == [
        table.csv() for table in study.tables(found).values()
    ]
    with drawing.sheet(*study.size) as figure:
        study.draw(figure, found)
        assert drawing.svg(figure, study.name, study.title) == again.svg
        for axes in figure.axes:
            box = axes.get_tightbbox()
            assert box is not None
            assert -1 <= box.x0 < box.x1 <= study.size[0] + 1, axes.get_title(loc="left")
            assert -1 <= box.y0 < box.y1 <= study.size[1] + 1, axes.get_title(loc="left")
            assert axes.get_title(loc="left")
