from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.jobs.request import FitRequest
from shoal.jobs.texts.features import TextFeatures
from shoal.jobs.texts.prepare import _Parts, prepare_texts
from shoal.mixtures.views import Fitted
from shoal.shapes import Array


class Taught(Exception):  # noqa: N818
    """Raised in the place of teaching, which takes seconds, with what views would have been taught by."""


@dataclass(frozen=True, eq=False)
class Long(Fitted[Sequence[str]]):
    """A view that knows how long texts are, in the place of those that take seconds."""

    kind = "long"
    held_out: Array

    def predict(self, series: Sequence[str], n_jobs: int | None = None) -> Array:
        p = np.array([1 / (1 + len(text)) for text in series])
        return np.stack([p, 1 - p], axis=1)


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
    def taught(column: str, unit: str, schooling: Any, *_: Any) -> None:
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


def test_texts_weigh_and_later_ones_weigh_views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, kept = tmp_path / "w.csv", {}
    rows = [f"{'good' if row % 2 else 'bad'} {row},{(7 * row) % 40},{row % 3},{row % 2}" for row in range(40)]
    path.write_text("\n".join(["review,day,count,label", *rows]))

    def taught(column: str, unit: str, schooling: Any, *_: Any) -> tuple[TextFeatures, Array]:
        kept["schooling"] = schooling
        told = np.zeros((len(schooling.held), 1))
        views = (Long(np.zeros((0, 2))),)
        return TextFeatures(column, unit, 2, ("long",), (0.5,), views, 1.0), told

    monkeypatch.setattr(TextFeatures, "fit", taught)
    ahead = prepare_texts(asked(str(path), time_order="day"))
    schooling, train, test = kept["schooling"], ahead.texts[0], ahead.texts[2]
    assert schooling.ahead
    assert train.metadata is not None
    assert test.metadata is not None
    days = [int(day) for day in train.metadata["day"]]
    assert min(int(day) for day in test.metadata["day"]) == 32
    assert len(schooling.series) == 32
    assert sorted(days) == list(range(16, 32))  # the earlier half teaches
    assert [text.split()[1] for text in train.texts] == [str(23 * day % 40) for day in days]
    assert ahead.train.attributes.times is not None
    assert ahead.train.attributes.times.tolist() == days
    assert len(ahead.train.X) == len(ahead.train.y) == 16
    assert ahead.n_rows == 40
    weighed = prepare_texts(asked(str(path), weight="count"))
    assert weighed.n_rows == 26  # fourteen count for nothing
    weights = kept["schooling"].targets.weights
    assert weights.mean() == pytest.approx(1)
    assert len(set(weights.round(9))) == 2
    assert weighed.test.weights is not None
    with pytest.raises(ConfigurationError, match="--text and --weight both name 'review'"):
        prepare_texts(asked(str(path), weight="review"))


def test_targets_of_other_tables_are_read_as_those_to_train_on(tmp_path: Path) -> None:
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text("review;price\n" + "".join(f"text {k};{k}.234,5\n" for k in range(1, 10)))
    test.write_text("review;price\na text;1.234\nanother text;2.345\n")  # which tells nothing
    request = FitRequest(str(train), "price", text="review", test=str(test))
    parts, _ = _Parts.read(request)
    assert parts.train.targets is not None
    assert parts.test is not None
    assert parts.test.targets is not None
    assert float(parts.train.targets[0]) == 1234.5
    assert [float(target) for target in parts.test.targets] == [1234, 2345]
