from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.jobs.kinds import KINDS
from shoal.jobs.saved.folder import load_model
from shoal.lab import commands as c
from shoal.lab import saving
from shoal.lab.design import Design
from shoal.lab.finished import FinishedStudy
from shoal.lab.laboratory import Laboratory
from shoal.lab.material import SETS
from shoal.lab.table import own_table
from shoal.lab.views import member


def test_a_saved_page_holds_what_is_shown_and_runs_its_own_script_alone() -> None:
    lab = Laboratory(Design(hidden=(1,), starts=2))
    lab.do(c.Step(epochs=2))
    state = lab.state() | {"title": "</script><script>alert(1)</script><!--"}
    text = saving.page(state, lab.frame()).decode()
    data, script = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
    kept = json.loads(data)
    assert kept["state"] == json.loads(json.dumps(state))
    assert base64.b64decode(kept["frame"]) == lab.frame()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; img-src data:; script-src 'sha256-{digest}'" in text
    assert not re.findall(r"""<[^>]*(src|href)=["'](?!data:)""", text.replace(script, ""))
    assert "<script>alert" not in text


def test_the_onnx_model_is_the_network_that_is_picked() -> None:
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    lab = Laboratory(Design(hidden=(1, 3), starts=2))
    lab.do(c.Pick(network=3))
    lab.do(c.Step(epochs=3))
    session = onnxruntime.InferenceSession(saving.onnx(lab.network()))
    X = np.array([[0.1], [0.7]])
    (mean,) = session.run(["mean"], {"X": X})
    np.testing.assert_allclose(mean, member(lab.sides[0], 3).predict(X).reshape(2, 1), rtol=1e-9)


@pytest.mark.parametrize(("target", "column"), [("amount", "amount"), ("kind", "P(kind=yes)")])
def test_the_folder_of_a_network_of_a_table_predicts(target: str, column: str, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(60, 2)).round(3)
    lines = [f"{a},{b},{3 * a + 5},{'yes' if b > 0 else 'no'}" for a, b in x]
    table = tmp_path / "own.csv"
    table.write_text("\n".join(["a,b,amount,kind", *lines, ""]))
    own = {"table": own_table(str(table), target), **SETS}
    lab = Laboratory(Design(data="table", hidden=(2,), starts=2), sets=own)
    lab.do(c.Step(epochs=5))
    content = saving.folder(lab.model())
    assert content == saving.folder(lab.model())
    zipfile.ZipFile(io.BytesIO(content)).extractall(tmp_path)
    model = load_model(tmp_path / "network")
    told = np.asarray(KINDS["table"].predict(model, str(table), False, None)[column])
    data = lab.sides[0].material
    expected = lab.network().predict(np.concatenate([data.train.X, data.validation.X, data.test.X])).ravel()
    if target == "amount":
        expected = model.target.decode_values(expected)
    np.testing.assert_allclose(np.sort(told), np.sort(expected), rtol=1e-6)


def test_what_has_no_table_has_no_folder() -> None:
    with pytest.raises(ConfigurationError, match="take this one as ONNX"):
        saving.folder(Laboratory(Design(hidden=(1,), starts=2)).model())


def test_of_a_finished_study_the_networks_of_its_model_are_taken(of_classes: Path) -> None:
    study = FinishedStudy(of_classes)
    place = study.members[study.picked][0]
    np.testing.assert_array_equal(study.network().theta[0], study.model_of_folder.population.theta[place])
    with pytest.raises(ConfigurationError, match="is a folder already"):
        study.model()
    study.do(c.Pick(network=next(k for k in range(12) if k not in study.members)))
    with pytest.raises(ConfigurationError, match="chosen networks alone"):
        study.network()
