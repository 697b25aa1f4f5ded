from __future__ import annotations

from pathlib import Path

import pytest

import shoal.lab
from shoal.errors import ConfigurationError, ModelFolderError
from shoal.lab import commands as c
from shoal.lab.finished import FinishedStudy
from shoal.lab.frames import BlockKind, read
from shoal.lab.notebook.studies import FolderStudy


def test_a_finished_study_is_shown_with_its_choice_and_trains_no_more(by_folds: Path) -> None:
    shown, study = FolderStudy(by_folds), FinishedStudy(by_folds)
    state = shown.state()
    assert state["design"]["starts"] == 3
    assert set(map(type, state["design"]["hidden"])) <= {int, str}
    assert state["sides"][0]["choice"]["network"] == study.chosen == state["picked"]
    assert state["words"][0] == study.state()["study"]["sentence"]
    assert shown.frame() == study.frame()
    assert {block.kind for block in read(shown.frame())} == {
        BlockKind.SCORES,
        BlockKind.LOSSES,
        BlockKind.THETA,
    }
    assert (state["training"], state["material"]["kind"]) == (None, "none")
    shown.do(c.Pick(network=0))
    assert shown.state()["picked"] == 0
    with pytest.raises(ConfigurationError, match="trains no more"):
        shown.do(c.Start())


def test_a_widget_is_made_of_a_folder_and_refuses_another(by_folds: Path, tmp_path: Path) -> None:
    pytest.importorskip("anywidget", reason="needs the extra notebook")
    widget = shoal.lab.widget(str(by_folds))
    widget.pick(1)
    assert widget.state["picked"] == 1
    widget.close()
    with pytest.raises(ModelFolderError, match="no folder that shoal fit wrote"):
        shoal.lab.widget(tmp_path)
