"""The runs of one visitor: built and stepped in a thread of their own, so that the page stays at hand.

At most two runs with the same luck, one beside the other, go on in step. One model in the whole server steps at a
time; visitors take turns by the day.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable

import mesa

from sim.dashboard.fitting import Fitted, Refused, fit
from sim.dashboard.frame import Frame, Watcher
from sim.dashboard.settings import Settings

Pair = tuple[Settings, Settings | None]
MOST_MODELS = 24  # in the whole server
REDRAW = 0.3  # seconds between two looks at a run that goes on
FULL_SPEED = 0.0
TURN = threading.Lock()
_alive: set[int] = set()
log = logging.getLogger("compute-futures.dashboard")


class Run:
    """One model with what has been seen of it."""

    def __init__(self, fitted: Fitted, seed: int) -> None:
        if len(_alive) >= MOST_MODELS:
            raise Refused({"": f"{MOST_MODELS} markets are open on this server already; close one of their pages."})
        _alive.add(id(self))
        self.model = None
        try:
            self.model = fitted.scenario.build(seed)
            self.watcher = Watcher(self.model, fitted.scenario, fitted.notices)
            while self.model.day < -1:  # the market trades before the first day that is shown
                self.watcher.step()
        except BaseException:
            self.close()
            raise
        self.days = fitted.scenario.days

    @property
    def day(self) -> int:
        """The last simulated day, from 0; -1 before the first."""
        return len(self.watcher.days) - 1

    def close(self) -> None:
        """Let the model go: Mesa 3.3.1 keeps every model alive through a table of its own."""
        _alive.discard(id(self))
        mesa.Agent._ids.pop(self.model, None)
        self.model = None
        self.__dict__.pop("watcher", None)


class Session:
    """What one visitor runs. ``changed`` is called, in the worker's thread, whenever there is something new to show.

    state    : "empty", "preparing", "running", "ready" or "failed"
    problems : dial to message, of the settings that were asked for last
    shown    : the settings that ``frames`` belong to, and their frames: one, or two in the order of the settings
    """

    def __init__(self) -> None:
        self.state, self.problems, self.beside_problems, self.error = "empty", {}, {}, ""  # type: ignore[var-annotated]
        self.shown: Pair | None = None
        self.frames: tuple[Frame, ...] = ()
        self.changed: Callable[[], None] = lambda: None
        self._runs: list[Run] = []
        self._built: Pair | None = None
        self._wanted: Pair | None = None
        self._until, self._pace, self._orders = -1, FULL_SPEED, 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop, self._closed = threading.Event(), False

    @property
    def busy(self) -> bool:
        """Whether days are going by, or about to."""
        return self.state in ("preparing", "running")

    @property
    def day(self) -> int:
        """The last day that both runs have reached."""
        return min((frame.last for frame in self.frames), default=-1)

    def play(self, pair: Pair, until: int, pace: float = FULL_SPEED, anew: bool = False) -> None:
        """Go on, from the first day if the settings are new, up to and including a day; pace: days a second, 0 fast."""
        with self._lock:
            if self._closed:
                return
            self._wanted, self._until, self._pace = pair, until, pace
            self._orders += 1
            self._built = None if anew else self._built
            self._stop.clear()
            if self._thread is None or not self._thread.is_alive():
                self.state = "preparing" if pair != self._built else "running"
                self._thread = threading.Thread(target=self._work, name="dashboard", daemon=True)
                self._thread.start()

    def step(self, pair: Pair, days: int) -> None:
        """Some days more; with new settings, the first ones."""
        self.play(pair, (self.day if pair == self._built else -1) + days)

    def pause(self) -> None:
        """Stop after the day that is being simulated."""
        self._stop.set()

    def wait(self, seconds: float = 60.0) -> None:
        """Until there is nothing left to do."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def close(self) -> None:
        """Stop and let the models go."""
        with self._lock:
            self._closed = True
            self._stop.set()
            self.changed = lambda: None
            thread = self._thread
        if thread is None or not thread.is_alive():
            self._drop()

    # --- the worker ----------------------------------------------------------------------------------

    def _work(self) -> None:
        """Do what is wanted, and what is wanted meanwhile."""
        while True:
            order, state = self._orders, "ready"
            try:
                self._go()
            except Refused as refusal:
                state = "failed"
                log.info("refused: %s", refusal)
            except Exception as error:
                log.exception("a run of the dashboard stopped")
                self.error = f"The run stopped: {type(error).__name__}, a defect; the server’s log has the details."
                self._drop()
                state = "failed"
            with self._lock:
                if self._orders == order or self._closed:
                    self.state, self._thread = state, None
                    break
        if self._closed:
            self._drop()
        self.changed()

    def _go(self) -> None:
        """Build and step until nothing is left to do."""
        seen = time.monotonic()
        while not self._closed:
            with self._lock:
                pair, until, pace, stop = self._wanted, self._until, self._pace, self._stop.is_set()
            if pair is not None and pair != self._built:
                self._build(pair)
                seen = 0.0
            late = [run for run in self._runs if run.day < min(until, run.days - 1)]
            if stop or not late:
                break
            self.state = "running"
            began = time.monotonic()
            behind = min(run.day for run in late)
            for run in [run for run in late if run.day == behind]:
                with TURN:
                    run.watcher.step()
            if time.monotonic() - seen > REDRAW:
                self._show()
                seen = time.monotonic()
            self._stop.wait(max(0.001, (1.0 / pace if pace else 0.0) - (time.monotonic() - began)))
        self._show(tell=False)

    def _build(self, pair: Pair) -> None:
        """Models of new settings; the frames of old ones stay until there is something to show."""
        self.state, self.error, self.problems, self.beside_problems = "preparing", "", {}, {}
        self._drop()
        self.changed()
        own, beside = pair
        fitted = self._fit(own, "problems")
        other = self._fit(beside, "beside_problems") if beside is not None else None
        if fitted is None or (beside is not None and other is None):
            self._wanted = None
            raise Refused({**self.problems, **self.beside_problems})
        seed = fitted.scenario.seed
        for one in (fitted, other):
            if one is not None:
                with TURN:
                    self._runs.append(self._run(one, seed))
        self._built = pair

    def _run(self, fitted: Fitted, seed: int) -> Run:
        try:
            return Run(fitted, seed)
        except Refused as refusal:
            self.problems = refusal.problems
            raise

    def _fit(self, settings: Settings, name: str) -> Fitted | None:
        try:
            return fit(settings)
        except Refused as refusal:
            setattr(self, name, refusal.problems)
            return None

    def _show(self, tell: bool = True) -> None:
        if self._runs and all(run.day >= 0 for run in self._runs):
            with TURN:
                frames = tuple(run.watcher.frame() for run in self._runs)
            self.frames, self.shown = frames, self._built
            if tell:
                self.changed()

    def _drop(self) -> None:
        for run in self._runs:
            run.close()
        if self._runs:
            self._runs, self._built = [], None
            gc.collect()
