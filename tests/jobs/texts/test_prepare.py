from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.jobs.request import FitRequest
from shoal.jobs.texts.features import TextFeatures
from shoal.jobs.texts.prepare import prepare_texts


class Taught(Exception):  # noqa: N818
    """Raised in the place of teaching, which takes seconds, with what views would have been taught by."""


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "t.csv"
    rows = [f"{'good' if row % 2 else 'bad'} {row},{'PQRSTU'[row // 4]},{row % 2}" for row in range(24)]
    path.write_text("\n".join(["review,author,label", *rows]))
    return str(path)


def asked(table: str, **settings: Any) -> FitRequest:
    return FitRequest(table, "label", text="review", jobs=1, **settings)


def test_no_view_is_taught_by_an_author_whom_it_is_asked_about(
    table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taught(column: str, unit: str, schooling: Any, budget: float) -> None:
        raise Taught(schooling)

    monkeypatch.setattr(TextFeatures, "fit", taught)
    with pytest.raises(Taught) as raised:
        prepare_texts(asked(table, group="author"))
    (schooling,) = raised.value.args
    author = ["PQRSTU"[int(text.split()[1]) // 4] for text in schooling.series]
    assert schooling.grouped
    assert 3 <= len(set(author)) < 6  # the test has the others, whole
    assert all(author.count(each) == 4 for each in set(author))
    assert len(schooling.folds) == min(5, len(set(author)))
    for train, held in schooling.folds:
        assert not {author[row] for row in train} & {author[row] for row in held}


def test_authors_are_apart_and_named_by_a_column(table: str, tmp_path: Path) -> None:
    test = tmp_path / "test.csv"
    test.write_text("review,author,label\nfine 1,V,1\nfine 2,Q,1\n")
    with pytest.raises(DataError, match=r"--test .*: it shares 1 group of 'author' with .*t.csv.* 'Q'"):
        prepare_texts(asked(table, group="author", test=str(test)))
    with pytest.raises(DataError, match=r"no column 'autor', which --group names; did you mean 'author'"):
        prepare_texts(asked(table, group="autor"))
    with pytest.raises(ConfigurationError, match="--target and --group both name 'label'; name two columns"):
        prepare_texts(asked(table, group="label"))
