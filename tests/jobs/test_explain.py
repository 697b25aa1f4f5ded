from __future__ import annotations

from pathlib import Path

import pytest

from shoal.errors import ConfigurationError
from shoal.explanation.explanation import Explanation
from shoal.jobs.explain import FORMATS, explain_subject, formatted, write_explanation
from shoal.jobs.subjects.subject import fresh_subject


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    return explain_subject(fresh_subject((2, 2, 1), "tanh", None, batch=3, seed=0, initializer=None))


def test_a_file_holds_what_the_format_gives(explanation: Explanation, tmp_path: Path) -> None:
    beginnings = {"terminal": "\nThe chain rule", "markdown": "# The", "html": "<!DOCTYPE", "json": "{"}
    assert tuple(beginnings) == FORMATS
    for name, beginning in beginnings.items():
        write_explanation(explanation, name, tmp_path / name)
        written = (tmp_path / name).read_text()
        assert written == formatted(explanation, name)
        assert written.startswith(beginning)
        assert written.endswith("\n")


def test_the_first_row_is_the_sample(explanation: Explanation) -> None:
    assert (explanation.sample, explanation.sample_name) == (0, "sample 1")


def test_a_format_that_is_not_known(explanation: Explanation) -> None:
    with pytest.raises(ConfigurationError, match="--format pdf is not known, expected one of terminal, mark"):
        formatted(explanation, "pdf")
