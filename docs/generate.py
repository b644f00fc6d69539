"""Pages that come from the program itself: commands, Python functions, kinds of parts, notebooks.

They are written into `generated/` when the documents are built, so that they cannot be out of date.
"""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def write_pages(folder: Path) -> None:
    """Write every generated page, and touch none that has not changed."""
    folder.mkdir(exist_ok=True)
    pages = {"commands": commands(), "python": functions(), "figures": figures(), **notebooks(), **from_root(),
             **studies()}
    for path in folder.glob("*.md"):
        if path.stem not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def help_of(*words: str) -> str:
    """What `compute-futures ... --help` prints."""
    done = subprocess.run([sys.executable, "-m", "sim", *words, "--help"], cwd=ROOT, capture_output=True, text=True,
                          check=True, env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"})
    return done.stdout


def commands() -> str:
    """The help of every command."""
    from sim.cli import COMMANDS

    parts = ["# Commands\n\nWhat `compute-futures COMMAND --help` says of each.\n", f"```text\n{help_of()}```\n"]
    for name, function in COMMANDS.items():
        parts.append(f"## {name}\n\n{inspect.getdoc(function)}\n\n```text\n{help_of(name)}```\n")
    return "\n".join(parts)


def entry(name: str, thing: object) -> str:
    """A function or class: its call and its docstring, as they stand in the source."""
    target = thing.__init__ if inspect.isclass(thing) else thing
    call = str(inspect.signature(target)).replace("(self, ", "(").replace("(self)", "()")
    return f"### {name}\n\n```python\n{name.split('.')[-1]}{call}\n```\n\n```text\n{inspect.getdoc(thing)}\n```\n"


def functions() -> str:
    """What a notebook imports."""
    import sim
    from sim.clearing import fund
    from sim.experiments import backtest, stress
    from sim.model import ComputeFutures

    parts = ["# Python\n\nCalls and docstrings as they stand in the source. "
             "Tables are pandas data frames, arrays numpy's.\n", "## Package `sim`\n"]
    parts += [entry(f"sim.{name}", getattr(sim, name)) for name in sim.__all__ if name != "Scenario"]
    parts += ["## The model\n", entry("sim.model.ComputeFutures", ComputeFutures)]
    parts += [entry(f"ComputeFutures.{name}", getattr(ComputeFutures, name))
              for name in ("step", "branch", "freeze", "snapshot", "restore")]
    parts.append("## Experiments and clearing as plain functions\n")
    for module in (backtest, stress, fund):
        for name, thing in vars(module).items():
            if inspect.isfunction(thing) and thing.__module__ == module.__name__ and inspect.getdoc(thing) \
                    and not name.startswith("_"):
                parts.append(entry(f"{module.__name__}.{name}", thing))
    return "\n".join(parts)


def figures() -> str:
    """Every figure that a summary may hold."""
    from sim.plugin import FAMILIES, load_all

    load_all("sim.metrics")
    rows = ["# Figures of the summary\n\nWhat `summary.csv` holds for a run, where it can be computed. "
            "`better` says which way users would want it, where that is clear.\n"]
    for name, metric in sorted(FAMILIES["metric"].types.items()):
        rows += [f"## {name}\n\n{(inspect.getdoc(metric) or '').splitlines()[0]}\n",
                 "| Figure | Meaning | Unit | Better |", "|---|---|---|---|"]
        rows += [f"| `{key}` | {about.label}{'; ' + about.doc if about.doc else ''} | {about.unit} | {about.better} |"
                 for key, about in metric.figures.items()]
        rows.append("")
    return "\n".join(rows)


def notebooks() -> dict[str, str]:
    """Notebooks as pages, with the outputs that `make docs` has kept of them."""
    from outputs import page

    pages = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = page(path).replace("](../docs/", "](../")
        pages[f"notebook_{path.stem}"] = re.sub(r"\]\((?:\./)?(\w+)\.ipynb\)", r"](notebook_\1.md)", text)
    return pages


def from_root() -> dict[str, str]:
    """Pages that live at the top of the repository."""
    include = "```{{include}} ../../{name}\n:relative-docs: docs/\n:relative-images:\n```\n"
    return {"contributing": include.format(name="CONTRIBUTING.md"), "changelog": include.format(name="CHANGELOG.md")}


def studies() -> dict[str, str]:
    """Pages of the published studies, and the list of them."""
    home = ROOT / "results"
    pages = {}
    for path in sorted(home.glob("studies/**/README.md")):
        place = path.parent.relative_to(home).as_posix()
        text = re.sub(r"\]\((?!https?:|#)([^)]+\.png)\)", rf"](../../results/{place}/\1)",
                      path.read_text(encoding="utf-8"))
        other = lambda m, near=path.parent: f"]({study_page((near / m[1]).resolve().relative_to(home).as_posix())}.md)"
        pages[study_page(place)] = re.sub(r"\]\((\.\./[^)]+)/README\.md\)", other, text)
    listed = (home / "README.md").read_text(encoding="utf-8")
    pages["results"] = re.sub(r"\]\((studies/[^)]+)/README\.md\)", lambda m: f"]({study_page(m[1])}.md)", listed)
    return pages


def study_page(place: str) -> str:
    """Name of the page of a study that lies in ``place`` below ``results/``."""
    return "study_" + place.removeprefix("studies/").replace("/", "_")
