"""Every notebook runs from top to bottom, is stored without outputs, and its folded solutions run too."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def with_solutions(notebook):
    """The same notebook with each folded solution as a cell of its own."""
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "markdown":
            cells += [nbformat.v4.new_code_cell(code) for code in re.findall(r"```python\n(.*?)```", cell.source, re.S)]
    notebook.cells = cells
    return notebook


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_and_its_solutions_run(path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = with_solutions(nbformat.read(path, as_version=4))
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}})
    client.execute()
    run = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in run)
    texts = "".join(output.get("text", "") for cell in run for output in cell.outputs)
    assert "Warning" not in texts
