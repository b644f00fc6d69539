"""The documents, built once for all tests that look at the pages, in whichever process these run."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@contextlib.contextmanager
def alone(file):
    """One process at a time; where there are no such locks each builds for itself."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with file.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def built(tmp_path_factory, worker_id):
    pytest.importorskip("sphinx", reason="install the extra `docs`")
    pytest.importorskip("myst_parser", reason="install the extra `docs`")
    base = tmp_path_factory.getbasetemp()
    out = (base if worker_id == "master" else base.parent) / "documents"
    out.mkdir(exist_ok=True)
    with alone(out / "lock"):
        said = out / "said.json"
        if not said.exists():
            done = subprocess.run([sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(DOCS),
                                   str(out / "html"), "-d", str(out / "doctrees")], capture_output=True, text=True)
            said.write_text(json.dumps([done.returncode, done.stdout + done.stderr]))
    code, text = json.loads(said.read_text())
    return code, text, out / "html"
