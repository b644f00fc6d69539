"""Results to draw: a real short run, and made-up tables of two rough years that hold everything a figure can show."""

import numpy as np
import pandas as pd
import pytest

from sim import tables
from sim.results import Results
from sim.run import run
from sim.scenario import Scenario
from sim.summary import Frames, Summary, figures_of, metrics_of

SECTORS = {"ai_lab": "users", "data_centre": "suppliers", "fundamental_speculator": "speculators",
           "market_maker": "liquidity", "noise_trader": "passive", "bank": "credit",
           "leveraged_fund": "speculators"}
DAYS = 504


@pytest.fixture(scope="session")
def short():
    return run(Scenario.load("quick", {"days": 25, "burn_in": 10, "market.warm_up": 3}))


def made_up_run(seed, calm=False):
    """The tables of one made-up run, by name."""
    g = np.random.default_rng(seed)
    dates = pd.bdate_range("2026-10-05", periods=DAYS)
    day = np.arange(DAYS)
    spot = 2.7 * np.exp(np.cumsum(g.normal(0, 0.03, DAYS)))
    index = 2.7 * np.exp(np.cumsum(np.where(g.random(DAYS) < 0.6, 0, g.normal(0, 0.012, DAYS))))
    forced = np.zeros(DAYS) if calm else np.where(np.abs(day - 300) < 4, g.integers(0, 900, DAYS), 0)
    daily = {"day": day, "date": dates.to_numpy().astype("M8[D]"), "spot_us": spot, "spot_cn": spot * 0.9,
             "index_assessed": index, "index_transaction": spot * np.exp(g.normal(0, 0.01, DAYS)),
             "list_median": index * 1.2, "utilisation": np.full(DAYS, 0.95), "rationed_share": np.full(DAYS, 0.01),
             "orders_placed": 1e6 * (2 + np.sin(day / 90)), "capacity_h100e": 4e7 * np.exp(day / 400),
             "list_dispersion": np.full(DAYS, 0.45), "list_ratio": np.full(DAYS, 2.5),
             "token_price": np.exp(-day / 150.0), "rationed_small": np.full(DAYS, 0.02),
             "open_interest": 1e5 + 50.0 * day,
             "volume": g.integers(2000, 9000, DAYS).astype(float), "initial_margin": np.full(DAYS, 1.5e10),
             "variation_margin_cents": g.integers(0, 10**9, DAYS), "forced_volume": forced,
             "margin_calls": (forced > 0).astype(float), "margin_call_cents": (forced * 1e5).astype(np.int64),
             "forced_events": (forced > 0).astype(float), "defaults": np.where(day == 301, 0.0 if calm else 2.0, 0.0),
             "house_loss_cents": np.where(day == 301, 0 if calm else 10**8, 0),
             "participants_open": np.full(DAYS, 800.0)}
    daily |= lenders(day, calm) | members(forced) | asked(g)
    for name in ("users", "suppliers", "speculators", "liquidity"):
        daily[f"gain_{name}_cents"] = np.cumsum(g.normal(0, 1e8, DAYS)).astype(np.int64)
    contracts = made_up_contracts(dates, index)
    events, causes = made_up_events(g, calm)
    return {"daily": daily, "contracts": contracts, "events": events, "causes": causes,
            "generations": made_up_generations(dates), "agents": made_up_agents(g, dates),
            "deliveries": made_up_deliveries(g, dates)}


def lenders(day, calm):
    """Loans that grow until operators fail around day 300; nobody fails in calm."""
    bad = np.zeros(DAYS) if calm else np.clip(day - 300.0, 0, 20) / 20
    lost = (bad * 3e11).astype(np.int64)
    return {"loans_cents": (1e12 * np.exp(day / 400) * (1 - 0.6 * bad)).astype(np.int64), "loan_defaults": 9 * bad // 1,
            "operators_halted": 12 * bad, "resale_index": 0.8 - 0.6 * bad, "loans_lost_cents": lost,
            "bank_equity_cents": (5e11 * (1 - 0.7 * bad)).astype(np.int64), "bank_failures": 2 * bad // 1,
            "repo_haircut": 0.08 + 0.5 * bad, "downgrades": 4 * bad // 1, "tranche_losses_senior_cents": lost // 9,
            "tranche_losses_mezzanine_cents": lost // 5, "tranche_losses_equity_cents": lost // 3,
            "eve_claims_cents": np.full(DAYS, 10**12), "eve_losses_cents": lost}


