from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from shoal.engines import ENGINES

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

from shoal import _native
from shoal.engines.compiled import StaleModuleError, module
from shoal.engines.compiled.module import VARIABLE, WIRE, misspelt, require_instruction_set, require_wire
from shoal.errors import ConfigurationError

TRAIN = """
import shoal
network = shoal.Network(1, [shoal.Dense(1)])
print(len(shoal.train(network, [0.0, 1.0], [0.0, 1.0], epochs=1, engine={engine!r}).history.epochs))
"""
OLD = """
import sys, types
sys.modules["shoal._native"] = types.ModuleType("_native")
"""
PREDICT = """
import shoal
print(len(shoal.Network(1, [shoal.Dense(1)]).population(1).predict([0.0])))
"""


WAYS = [TRAIN.format(engine="auto"), TRAIN.format(engine="native"), PREDICT]
EACH = """
import os, sys, traceback, shoal
for code in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        try:
            exec(code)
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
    print("next", file=sys.stderr)
"""


def ended(code: str, asked: str) -> tuple[str, str]:
    """Return what a program prints, and the last line of its complaint, where a set is asked for."""
    environment = os.environ | {"SHOAL_INSTRUCTION_SET": asked}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.strip(), done.stderr.strip().rpartition("\n")[2]


def refused(asked: str, before: str = "") -> list[str]:
    """Return the last line of each complaint of programs that only import shoal together."""
    done = subprocess.run(
        [sys.executable, "-c", before + EACH, *WAYS],
        env=os.environ | {"SHOAL_INSTRUCTION_SET": asked},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    *told, after = done.stderr.split("next\n")
    assert (len(told), after) == (len(WAYS), "")
    return [complaint.strip().rpartition("\n")[2] for complaint in told]


@pytest.mark.parametrize("asked", ["x86-64-v9", "X86-64-V2", "avx2"])
def test_an_instruction_set_that_is_not_here_is_refused(asked: str) -> None:
    for told in refused(asked):
        assert told.startswith(
            f"shoal.errors.ConfigurationError: SHOAL_INSTRUCTION_SET={asked} asks for what "
        )
        assert ", ".join(_native.instruction_sets()) in told


def test_the_reference_engine_asks_for_none() -> None:
    assert ended(TRAIN.format(engine="reference"), "x86-64-v9") == ("1", "")


def test_a_module_of_other_sources_is_refused() -> None:
    expected = (
        "shoal.errors.ConfigurationError: the compiled module is older than the package around it "
        f"(wire 0, not {WIRE}); build it again: pip install --force-reinstall shoal, or "
        "pip install --editable . in a source tree; or use engine='reference'"
    )
    assert refused("", OLD) == [expected] * len(WAYS)


def test_the_reference_engine_needs_no_module() -> None:
    assert ended(OLD + TRAIN.format(engine="reference"), "") == ("1", "")


def test_a_newer_module_is_refused_too() -> None:
    require_wire(SimpleNamespace(WIRE=WIRE))
    with pytest.raises(StaleModuleError, match="newer than the package"):
        require_wire(SimpleNamespace(WIRE=WIRE + 1))


@pytest.mark.parametrize("asked", [*_native.instruction_sets(), ""])
def test_one_that_is_here_is_taken(asked: str) -> None:
    assert ended(TRAIN.format(engine="native") + PREDICT, asked) == ("1\n1", "")


@pytest.mark.parametrize("name", ["SHOAL_INSTRUCTIONS_SET", "SHOAL_INSTRUCTIONSET", "shoal_instruction_set"])
def test_a_variable_misspelt_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MISSPELT", misspelt(["HOME", name, "SHOAL_DATA", VARIABLE]))
    with pytest.raises(ConfigurationError, match=f"{name} is no variable of shoal; name it SHOAL_INSTR"):
        require_instruction_set()


def test_a_variable_of_other_tools_is_none_misspelt() -> None:
    assert misspelt(["HOME", "SHOAL_DATA", "ONEDNN_MAX_CPU_INSTRUCTION", VARIABLE]) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SHOAL_INSTRUCTION_SET", "SHOAL_INSTRUCTION_SET=avx2 asks for what "),
        ("SHOAL_INSTRUCTIONSET", "SHOAL_INSTRUCTIONSET is no variable of shoal; "),
    ],
)
def test_the_command_line_says_so_in_one_line(name: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shoal", "check", "--layers", "1,2,1"],
        env=os.environ | {name: "avx2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"shoal: {said}")
    assert done.stderr.count("\n") == 1
