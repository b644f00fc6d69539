"""How far an experiment is: one line on a terminal that is written over, a line now and then in a log."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

EVERY = 30.0  # seconds between two lines of a log
SURE = 4  # runs after which the time left is told; judgement


class Progress:
    """Tells of runs done on standard error, or nobody if ``shown`` is false.

    total : runs in all; done : those that are over before this begins
    """

    def __init__(self, total: int, done: int = 0, shown: bool = True, stream: TextIO | None = None) -> None:
        self.total, self.done, self.before, self.failed, self.shown = total, done, done, 0, shown
        self.stream = stream or sys.stderr
        self.overwrite = self.stream.isatty()
        self.began, self.said = time.monotonic(), 0.0
        self.first = self.began  # when the first run was over: until then processes start, and that is no pace

    def tell(self, failed: bool = False) -> None:
        """One more run is over."""
        self.done += 1
        self.failed += failed
        now = time.monotonic()
        if self.done - self.before == 1:
            self.first = now
        if self.shown and (now - self.said >= (0.1 if self.overwrite else EVERY)):
            self.said = now
            self.stream.write(f"\r{self.text():<79}" if self.overwrite else f"{self.text()}\n")
            self.stream.flush()

    def text(self) -> str:
        """Runs done, rate, time left, failures."""
        now, here = time.monotonic(), self.done - self.before
        rate = here / max(now - self.began, 1e-9)
        lately = (here - 1) / max(now - self.first, 1e-9)
        more = self.total - self.done
        left = f", {duration(more / lately)} left" if here >= SURE and more else ""
        speed = f", {rate:.2g} a second" if rate >= 1 else f", {rate * 60:.2g} a minute"
        return f"{self.done:,} of {self.total:,} runs{speed if here else ''}{left}" + (
            f", {self.failed:,} failed" if self.failed else "")

    def end(self) -> None:
        """Leave a clean line, or a last one in a log."""
        if self.shown:
            self.stream.write(f"\r{'':<79}\r" if self.overwrite else f"{self.text()}\n")
            self.stream.flush()


def duration(seconds: float) -> str:
    """A time as people say it: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else "under a second"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


class Stop:
    """Whether Ctrl-C was pressed: once, and what runs is finished; twice, and it is left where it is."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        return self.asked

    def ask(self, *signal_and_frame: object) -> None:
        """What Ctrl-C does."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        print("\nfinishing what is running; press Ctrl-C again to stop at once", file=sys.stderr)


@contextmanager
def stop_on_interrupt() -> Iterator[Stop]:
    """Ctrl-C asks instead of breaking in. Elsewhere than in the main thread nothing changes."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, stop.ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
