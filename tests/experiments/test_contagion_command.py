"""The command and the figure of contagion, on made-up worlds."""

import json
import math
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sim import cli_contagion
from sim.cli import main
from sim.experiments import contagion_worlds as module
from sim.experiments.contagion import Contagion
from sim.experiments.contagion_figure import draw

DAYS = 30


def worlds(seed, push):
    """Paths of one history: prices fall by a tenth in logs, and by ``push`` more where finance reacts."""
    luck = np.random.default_rng(seed)
    noise = np.cumsum(luck.normal(0, 0.002, DAYS + 1))
    fall = np.linspace(0, 1, DAYS + 1)
    out = {}
    sizes = {"undisturbed": 0.0, "primary": 0.1, "full": 0.1 + push, "without_margin": 0.1 + push / 4}
    for name, size in sizes.items():
        own = {"price": 2.5 * np.exp((1.0 + size) * (noise - noise[0]) - size * fall),  # so histories differ a little
               "spot": 2.0 * np.exp(noise - noise[0] - 0.4 * fall * (name != "undisturbed")),
               "open_interest": np.linspace(100, 90, DAYS + 1)}
        counts = {each: np.full(DAYS + 1, 3.0 if name == "full" else 0.0) for each in (*module.COUNTS, *module.MONEY)}
        out[name] = own | counts
    return out


def found(push, runs=6):
    out = Contagion("made-up", DAYS)
    for run in range(1, runs + 1):
        paths = worlds(run, push)
        out.figures[run] = module.figures_of(paths)
        days = np.datetime64("2027-03-01") + np.arange(DAYS + 1)
        columns = {f"{world}_{name}": values for world, path in paths.items() for name, values in path.items()}
        which = {"run": np.full(DAYS + 1, run), "seed": np.full(DAYS + 1, run), "date": days}
        out.parts.append(pa.table(which | columns))
    return out.sum_up()


@pytest.mark.parametrize("phone", [False, True])
def test_the_figure_says_what_finance_added(phone):
    page = draw(found(0.15), phone=phone)
    assert re.fullmatch(r"The blow by itself puts the future 9\.\d\u00a0% lower; finance takes it up to "
                        r"1[34](\.\d)?\u00a0% lower still", page.words.title)
    assert "Freezing margin alone takes most of it away" in page.words.see
    assert "spot by itself −33 %" in page.words.alt
    future, spot, low = page.fig.axes
    texts = [text.get_text() for text in future.texts]
    assert texts == ["undisturbed", "finance still" if phone else "finance stands still", "as it is"]
    lines = {line.get_ydata()[-1] for line in spot.get_lines() if len(line.get_ydata()) == DAYS + 1}
    assert len(future.get_lines()) == 5 and [*lines] == pytest.approx([100 * math.expm1(-0.4)] * len(lines))
    assert low.get_xlabel() == "what finance adds to the future on 31 March 2027, %"
    page.fig.canvas.draw()


def test_what_cannot_be_told_is_said_so():
    one = draw(found(0.15, runs=1)).words
    assert one.title.endswith("% with finance reacting") and "(" not in one.title
    assert draw(found(0.0)).words.title.endswith("lower; whether finance adds to that cannot be told")
    assert "6 of 6 histories go that way" in " ".join(cli_contagion.table(found(0.0)).split())


