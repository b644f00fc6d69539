"""The documents, built once for all tests that look at the pages."""

import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    pytest.importorskip("sphinx", reason="install the extra `docs`")
    pytest.importorskip("myst_parser", reason="install the extra `docs`")
    out = tmp_path_factory.mktemp("documents")
    done = subprocess.run([sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(DOCS),
                           str(out / "html"), "-d", str(out / "doctrees")], capture_output=True, text=True)
    return done, out / "html"
