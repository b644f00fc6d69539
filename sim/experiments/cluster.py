"""Runs on a cluster: Dask hands them to workers on this machine or on many, and hands a lost worker's runs to others.

The program on every worker must be this one, to the byte of its source, or the runs would not be alike; a worker
that has another one refuses. The user's own files travel along.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sim import provenance
from sim.errors import bad_input
from sim.experiments.executors import ENDED, Stopping, Task, perform
from sim.one_run import Outcome
from sim.plugin_files import PluginFile, activate_sources

AHEAD = 2  # tasks in hand for each worker, so that none waits; when stopped, these are still finished
PATIENCE = 15.0  # seconds within which a scheduler must answer
ADDRESS = re.compile(r"(tcp|tls|ucx|ws|wss)://[^/\s]+:\d+")


class Cluster:
    """A Dask cluster as an executor: see ``sim.experiments.executors.Runner``.

    Parameters
    ----------
    address : "tcp://host:port" of a scheduler, or "local:4" for four worker processes of this machine
    plugins : the user's own files that scenarios need

    Raises BadInput where Dask is not installed, the address is none, nobody answers there, or no worker is there.
    """

    def __init__(self, address: str, plugins: Sequence[PluginFile] = ()) -> None:
        local = re.fullmatch(r"local:(\d+)", address)
        if not (local and int(local[1]) > 0) and not ADDRESS.fullmatch(address):
            raise bad_input(f"--cluster {address}", "an address such as tcp://10.0.0.1:8786 is expected, or local:4 "
                                                    "for four processes on this machine")
        try:
            import distributed
        except ModuleNotFoundError:
            raise bad_input(f"--cluster {address}", "Dask is needed: pip install 'compute-futures[hpc]'") from None
        self.dask, self.address, self.workers_wanted = distributed, address, int(local[1]) if local else 0
        self.sources = [(plugin, Path(plugin.path).read_bytes()) for plugin in plugins]
        self.cluster: Any = None
        self.client: Any = None

    def __enter__(self) -> Cluster:
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # lost workers are told in outcomes
        try:
            if self.workers_wanted:
                self.cluster = self.dask.LocalCluster(
                    n_workers=self.workers_wanted, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
            self.client = self.dask.Client(self.cluster or self.address, timeout=PATIENCE, set_as_default=False)
        except (OSError, TimeoutError) as error:
            self.__exit__()
            raise bad_input(f"--cluster {self.address}", f"no scheduler answers there ({error})") from None
        try:
            self.client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            self.__exit__()
            raise bad_input(f"--cluster {self.address}", "the scheduler has no workers; start some with "
                                                         f"`dask worker {self.address}`") from None
        self.client.register_plugin(_made_ready(self.dask, self.sources))
        return self

    def __exit__(self, *error: object) -> None:
        for part in (self.client, self.cluster):
            if part is not None:
                with contextlib.suppress(TimeoutError, OSError):
                    part.close()
        self.client = self.cluster = None

    def outcomes(self, tasks: Iterable[Task], stopping: Stopping = lambda: False) -> Iterator[Outcome]:
        """See Runner."""
        source, waiting, more = iter(tasks), dict[Any, Task](), True
        running = self.dask.as_completed(loop=self.client.loop)
        here = provenance.source_hash()
        while True:
            room = AHEAD * max(1, len(self.client.scheduler_info()["workers"]))
            while more and not stopping() and len(waiting) < room:
                task = next(source, None)
                more = task is not None
                if task is not None:
                    future = self.client.submit(perform_alike, task, here, pure=False, retries=0)
                    waiting[future] = task
                    running.add(future)
            if not waiting:
                return
            future = next(running)
            task = waiting.pop(future)
            yield self._outcome(future, task)

    def _outcome(self, future: Any, task: Task) -> Outcome:
        try:
            outcome: Outcome = future.result()
        except self.dask.KilledWorker:
            return Outcome(task.run, task.seed, status="failed", error=ENDED)
        except Exception as error:
            return Outcome(task.run, task.seed, status="failed", error=f"{type(error).__name__}: {error}")
        finally:
            future.release()
        return outcome


def perform_alike(task: Task, source: str) -> Outcome:
    """Do one run, if the program here is the one that the study was begun with."""
    if provenance.source_hash() != source:
        return Outcome(task.run, task.seed, status="failed",
                       error="this worker has another version of the program; install the same one everywhere")
    return perform(task)


def _made_ready(dask: Any, sources: Sequence[tuple[PluginFile, bytes]]) -> Any:
    """What every worker does before its first run, those that join later too."""

    class Ready(dask.WorkerPlugin):
        """Has the user's own files."""

        name = "compute-futures"

        def setup(self, worker: Any) -> None:
            activate_sources(sources)

    return Ready()
