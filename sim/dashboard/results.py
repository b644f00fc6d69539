"""What a run shows: step and play, the answer with its figures, the panels; greyed while it belongs to old settings."""

from __future__ import annotations

from typing import Any

from sim.dashboard import wording
from sim.dashboard.controls import Field, Press, Timeline, tag
from sim.dashboard.desk import Desk
from sim.dashboard.frame import Frame
from sim.dashboard.panels import market_panels, people_panels, where_it_lies
from sim.dashboard.session import FULL_SPEED, Pair
from sim.report import words

PACES = (("5", "5 days a second"), ("20", "20 days a second"), ("0", "as fast as it can"))
MONTH, END = 21, 100_000  # business days


def results(desk: Desk) -> Any:
    """Everything that a run shows, greyed while it belongs to other settings."""
    session = desk.session
    frames: tuple[Frame, ...] = session.frames
    if not frames:
        text = "Preparing the market: the physical economy runs for a year before the first day." if session.busy else \
            "Nothing has been run yet."
        return tag("div", run_bar(desk), tag("p", text, cls="waiting", role="status"), where_it_lies(desk))
    at = max(0, desk.at)
    pair = session.shown or desk.pair
    old = desk.stale
    why = "The new market is being prepared." if session.busy else \
        "These results belong to the dials as they were before; run to see the new ones."
    note = tag("p", tag("strong", "Old settings. "), why, cls="old", role="status") if old else None
    said = [tag("section", tag("h2", wording.answer(frames, pair, at), cls="answer"),
                tag("dl", *(key_figure(key) for key in wording.keys(frames, at)), cls="keys"),
                tag("p", "One history shows how, not how often: ", tag("code", command(pair)), " asks twelve of them"
                    + (", without your changes." if pair[0].changes else "."), cls="doubt"))]
    age = "old-settings" if old else "fresh"
    body = [market_panels(desk, frames, at), people_panels(desk, frames)]
    return tag("div", run_bar(desk), note, tag("div", *said, cls=age), where_it_lies(desk), tag("div", *body, cls=age))


def key_figure(key: wording.Key) -> Any:
    """A figure with its yardstick."""
    return tag("div", tag("dt", key.name), tag("dd", tag("b", key.value), tag("span", f" {key.unit}"),
                                               tag("small", key.beside)))


def command(pair: Pair) -> str:
    """The command that answers with uncertainty."""
    own, beside = pair
    if beside is not None and not own.changes and not beside.changes:
        return f"compute-futures compare {own.scenario} {beside.scenario} --runs 12"
    return f"compute-futures run {own.scenario} --runs 12"


def run_bar(desk: Desk) -> Any:
    """Step, play, and the day that is shown."""
    session = desk.session
    bad = bool(desk.problems or desk.beside_problems)
    fresh = not desk.stale and bool(session.frames)
    ended = fresh and all(frame.done for frame in session.frames)
    pace = desk.view.look.get("pace", "20")
    day = session.day if fresh else -1
    speed = float(pace) if pace in dict(PACES) else FULL_SPEED
    buttons = [Press(label="Pause", look="strong", event_press=lambda _: session.pause()) if session.busy else
               Press(label="Play", look="strong", off=bad or ended, event_press=lambda _: desk.run(END, speed))]

    def step(label: str, days: int) -> Any:
        return Press(label=f"Step {label}", off=bad or ended or session.busy,
                     event_press=lambda _: desk.run(day + days))

    buttons += [step("1 day", 1), step("1 month", MONTH)]
    buttons += [Press(label="To the end", off=bad or ended or session.busy, event_press=lambda _: desk.run(END)),
                Press(label="Start again", off=bad or session.busy or not session.frames,
                      event_press=lambda _: desk.run(0, anew=True))]
    state = {"preparing": "preparing …", "running": "running …"}.get(session.state, "at its end" if ended else "paused")
    parts = [tag("div", *buttons, Field(uid="pace", label="Pace of play", kind="choice", value=pace,
                                        options=[list(option) for option in PACES],
                                        event_change=lambda value: desk.see(pace=str(value))),
                 cls="buttons")]
    if session.frames:
        frame = session.frames[0]
        at = max(0, desk.at)
        planned = [frame.scenario.calendar.day_on(shock.date) for shock in frame.scenario.shocks]
        ticks = [100 * number / max(session.day, 1) for number in planned if 0 <= number <= session.day]
        parts.append(Timeline(last=max(session.day, 0), at=at, words=f"{words.day(frame.dates[at])}, day {at + 1:,} of "
                              f"{frame.scenario.days:,}", ticks=ticks,
                              event_move=lambda number: desk.see(day=str(int(number)))))
    return tag("section", tag("h2", "Step and play", cls="unseen"), *parts,
               tag("p", state, cls="state", role="status", id="state"), cls="bar")
