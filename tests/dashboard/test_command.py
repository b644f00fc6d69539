"""The command line's side of the dashboard: mistakes are told before anything is served."""

import socket
import subprocess
import sys

import pytest

from sim.cli import main


@pytest.mark.parametrize(("words", "said"), [
    (["--port", "x"], "0 to 65,535"), (["--port", "99999"], "0 to 65,535"), (["nope"], "no shipped scenario"),
    (["--host", "256.1.1.1"], "cannot listen there")])
def test_mistakes_are_told(words, said, capsys):
    assert main(["dashboard", *words]) == 2
    told = capsys.readouterr().err
    assert said in told and "Traceback" not in told


def test_a_port_that_is_taken_is_told(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["dashboard", "quick", "--port", str(taken.getsockname()[1])]) == 2
    assert "another --port may be free" in capsys.readouterr().err


def test_help_loads_nothing_heavy():
    code = ("import sys\nfrom sim.cli import main\n"
            "try:\n    main(['dashboard', '--help'])\nexcept SystemExit:\n    pass\n"
            "heavy = {'solara', 'numpy', 'mesa', 'matplotlib', 'pandas', 'ipyvuetify'} & set(sys.modules)\n"
            "sys.exit(', '.join(sorted(heavy)) or 0)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "127.0.0.1" in done.stdout and "SCENARIO" in done.stdout