def members(forced):
    """A fund, and what it and others paid on days with forced sales."""
    paid = (forced * 1e6).astype(np.int64)
    return {"member_defaults": (forced > 700).astype(float), "guaranteed_cents": paid, "layer_margin_cents": 5 * paid,
            "layer_house_capital_cents": paid // 2, "layer_default_fund_cents": paid // 3, "unpaid_cents": paid // 9,
            "layer_assessments_cents": paid // 4, "assessment_cents": paid // 4, "gains_haircut_cents": 0 * paid,
            "fund_cents": np.full(DAYS, 9 * 10**9), "fund_stress_cents": np.full(DAYS, 7 * 10**9) + 10 * paid,
            "client_advance_cents": paid, "limit_breaches": (forced > 0).astype(float)}


def asked(g):
    """What classes of users asked for and were refused, and the spot price of an H100."""
    out = {"spot_h100_us": 2.5 * np.exp(np.cumsum(g.normal(0, 0.02, DAYS)))}
    for number, name in enumerate(("training", "large", "small", "research")):
        out |= {f"demand_{name}": np.full(DAYS, 1e6), f"rationed_{name}": np.full(DAYS, 0.005 * (number + 1))}
    return out


def made_up_agents(g, dates):
    """Five funds that hold more when they see less risk, and a bank without a target, at each month's end."""
    month = dates.to_period("M")
    ends = [day for day in range(DAYS) if day + 1 == DAYS or month[day + 1] != month[day]]
    day, who = np.repeat(ends, 6), np.tile(np.arange(6), len(ends))
    risk = 0.2 + 0.1 * np.sin(day / 60) + 0.01 * g.random(len(day))
    fund, size = who < 5, len(day)
    return {"day": day, "month": np.array([str(month[d]) for d in day], object), "agent": who,
            "agent_type": np.where(fund, "leveraged_fund", "bank").astype(object),
            "margin_cents": np.full(size, 10**7), "equity_cents": np.full(size, 10**9), "alive": np.ones(size, bool),
            "need_contracts": np.zeros(size, np.int64), "long_contracts": np.full(size, 10),
            "short_contracts": np.zeros(size, np.int64), "leverage": np.where(fund, 0.5 / risk, np.nan),
            "perceived_risk": np.where(fund, risk, np.nan)}


def made_up_deliveries(g, dates):
    """What hedgers gained on each month."""
    months = sorted({str(month) for month in dates.to_period("M")})
    size = len(months)
    out = {"day": np.arange(size), "contract": np.array(months, object)}
    for side in ("long", "short"):
        out |= {f"gain_cents_{side}": g.normal(0, 1e7, size), f"funding_cents_{side}": np.full(size, 1e5),
                f"need_{side}": np.full(size, 1000.0)}
    return out


def made_up_generations(dates):
    """Three generations in two regions at each month's end; the newest is dear to keep running in Europe."""
    month = dates.to_period("M")
    ends = [day for day in range(DAYS) if day + 1 == DAYS or month[day + 1] != month[day]]
    rows = [(day, region, chip, int(1e6 * (1 + day / 100) ** number), 2.0**number, (0.2 if region == "US" else 9.0))
            for day in ends for region in ("US", "EU") for number, chip in enumerate(("h100", "b200", "next1"))]
    names = ("day", "region", "generation", "gpus", "work", "cost")
    table = {name: np.array([row[at] for row in rows], object if at in (1, 2) else None)
             for at, name in enumerate(names)}
    return {"day": table["day"], "month": np.array([str(month[day]) for day in table["day"]], object),
            "region": table["region"], "generation": table["generation"], "gpus": table["gpus"], "work": table["work"],
            "avoidable_cost": table["cost"] * table["work"]}


