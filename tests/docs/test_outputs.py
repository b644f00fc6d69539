"""Pages of notebooks show what their cells print and draw, as long as it belongs to the very text of the notebook."""

import importlib.util
import json
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("outputs_of_notebooks", ROOT / "docs" / "outputs.py")
outputs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(outputs)

CODE = ["print('spoken ' * 2)", "import base64\nfrom IPython.display import Image\n"
        "Image(base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
        "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='))",
        "import pandas as pd\npd.DataFrame({'price': [3.14]})", "for n in range(60):\n    print('line', n)", "x = 1"]


def notebook(folder, codes):
    folder.mkdir(exist_ok=True)
    cells = [nbformat.v4.new_markdown_cell("# A notebook"), *(nbformat.v4.new_code_cell(code) for code in codes)]
    path = folder / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_a_page_shows_what_the_notebook_printed_and_drew(tmp_path, capsys):
    path, kept = notebook(tmp_path / "notebooks", CODE), tmp_path / "kept"
    assert "spoken spoken" not in outputs.page(path, kept)  # building pages runs nothing
    outputs.run_all(path.parent, kept)
    assert "ran small.ipynb" in capsys.readouterr().out
    text = outputs.page(path, kept)
    assert ":class: output\n\nspoken spoken \n~~~" in text and "<table" in text and "3.14" in text
    assert "(outputs/small-2.png)" in text and (kept / "small-2.png").read_bytes().startswith(b"\x89PNG")
    assert "line 39\n... 20 more lines" in text and "line 40" not in text
    outputs.run_all(path.parent, kept)
    assert capsys.readouterr().out == ""  # nothing has changed, so nothing is run
    notebook(path.parent, ["print('other words')", *CODE[1:]])
    assert "spoken spoken \n" not in outputs.page(path, kept)  # what is kept is of another text
    found = json.loads((kept / "small.json").read_text())
    assert set(found) == {"notebook", "program", "outputs"}
