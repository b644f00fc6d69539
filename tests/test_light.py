"""A run starts without what it never asks for, and nothing is missing for those who do ask."""

import subprocess
import sys

RUN = """
import sys
import sim
model = sim.load("quick", {"days": 3, "burn_in": 30, "market.warm_up": 5}).build(seed=1)
model.step()
print(sorted(name for name in ("scipy.spatial", "scipy.linalg", "networkx", "pandas", "tqdm") if name in sys.modules))
"""
ASK = """
import sim.light
import mesa
assert sim.light.mesa is mesa
from mesa.space import MultiGrid
import mesa.discrete_space as discrete, mesa.datacollection, mesa.batchrunner
assert mesa.space.MultiGrid is MultiGrid and mesa.discrete_space is discrete
assert mesa.batch_run is mesa.batchrunner.batch_run and mesa.DataCollector is mesa.datacollection.DataCollector
assert mesa.experimental.devs.ABMSimulator and discrete.Cell
assert all(hasattr(mesa, name) for name in mesa.__all__) and not hasattr(mesa, "no_such_thing")
class Counter(mesa.Model):
    def __init__(self):
        super().__init__(seed=1)
        self.kept = mesa.DataCollector(model_reporters={"steps": "steps"})
    def step(self):
        self.kept.collect(self)
model = Counter()
model.step()
assert model.kept.get_model_vars_dataframe()["steps"].tolist() == [1]
"""
ALGEBRA = """
import sim.light
import numba, numpy as np
@numba.njit
def half(matrix):
    return np.linalg.inv(matrix) @ np.eye(2)
assert (half(2.0 * np.eye(2)) == 0.5 * np.eye(2)).all()
"""
BEFORE = """
import mesa
spaces = mesa.space
import sim.light
assert sim.light.mesa is mesa and mesa.space is spaces
"""


def python(text):
    done = subprocess.run([sys.executable, "-W", "error::DeprecationWarning", "-c", text], capture_output=True,
                          text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_run_starts_without_what_it_does_not_need():
    assert python(RUN) == "[]"


def test_what_was_put_off_is_there_when_asked_for():
    python(ASK)


def test_numbas_linear_algebra_still_finds_scipys():
    python(ALGEBRA)


def test_a_mesa_that_somebody_else_imported_is_taken_as_it_is():
    python(BEFORE)