def made_up_contracts(dates, index):
    month = dates.to_period("M")
    days = enumerate(zip(dates, month, index, strict=True))
    rows = [(number, delivery, when, value) for number, (when, own, value) in days
            for delivery in pd.period_range(own, periods=12, freq="M")]
    ahead = np.array([(delivery - pd.Timestamp(when).to_period("M")).n for _, delivery, when, _ in rows])
    settle = np.array([value for *_, value in rows]) * (1 - 0.01 * ahead)
    last = {delivery: delivery.end_time - pd.offsets.BDay() for delivery in {row[1] for row in rows}}
    last |= {delivery: dates[month == delivery][-1] for delivery in set(month)}
    size = len(rows)
    return {"day": np.array([row[0] for row in rows]), "contract": np.array([str(row[1]) for row in rows], object),
            "expiry": np.array([last[row[1]] for row in rows], "M8[D]"), "settle": np.round(settle, 2),
            "volume": np.full(size, 500), "open_interest": (20000 - 1500 * ahead).astype(np.int64),
            "best_bid": np.round(settle - 0.01, 2), "best_ask": np.round(settle + 0.01, 2), "depth": np.full(size, 300),
            "im_rate": np.full(size, 0.2)}


def made_up_events(g, calm):
    number = 0 if calm else 30
    day = np.sort(g.integers(297, 304, number))
    kind = np.array(["forced sale", "margin call", "default", "closure", "loan default", "bank failure"],
                    object)[g.integers(0, 6, number)]
    who = np.array(list(SECTORS), object)[g.integers(0, len(SECTORS), number)]
    blank = np.full(number, None, object)
    events = {"event": np.arange(number), "day": day, "round": g.integers(-1, 6, number), "kind": kind,
              "agent": g.integers(0, 800, number), "agent_type": who, "counterparty": np.full(number, -1),
              "contract": blank, "quantity": g.integers(1, 900, number), "price": np.full(number, np.nan),
              "amount_cents": g.integers(0, 10**8, number)}
    effect = np.arange(number)
    cause = np.array([g.integers(-1, e) if e else -1 for e in effect], np.int64)
    return events, {"event": effect, "cause": cause, "weight": np.ones(number)}


def made_up(runs, calm=False, status="finished"):
    """Results of made-up runs, as if they had been kept in memory."""
    scenario = Scenario.load("quick")
    kept, figures, about, rows = {}, [], {}, []
    for number in range(1, runs + 1):
        own = made_up_run(number, calm)
        for name, table in own.items():
            size = len(next(iter(table.values())))
            label = {"run": np.full(size, number)} | ({"seed": np.full(size, number)} if name == "daily" else {})
            kept.setdefault(name, []).append(tables.to_arrow(label | table))
        values, about = figures_of(metrics_of(scenario), Frames(
            **{name: tables.to_pandas(tables.to_arrow(table)) for name, table in own.items()}))
        figures.append((number, number, values))
        rows.append({"run": number, "seed": number, "status": "finished", "days": DAYS})
    manifest = {"status": status, "name": "made-up", "title": "Made up & <dangerous>", "question": "Does it draw?",
                "scenario_hash": "0" * 8, "plugins": [], "command_line": "none", "seeds": list(range(1, runs + 1)),
                "days": DAYS, "sectors": SECTORS, "record": "full", "start": "2026-10-05T12:00:00+00:00", "end": None,
                "wall_seconds": 1.0, "description": scenario.describe(), "runs": rows,
                "environment": {"compute-futures": "0", "source": "0" * 8, "python": "3", "numpy": "2", "numba": "0",
                                "cpu": "a", "platform": "b"}}
    together = {name: tables.together(parts) for name, parts in kept.items()}
    return Results(manifest, Summary(figures, about), together, [])


@pytest.fixture(scope="session")
def rough():
    return made_up(1)


@pytest.fixture(scope="session")
def calm():
    return made_up(1, calm=True)


@pytest.fixture(scope="session")
def many():
    return made_up(6)
