"""Studies on real clusters, some of whose processes end midway: the same networks, or one sentence.

Starting them takes minutes of a processor, so nobody does unless asked to: ``make clusters``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal import ShoalRegressor
from shoal.clusters import silence
from shoal.engines import INSTRUCTION_SETS
from shoal.errors import CapacityError, ShoalWarning
from shoal.selection.running.runner import StudyProgress
from shoal.selection.study import CapacityStudy
from tests.clusters.started import BARE, Dask, RayHead, dask, ray_head, under_mpi
from tests.waiting import HANGS

pytestmark = pytest.mark.skipif(
    not os.environ.get("SHOAL_CLUSTERS"), reason="starting clusters takes minutes; make clusters does it"
)
needs_mpi = pytest.mark.skipif(shutil.which("mpiexec") is None, reason="mpiexec is not installed")
RNG = np.random.default_rng(3)
X = RNG.uniform(size=200)
Y = np.sin(2 * np.pi * X) + 0.3 * RNG.normal(size=200)
FIT = ("fit", "builtin:iris", "--target", "species", "--hidden", "4", "--starts", "2", "--epochs", "20")


def study(**options: Any) -> CapacityStudy:
    """A study of 80 networks in 30 cohorts, of which the chosen one is trained again."""
    return CapacityStudy(range(1, 6), 4, [0.0, 0.01], epochs=60, memory=60_000, folds=2, **options)


@pytest.fixture(scope="module")
def at_home() -> CapacityStudy:
    return study(n_jobs=1).fit(X, Y)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Dask]:
    pytest.importorskip("distributed")
    with dask(tmp_path, workers=2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    module = pytest.importorskip("ray")
    module.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield module
    module.shutdown()


@pytest.fixture
def head() -> Iterator[RayHead]:
    """A Ray cluster behind its client server, to which no process is connected yet."""
    module = pytest.importorskip("ray")
    pytest.importorskip("grpc", reason="Ray's client needs grpcio")
    module.shutdown()
    with ray_head() as head:
        if not head.listens:
            pytest.skip("ray start --head opens no client server here")
        yield head


def assert_same(a: CapacityStudy, b: CapacityStudy) -> None:
    """Hold two studies to the same trials, each of them once, the same choice and the same bits."""
    for name, column in a.table.to_dict().items():
        assert name == "seconds" or column == b.table.to_dict()[name]
    assert a.choice == b.choice
    np.testing.assert_array_equal(a.best.theta, b.best.theta)


def kill_after(networks: int, kill: Callable[[], None]) -> Callable[[StudyProgress], None]:
    """Give a callback that kills once, as soon as so many networks are trained."""
    left = [kill]

    def look(progress: StudyProgress) -> None:
        if progress.done > networks and left:
            left.pop()()

    return look


def killed(*processes: subprocess.Popen[bytes]) -> Callable[[], None]:
    def kill() -> None:
        for process in processes:
            process.kill()
            process.wait()

    return kill


def shoal(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "shoal", *arguments], check=True, timeout=HANGS, capture_output=True
    )


def test_a_dask_worker_that_is_killed_costs_nothing_but_time(cluster: Dask, at_home: CapacityStudy) -> None:
    kill = kill_after(10, killed(cluster.workers[0]))
    assert_same(study(on=cluster.address, progress=kill).fit(X, Y), at_home)


def test_a_killed_scheduler_of_dask_s_is_told_and_the_study_goes_on_at_home(
    cluster: Dask, at_home: CapacityStudy, tmp_path: Path
) -> None:
    kill = kill_after(10, killed(cluster.scheduler))
    with pytest.raises(CapacityError, match=r"is gone: its scheduler does not answer; .* resume=True"):
        study(on=cluster.address, progress=kill, store=tmp_path / "store").fit(X, Y)
    told: list[StudyProgress] = []
    again = study(n_jobs=1, store=tmp_path / "store", progress=told.append).fit(X, Y, resume=True)
    assert_same(again, at_home)
    assert told[0].done > 10


def test_without_workers_a_study_on_dask_ends_some_time(
    cluster: Dask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "TOLD_SECONDS", 0.0)
    monkeypatch.setattr(silence, "LIMIT_SECONDS", 1.0)
    kill = kill_after(10, killed(*cluster.workers))
    with (
        pytest.warns(ShoalWarning, match="has no worker; waiting for one, 1 s at most"),
        pytest.raises(CapacityError, match="has had no worker for"),
    ):
        study(on=cluster.address, progress=kill).fit(X, Y)


def test_without_workers_a_study_that_has_to_end_waits_no_longer(
    cluster: Dask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "TOLD_SECONDS", 10 * HANGS)
    monkeypatch.setattr(silence, "LIMIT_SECONDS", 10 * HANGS)
    kill = kill_after(-1, killed(*cluster.workers))
    with pytest.raises(CapacityError, match="has had no worker for"):
        study(on=cluster.address, progress=kill, seconds=3.0).fit(X, Y)


def test_a_worker_without_shoal_is_named(cluster: Dask) -> None:
    cluster.start(before=BARE)
    with pytest.raises(CapacityError, match=r"1 of 3 workers of the Dask cluster at .* has no shoal"):
        study(on=cluster.address).fit(X, Y)
    with pytest.raises(CapacityError, match=r"1 of 3 workers"):
        ShoalRegressor(on=cluster.address, n_starts=1, max_iter=5).fit(X[:, None], Y)


@pytest.mark.skipif(len(INSTRUCTION_SETS) < 2, reason="this machine has one instruction set")
def test_a_worker_of_another_instruction_set_is_named(cluster: Dask) -> None:
    cluster.start(SHOAL_INSTRUCTION_SET=INSTRUCTION_SETS[-1])
    advice = f"SHOAL_INSTRUCTION_SET={INSTRUCTION_SETS[0]}"
    with pytest.raises(CapacityError, match=f"1 of 3 workers .* would compute other bits .*; set {advice}"):
        study(on=cluster.address).fit(X, Y)


def test_ray_trains_the_same_networks_also_if_a_worker_is_killed(ray: Any, at_home: CapacityStudy) -> None:
    assert_same(study(on="ray").fit(X, Y), at_home)

    @ray.remote  # type: ignore[untyped-decorator]
    def pid() -> int:
        return os.getpid()

    kill = kill_after(10, lambda: os.kill(ray.get(pid.remote()), signal.SIGKILL))
    assert_same(study(on="ray", progress=kill).fit(X, Y), at_home)
    assert ray.is_initialized()


def test_ray_s_client_trains_the_same_networks_also_if_a_worker_is_killed(
    head: RayHead, at_home: CapacityStudy
) -> None:
    assert_same(study(on=head.address).fit(X, Y), at_home)

    def kill() -> None:  # by the connection of the study
        import ray

        @ray.remote  # type: ignore[untyped-decorator]
        def pid() -> int:
            return os.getpid()

        os.kill(ray.get(pid.remote()), signal.SIGKILL)

    assert_same(study(on=head.address, progress=kill_after(10, kill)).fit(X, Y), at_home)


def test_a_head_of_ray_s_that_is_gone_is_told_and_the_study_goes_on_at_home(
    head: RayHead, at_home: CapacityStudy, tmp_path: Path
) -> None:
    with pytest.raises(CapacityError, match=r"is gone: its scheduler does not answer; .* resume=True"):
        study(on=head.address, progress=kill_after(10, head.kill), store=tmp_path).fit(X, Y)
    told: list[StudyProgress] = []
    assert_same(study(n_jobs=1, store=tmp_path, progress=told.append).fit(X, Y, resume=True), at_home)
    assert told[0].done > 10


def test_what_waits_on_ray_when_a_study_is_interrupted_is_not_done(ray: Any, tmp_path: Path) -> None:
    def interrupt(progress: StudyProgress) -> None:
        if progress.done > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="fit with resume=True to go on"):
        study(on="ray", progress=interrupt, store=tmp_path).fit(X, Y)


@needs_mpi
def test_the_other_ranks_of_mpi_train_the_same_networks(at_home: CapacityStudy, tmp_path: Path) -> None:
    pytest.importorskip("mpi4py")
    script = tmp_path / "program.py"
    script.write_text(_program("study(on='mpi').fit(X, Y)"))
    done = under_mpi("-m", "mpi4py.futures", str(script))
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "theta.npy"), at_home.best.theta)


@needs_mpi
def test_what_mpi_has_trained_when_a_rank_is_killed_is_kept(at_home: CapacityStudy, tmp_path: Path) -> None:
    pytest.importorskip("mpi4py")
    script = tmp_path / "program.py"
    script.write_text(_program("kill_a_rank(study)"))
    assert under_mpi("-m", "mpi4py.futures", str(script)).returncode != 0
    told: list[StudyProgress] = []
    again = study(n_jobs=1, store=tmp_path / "store", progress=told.append).fit(X, Y, resume=True)
    assert_same(again, at_home)
    assert told[0].done > 10


def _program(call: str) -> str:
    """A program for rank 0: the study of these tests, which other ranks train."""
    return textwrap.dedent(f"""
        import os
        from pathlib import Path
        import numpy as np
        from mpi4py.futures import MPIPoolExecutor
        from tests.clusters.test_every_cluster import X, Y, study

        HERE = Path(__file__).parent

        def kill_a_rank(study):
            with MPIPoolExecutor() as pool:
                pid = pool.submit(os.getpid).result()
            def look(progress):
                if progress.done > 10:
                    os.kill(pid, 9)
            return study(on="mpi", progress=look, store=HERE / "store").fit(X, Y)

        if __name__ == "__main__":
            np.save(HERE / "theta.npy", {call}.best.theta)
    """)


@pytest.mark.parametrize("way", ["dask", "ray", "ray://", pytest.param("mpi", marks=needs_mpi)])
def test_the_command_makes_the_same_model_wherever_it_runs(way: str, tmp_path: Path) -> None:
    pytest.importorskip({"dask": "distributed", "ray": "ray", "ray://": "ray", "mpi": "mpi4py"}[way])
    shoal(*FIT, "--out", str(tmp_path / "home"))
    there = (*FIT, "--out", str(tmp_path / "there"))
    if way == "ray://":
        with ray_head() as head:
            shoal(*there, "--on", head.address)
    elif way == "dask":
        with dask(tmp_path, workers=2) as cluster:
            shoal(*there, "--on", cluster.address)
    elif way == "ray":
        shoal(*there, "--on", "ray")
    else:
        done = under_mpi("-m", "shoal", *there, "--on", "mpi")
        assert done.returncode == 0, done.stderr
    same = [(tmp_path / place / "weights.safetensors").read_bytes() for place in ("home", "there")]
    assert same[0] == same[1]


@needs_mpi
def test_an_error_is_told_once_of_all_ranks(tmp_path: Path) -> None:
    pytest.importorskip("mpi4py")
    done = under_mpi("-m", "shoal", "fit", "nothing.csv", "--out", str(tmp_path / "out"), "--on", "mpi")
    assert done.returncode == 2
    assert done.stderr.count("shoal: nothing.csv does not exist") == 1
