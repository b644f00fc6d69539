"""Runs on a Dask cluster: the same bits, also when a worker is lost; what cannot work is refused."""

import os
import signal
import threading
import time

import pytest

import sim
from sim.cli import main
from sim.errors import BadInput

pytest.importorskip("distributed", reason="Dask comes with the extra `hpc`")

STUDY = """\
# Does noise matter?
title: Noise
base: quick
changes: {days: 3, burn_in: 12, market.warm_up: 2}
parameters:
  - {path: agents.noise_trader.count, name: noise, values: [5, 40]}
  - {path: clearing.margin.rate, low: 0.1, high: 0.3, steps: 2}
runs: 2
"""
QUIET = '''\
from sim.plugin import FAMILIES

class Quiet(FAMILIES["shock"], type="quiet"):
    """Does nothing, and takes its time."""

    def apply(self, model, day):
        import time
        time.sleep(0.3)

    def effect(self):
        return "Nothing happens, slowly."
'''


@pytest.fixture
def study(tmp_path):
    """A study whose scenario needs a file of the user's own."""
    (tmp_path / "quiet.py").write_text(QUIET)
    (tmp_path / "base.yaml").write_text("extends: quick\nplugins: [quiet.py]\n"
                                        "shocks: [{type: quiet, date: 2026-10-05}]\n")
    path = tmp_path / "noise.yaml"
    path.write_text(STUDY.replace("base: quick", "base: base.yaml"))
    return path


@pytest.mark.filterwarnings("default")  # what Dask and tornado say when a worker goes
def test_a_real_scheduler_gives_the_same_study_though_a_worker_is_lost(study, tmp_path):
    """Two workers on loopback; one is killed while it runs."""
    import distributed

    alone = sim.sweep(study, tmp_path / "alone")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as made:
        lost = next(iter(made.workers.values())).pid

        def kill():
            for _ in range(600):
                time.sleep(0.05)
                if (tmp_path / "out" / "ledger.sqlite").exists() and busy(made):
                    os.kill(lost, signal.SIGKILL)
                    return

        thread = threading.Thread(target=kill)
        thread.start()
        found = sim.sweep(study, tmp_path / "out", cluster=made.scheduler_address)
        thread.join()
    assert found.failed == []
    assert found.digest() == alone.digest()
    with pytest.raises(ProcessLookupError):
        os.kill(lost, 0)


def busy(cluster):
    return any(len(worker.processing) for worker in cluster.scheduler.workers.values())


@pytest.mark.parametrize(("address", "reason"), [
    ("local:0", "an address such as"), ("somewhere", "an address such as"), ("tcp://127.0.0.1:1", "no scheduler"),
])
def test_a_cluster_that_is_not_there_is_refused(address, reason, study, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.experiments.cluster.PATIENCE", 1.0)
    with pytest.raises(BadInput, match=reason):
        sim.sweep(study, tmp_path / "out", cluster=address)
    assert main(["sweep", str(study), "--cluster", address]) == 2
    assert address in capsys.readouterr().err
    assert main(["sweep", str(study), "--cluster", address, "--executor", "serial"]) == 2
