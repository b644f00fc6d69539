"""Notebooks with what they print and draw: run once by `make docs`, kept, and put into the pages.

`python docs/outputs.py` runs every notebook whose text or program has changed since; building the pages runs none, so
that it stays quick, and shows the outputs that are kept for the very text of a notebook.
"""

import base64
import hashlib
import json
import re
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
KEPT = Path(__file__).parent / "generated" / "outputs"
LONGEST = 40  # lines of a printed output that a page shows
SECONDS = 1800  # that one cell may take


def digest(cells: list[dict]) -> str:
    """What a notebook's outputs belong to: the text of its cells."""
    texts = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def run_all(folder: Path = NOTEBOOKS, kept: Path = KEPT) -> None:
    """Run the notebooks of a folder that have changed, or whose program has, and keep what they show."""
    sys.path.insert(0, str(ROOT))
    from sim.provenance import source_hash

    kept.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        own, program = digest(cells), source_hash()
        file = kept / f"{path.stem}.json"
        if file.exists() and (found := json.loads(file.read_text(encoding="utf-8")))["notebook"] == own \
                and found["program"] == program:
            continue
        began = time.monotonic()
        shown = execute(path)
        file.write_text(json.dumps({"notebook": own, "program": program, "outputs": shown}), encoding="utf-8")
        print(f"ran {path.name} in {time.monotonic() - began:.0f} s", flush=True)


def execute(path: Path) -> list[list[dict]]:
    """The outputs of each code cell, in order."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(ROOT)}}
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=where).execute()
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def page(path: Path, kept: Path = KEPT) -> str:
    """A notebook as Markdown, each code cell followed by what it printed and drew, where that is kept."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    file, outputs = kept / f"{path.stem}.json", iter(())
    if file.exists():
        found = json.loads(file.read_text(encoding="utf-8"))
        if found["notebook"] == digest(cells):
            outputs = iter(found["outputs"])
    parts, number = [], 0
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        for output in next(outputs, []):
            number += 1
            parts.append(shown(output, kept / f"{path.stem}-{number}", source))
    return "\n\n".join(part for part in parts if part) + "\n"


def shown(output: dict, stem: Path, source: str) -> str:
    """One output as Markdown; pictures are written beside."""
    data = output.get("data", {})
    if output["output_type"] == "stream":
        return printed("".join(output["text"])) if output["name"] == "stdout" else ""
    if "image/png" in data:
        picture = stem.with_suffix(".png")
        picture.write_bytes(base64.b64decode("".join(data["image/png"])))
        return f"![{described(source)}](outputs/{picture.name})"
    if "text/html" in data and "<table" in (table := "".join(data["text/html"])):
        table = re.sub(r"<style.*?</style>", "", table, flags=re.S)
        table = re.sub(r"<table[^>]*>", '<table class="docutils align-default">', table)
        return f"````{{raw}} html\n{table}\n````"
    return printed("".join(data.get("text/plain", "")))


def printed(text: str) -> str:
    """Printed text as a block, cut where it goes on for pages."""
    lines = text.rstrip("\n").splitlines()
    if len(lines) > LONGEST:
        lines = [*lines[:LONGEST], f"... {len(lines) - LONGEST} more lines"]
    return "~~~{code-block} text\n:class: output\n\n" + "\n".join(lines) + "\n~~~" if lines else ""


def described(source: str) -> str:
    """Alternative text of a picture: the last line of the code that drew it."""
    last = [line.strip() for line in source.splitlines() if line.strip() and not line.strip().startswith("#")][-1]
    return "What the cell above draws: " + re.sub(r"[\[\]`]", "", last)


if __name__ == "__main__":
    run_all()
