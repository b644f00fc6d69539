"""Whether this machine and installation are ready, and making them so."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from sim.terminal import table

OLDEST = (3, 11)
LEAST_MEMORY, LEAST_DISK = 2.0, 1.0  # GB; judgement: a baseline run takes under 0.7 GB, its results under 0.1


def examine() -> tuple[str, bool]:
    """A table of what matters, and whether all is well."""
    from sim import jit
    from sim.provenance import environment

    found = environment()
    troubles: list[str] = []
    if sys.version_info < OLDEST:
        troubles.append("Python 3.11 or newer is needed")
    missing = [name for name, version in found.items() if version == "not installed"]
    if missing:
        troubles.append(f"not installed: {', '.join(missing)}")
    memory, disk = memory_gb(), shutil.disk_usage(Path.cwd()).free / 1e9
    if memory is not None and memory < LEAST_MEMORY:
        troubles.append(f"less than {LEAST_MEMORY:g} GB of memory")
    if disk < LEAST_DISK:
        troubles.append(f"less than {LEAST_DISK:g} GB free on the disk")
    if not can_write(Path("results")):
        troubles.append("results/ cannot be written here; run elsewhere, or give --out")
    kept = Path(tempfile.gettempdir()) not in jit.CACHE.parents or "COMPUTE_FUTURES_CACHE" in os.environ
    if not compiles():
        troubles.append("numba does not compile; reinstall numba and llvmlite")
    rows = [("compute-futures", found.pop("compute-futures")), ("program hash", found.pop("source")[:12]),
            *found.items(), ("processors", os.cpu_count()),
            ("memory", "unknown" if memory is None else f"{memory:.1f} GB"), ("disk, free", f"{disk:.1f} GB"),
            ("compiled code", f"{jit.CACHE}, {'ready' if jit.is_warm() else 'to be compiled: compute-futures warmup'}"
                              f"{'' if kept else ' (temporary: it is lost)'}"),
            *(("trouble", text) for text in troubles)]
    return table(rows) + ("" if troubles else "\nall is well"), not troubles


def memory_gb() -> float | None:
    """Memory of the machine, or what a container may use of it; None where the system does not say."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, OSError, ValueError):
        return None
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return whole
    return min(whole, int(limit) / 1e9) if limit.isdecimal() else whole


def can_write(folder: Path) -> bool:
    """Whether files can be made in a folder, or the folder itself where it is not there yet."""
    place = folder if folder.exists() else folder.absolute().parent
    try:
        with tempfile.TemporaryFile(dir=place):
            return True
    except OSError:
        return False


def compiles() -> bool:
    """Whether a kernel gives the right answer."""
    import numpy as np

    from sim.jit import lowest_bit

    try:
        return int(lowest_bit(np.uint64(40))) == 3
    except Exception:  # whatever a broken compiler raises
        return False


def warm_up() -> str:
    """Compile every kernel by running two days of a small market; says how long it took."""
    from sim import jit
    from sim.run import run
    from sim.scenario import Scenario

    was_warm, began = jit.is_warm(), time.perf_counter()
    run(Scenario.load("quick", {"days": 2}))
    replay_one_order()
    jit.mark_warm()
    state = "was compiled already" if was_warm else "is compiled"
    return f"everything {state} ({time.perf_counter() - began:.1f} s), in {jit.CACHE}"


def replay_one_order() -> None:
    """Compile the matching engine's replay, which a run does not use."""
    import numpy as np

    from sim.market import replay

    replay(np.array([[0, 0, 100, 1, 0]], np.int64))
