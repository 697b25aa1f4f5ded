from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import onnx
import pytest

from shoal.errors import ConfigurationError, OutputError
from shoal.export.onnx import export_onnx, to_onnx
from shoal.layers import Dense
from shoal.populations.network import Network

POPULATION = Network(2, [Dense(3, "tanh"), Dense(1)]).population(2)


def test_a_file_holds_what_to_onnx_returns(tmp_path: Path) -> None:
    export_onnx(POPULATION, tmp_path / "model.onnx")
    assert onnx.load(tmp_path / "model.onnx") == to_onnx(POPULATION)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


def test_a_place_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        export_onnx(POPULATION, tmp_path / "nowhere" / "model.onnx")


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="a model of type Network cannot be exported; give a Pop"):
        to_onnx(POPULATION.network)


def test_without_onnx_the_remedy_is_said_and_torch_still_served() -> None:
    program = """
import sys
sys.modules["onnx"] = None
from shoal import Dense, Network
from shoal.errors import MissingDependencyError
from shoal.export.onnx import to_onnx
from shoal.export.torch import torch_state
population = Network(2, [Dense(1)]).population(1)
print(*torch_state(population))
try:
    to_onnx(population)
except MissingDependencyError as error:
    print(error)
"""
    out = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert out.splitlines()[0] == "0.weight 0.bias"
    assert out.splitlines()[1].endswith("pip install 'shoal[onnx]'")