@pytest.mark.parametrize("phone", [False, True])
def test_where_there_are_lenders_figure_and_table_are_of_what_they_lose(phone):
    both = found(0.15)
    for run, figures in both.figures.items():
        size = 40.0 if run == 6 else 2.0
        figures |= {"eve_losses": size, "eve_losses_primary": 1.01 + 0.1 * run, "cascades": 100.0 * (run == 6),
                    "eve_losses_undisturbed": 0.5, "eve_losses_without_margin": size, "eve_losses_without_credit": 1.0}
        for mark in ("", "_primary", "_undisturbed", "_without_margin", "_without_credit"):
            figures |= {f"operators_failed{mark}": size, f"bank_failures{mark}": 0.0}
    page = draw(both, phone=phone)
    assert page.words.title.startswith("Lenders lose 8.3 % of their claims, and 1.4 %")  # one history: not beyond doubt
    assert "In 1 of 6 histories" in page.words.see
    names = [label.get_text() for label in page.fig.axes[2].get_yticklabels()]
    assert names == ["as it is", "all frozen", "undisturbed", "credit frozen", "margin frozen"]
    page.fig.canvas.draw()
    text = cli_contagion.table(both)
    assert max(map(len, text.split("\n"))) <= 100
    told = [line.split() for line in text.split("\n") if line.startswith(("  as it is", "  undisturbed,"))]
    assert told[0][3:] == ["8.33", "2", "8.33", "2", "0"]  # mean and median, of losses and of operators
    assert told[1][3:5] == ["0.5", "0.5"]
    assert "1 of 6 histories (16.7 %) cascade" in text
    for figures in both.figures.values():
        figures["eve_losses"] = 4.0 * figures["eve_losses_primary"]
    assert draw(both, phone=phone).words.title == "Reactions of finance multiply lenders' losses 4 times (4 to 4)"


def test_table_and_files(tmp_path):
    both = found(0.15)
    text = cli_contagion.table(both)
    assert max(map(len, text.split("\n"))) <= 100
    assert "Spot by itself stands 33\u00a0% lower on 31 Mar 2027." in text.replace("\n", " ")
    assert "finance takes it up to 1" in text and "frozen alone" in text and "undisturbed" in text
    rows = {line.split(",")[0].strip(): line for line in text.split("\n") if "average of 30 days" in line}
    assert float(rows["Spot"].split()[5].replace("−", "-")) == pytest.approx(100 * math.expm1(-0.4 * 31 / 60), abs=0.1)
    assert set(rows) == {"Future", "Spot"}
    path = cli_contagion.write(both, tmp_path / "new")
    assert path.exists() and (tmp_path / "new" / "contagion.png").stat().st_size > 5000
    lines = (tmp_path / "new" / "contagion.csv").read_text().split("\n")
    assert lines[0].startswith("figure,label,unit,mean,low,high") and len(lines) > 20
    assert len(pd.read_parquet(tmp_path / "new" / "paths.parquet")) == 6 * (DAYS + 1)
    assert len(pd.read_csv(tmp_path / "new" / "histories.csv")) == 6
    kept = json.loads((tmp_path / "new" / "contagion.json").read_text())
    assert kept["figures"]["contagion"]["mean"] == pytest.approx(100 * math.expm1(-0.15), abs=1)
    assert kept["about"]["told_on"]["price"] == {"largest": "2027-03-31", "gap": "2027-03-31", "direction": -1}
    history = pd.read_csv(tmp_path / "new" / "histories.csv")
    again = np.log1p(history[["primary", "contagion", "full"]] / 100).mean()
    assert again["primary"] + again["contagion"] == pytest.approx(again["full"])
    assert kept["figures"]["full"]["mean"] == pytest.approx(100 * math.expm1(again["full"]))


def test_a_published_folder_says_what_was_found_and_how_it_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["compute-futures", "contagion", "made-up", "--out", "a folder", "--runs", "6",
                                     "--resume"])
    both = found(0.15)
    cli_contagion.publish(both, tmp_path / "page")
    text = (tmp_path / "page" / "README.md").read_text()
    assert cli_contagion.table(both) in text and "without them](contagion.png)" in text
    assert "*Undisturbed*: finance stands still and the blow never happens" in text
    assert "compute-futures contagion made-up --runs 6 --out FOLDER --publish" in text
    assert not (tmp_path / "page" / "paths.parquet").exists()


def test_the_command_refuses_what_makes_no_sense(capsys):
    assert main(["contagion", "quick"]) == 2
    assert "no shock" in capsys.readouterr().err
    assert main(["contagion", "shock_ai_winter", "--reactions", "panic"]) == 2
    assert "there is no reaction" in capsys.readouterr().err
    assert main(["contagion", "shock_ai_winter", "--runs", "0"]) == 2
