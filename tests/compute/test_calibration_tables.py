"""The shipped calibration tables can be read, and defaults that they cover lie inside their ranges."""

import csv
from pathlib import Path

import pytest

from sim.compute.classes import TRAINING, class_shares
from sim.compute.config import ComputeConfig
from sim.compute.layout import by_region

DATA = Path(__file__).parents[2] / "sim" / "data"


def rows(name):
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("path", sorted(DATA.glob("*.csv")), ids=lambda p: p.name)
def test_every_table_is_rectangular_and_has_its_licence(path):
    with path.open(encoding="utf-8", newline="") as file:
        table = list(csv.reader(file))
    assert len(table) > 1
    assert {len(row) for row in table} == {len(table[0])}
    assert f"`{path.name}`" in (DATA / "README.md").read_text(encoding="utf-8")


def test_parameters_are_unique_and_ordered():
    table = rows("calibration.csv")
    assert len({row["parameter"] for row in table}) == len(table)
    for row in table:
        assert float(row["low"]) <= float(row["mid"]) <= float(row["high"]), row["parameter"]
        assert row["source"].strip()


def training_share(config):
    """Of the world's compute on day 0."""
    where = by_region(config.supply.shares)
    return float((where / where.sum() * class_shares(config)[0, :, TRAINING]).sum())


def test_defaults_lie_inside_the_ranges():
    table = {row["parameter"]: row for row in rows("calibration.csv")}
    c = ComputeConfig()
    for name, value in {
        "installed_base_h100e": c.supply.installed_base / 1e6, "cowos_lead_time": c.supply.lead_time / 5,
        "dc_delay_share": c.supply.late_share, "pue": c.supply.pue, "h100_power_allin": c.chips.power.h100,
        "b200_power_allin": c.chips.power.b200, "gb300_power_allin": c.chips.power.gb300,
        "contract_share_committed": c.prices.committed_share, "elasticity_token_sr": -c.demand.elasticity_slow,
        "algo_efficiency_inference": c.demand.efficiency_growth, "us_share_of_compute": c.supply.shares.us,
        "china_share_of_compute": c.supply.shares.cn, "eu_share_of_compute": c.supply.shares.eu,
        "inference_share_of_compute": 1 - training_share(c),
    }.items():
        assert float(table[name]["low"]) - 1e-9 <= value <= float(table[name]["high"]) + 1e-9, name
