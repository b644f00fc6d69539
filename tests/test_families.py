"""Several families of contracts in one market: books, settlement, hedgers' choice, arbitrage, policies, margin."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.agents.ai_lab import AiLab
from sim.agents.base import Rivals
from sim.agents.choice import VenueChoice, split
from sim.agents.spread_arbitrageur import SpreadArbitrageur
from sim.clearing.requirement import ByFamily, PortfolioMargin
from sim.errors import BadInput
from sim.market.families import STRIDE, Competition, Families
from sim.market.gpu_hour_future import GpuHourFuture
from sim.market.token_future import TokenFuture
from sim.metrics.base import leading
from sim.metrics.venues import Venues, effectiveness
from sim.scenario import Scenario
from sim.views import day_view
from tests.agents.worlds import a_block, a_view, disturb

TWO = ["market.contracts=[{type: gpu_hour_future, name: list, months: 4}, "
       "{type: gpu_hour_future, name: deals, index: transaction, months: 4}]"]
TOKEN = ["market.contracts=[{type: gpu_hour_future, months: 4}, {type: token_future, months: 3, exchange_fee: 100}]",
         "indices=[{type: assessed}, {type: transaction}, {type: token}]"]


def world(*changes, seed=1):
    return Scenario.load("quick", ["days=30", *changes]).build(seed=seed)


def go(model, days):
    for _ in range(days):
        model.step()
    return model


@pytest.fixture(scope="module")
def tokens():
    return go(world(*TOKEN), 45)


# --- slots -----------------------------------------------------------------------------------------------------


def test_rings_lie_side_by_side():
    families = Families((GpuHourFuture(months=3), TokenFuture(months=2)), Competition())
    assert families.of.tolist() == [0, 0, 0, 1, 1]
    assert families.before.tolist() == [2, 0, 1, 4, 3]
    assert [families.all[1].slot(month) for month in (10, 11, 12)] == [3, 4, 3]
    assert families.tick_cents.tolist() == [730] * 3 + [100] * 2
    month = np.array([12, 13, 11, 12, 11])
    partners = families.partners(month, np.array([1, 1, 1, 1, 0], bool))
    assert partners.tolist() == [[0, 1, 2, 0, -1], [3, -1, -1, 3, -1]]
    assert families.named(month).tolist() == [12, 13, 11, 12 + STRIDE, 11 + STRIDE]


def test_attention_follows_what_is_open_and_sums_to_one():
    families = Families((GpuHourFuture(months=1), TokenFuture(months=1)), Competition(floor=0.2, half_life=1.0))
    for _ in range(60):
        families.attend(np.array([300.0, 100.0]))
    assert families.attention == pytest.approx([0.1 + 0.8 * 0.75, 0.1 + 0.8 * 0.25])
    families.attend(np.zeros(2))
    assert families.attention.sum() == pytest.approx(1.0)


# --- a market of two ----------------------------------------------------------------------------------------------


def test_money_and_contracts_are_conserved_in_each_family(tokens):
    tokens.ledger.check()  # and on every day before
    interest = tokens.exchange.open_interest()
    assert all(interest[family.slots].sum() > 0 for family in tokens.families.all)
    assert not tokens.ledger.position.sum(axis=0).any()


@pytest.mark.parametrize("changes", [TWO, TOKEN])
def test_each_family_settles_on_its_own_index_to_the_tick(changes):
    model, settled = world(*changes), 0
    while model.day < 29:
        model.step()
        gone = np.flatnonzero(model.exchange.days_left == 0)
        calendar, month = model.calendar, model.calendar.month(model.day)
        if calendar.last_day(month) != model.day:
            continue
        for family in model.families.all:
            history = model.economy.index_history[family.contract.index]
            index = history[calendar.first_day(month) + calendar.burn_in : model.day + calendar.burn_in + 1]
            mean = np.floor(index / family.contract.tick + 0.5).mean()
            slot = family.slot(month)
            assert slot in gone and model.exchange.settle[slot] == np.floor(mean + 0.5)
            settled += 1
    assert settled >= 4


def test_fees_are_those_of_the_contract_that_traded(tokens):
    exchange = tokens.exchange
    assert (exchange.traded_in.sum(axis=0) == exchange.traded).all() and exchange.traded_in.any(axis=1).all()
    assert (exchange.fees([]) == exchange.traded_in[0] * 365 + exchange.traded_in[1] * 100).all()


def test_a_branch_of_two_families_is_bit_identical():
    model = go(world(*TOKEN), 25)
    twin = model.branch()
    go(model, 12), go(twin, 12)
    for name in ("cash", "position", "basis"):
        assert (getattr(model.ledger, name) == getattr(twin.ledger, name)).all()
    assert (model.exchange.settle == twin.exchange.settle).all()
    assert (model.families.attention == twin.families.attention).all()


def test_tables_name_the_family_and_one_family_keeps_its_names(tokens):
    names = set(tokens.record.table("contracts")["contract"])
    assert {"gpu_hour_future 2026-11", "token_future 2026-11"} <= names
    daily = tokens.record.table("daily")
    assert (daily["open_gpu_hour_future_cents"] > 0).all() and (daily["volume_token_future"] >= 0).all()
    alone = go(world(), 21).record.table("contracts")
    assert all(len(name) == 7 for name in alone["contract"])


def test_a_venue_may_open_later():
    late = [TWO[0].replace("transaction", "transaction, opens: 2026-10-20")]
    model = go(world(*late), 25)
    second = model.families.all[1].slots
    assert not model.exchange.slots["listed"][second].any()
    go(model, 20)
    assert model.exchange.slots["listed"][second].all() and model.exchange.open_interest()[second].sum() > 0


def test_needs_are_told_in_hours_and_names_are_unique():
    with pytest.raises(BadInput, match="put one on GPU-hours first"):
        Scenario.load("quick", ["market.contracts=[{type: token_future}]", "indices=[{type: token}]"])
    with pytest.raises(BadInput, match='two blocks are called "gpu_hour_future"'):
        Scenario.load("quick", ["market.contracts=[{type: gpu_hour_future}, {type: gpu_hour_future}]"])


# --- hedgers --------------------------------------------------------------------------------------------------------


def rivals(view, **changes):
    """Two families of equal months, the second in the second half of the slots."""
    months = len(view.rank) // 2
    of = np.repeat([0, 1], months)
    here = np.arange(2 * months)
    partner = np.stack([np.where(of == 0, here, here - months), np.where(of == 1, here, here + months)])
    listed = view.rank > 0
    partner = np.where(listed & listed[partner], partner, -1)
    fields = {"of": of, "cents": np.full(2 * months, 730), "attention": np.full(2 * months, 0.5), "partner": partner,
              "months": months, "trust": np.array([0.7, 0.9]), "open": np.array([5e9, 1e9]),
              "width": np.array([0.01, 0.02]), "lots": np.ones(2), "token": np.array([False, False]),
              "region": np.array([-1, -1])}
    return Rivals(**{**fields, **changes})


def two_views(random, months=6, **changes):
    rank = np.tile(np.arange(1, months + 1), 2)
    view = a_view(random, 2 * months, rank=rank, **changes)
    return view._replace(rivals=rivals(view))


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.lists(st.floats(0, 1e12), min_size=3, max_size=3),
       st.lists(st.floats(0, 0.2), min_size=3, max_size=3))
@settings(max_examples=50, deadline=None)
def test_shares_sum_to_one_whatever_is_seen(trust, open_, width):
    seen = SimpleNamespace(trust=np.array(trust), open=np.array(open_), width=np.array(width),
                           token=np.array([False, False, True]), region=np.array([0, 1, -1]))
    shares = VenueChoice().wanted(seen, np.array([False, True]), np.array([1, 0]))
    assert shares.sum(axis=1) == pytest.approx([1.0, 1.0]) and (shares > 0).all()


def test_hedgers_go_where_trust_liquidity_and_fit_are():
    choice = VenueChoice()
    base = {"trust": np.array([0.8, 0.8]), "open": np.array([1e9, 1e9]), "width": np.zeros(2),
            "token": np.array([False, True]), "region": np.array([-1, -1])}
    wanted = lambda user=False, home=0, **changes: choice.wanted(
        SimpleNamespace(**{**base, **changes}), np.array([user]), np.array([home]))[0]
    assert wanted()[0] > 0.9 and wanted(user=True)[1] > 0.9
    alike = {"token": np.array([False, False])}
    assert wanted(**alike) == pytest.approx([0.5, 0.5])
    places = {**alike, "region": np.array([0, 1])}
    assert wanted(**places)[0] > 0.9 and wanted(**places, home=1)[1] > 0.9  # rents of the own region
    assert wanted(**places, home=2) == pytest.approx([0.5, 0.5])
    assert wanted(**alike, trust=np.array([0.9, 0.8]))[0] > 0.55
    assert wanted(**alike, width=np.array([0.05, 0.0]))[0] < 0.35
    shares = [wanted(**alike, open=np.array([part, 1.0 - part]))[0] for part in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert shares == sorted(shares) and shares[-1] > 0.75  # liquidity begets liquidity


@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 0.999))
@settings(max_examples=40, deadline=None)
def test_a_hedge_is_split_without_loss(need, share, remainder):
    view = two_views(np.random.default_rng(1))
    me = SimpleNamespace(venue=np.where(view.rivals.of == 0, share, 1.0 - share), remainder=np.float64(remainder))
    held = split(np.full(12, float(need)), me, view)
    assert (held[:6] + held[6:] == need).all() and (held >= 0).all()


def test_contracts_of_another_size_hold_as_much_compute():
    view = two_views(np.random.default_rng(2))
    view = view._replace(rivals=view.rivals._replace(lots=np.array([1.0, 3.36])))
    me = SimpleNamespace(venue=np.full(12, 0.5), remainder=np.float64(0.5))
    held = split(np.full(12, 1000.0), me, view)
    assert (held[:6] == 500).all() and (held[6:] == 1680).all()


def test_a_month_that_one_family_does_not_list_is_hedged_in_the_other():
    random = np.random.default_rng(3)
    rank = np.concatenate([np.arange(1, 7), [1, 2, 3, 0, 0, 0]])
    view = a_view(random, 12, rank=rank)
    view = view._replace(rivals=rivals(view))
    me = SimpleNamespace(venue=np.where(view.rivals.of == 0, 0.25, 0.75), remainder=np.float64(0.5))
    held = split(np.where(view.rank > 0, 100.0, 0.0), me, view)
    assert held.tolist() == [25] * 3 + [100] * 3 + [75] * 3 + [0] * 3


@pytest.mark.parametrize("kind", [AiLab(count=9), SpreadArbitrageur(count=9)], ids=lambda kind: kind.type_name)
def test_one_and_all_want_the_same_where_families_compete(kind):
    random = np.random.default_rng(4)
    for _ in range(20):
        view = two_views(random)
        block = a_block(kind, 9)
        disturb(block, random, view)
        kind.wake(block, view)
        together = kind.target(block, view)
        for row in range(block.n):
            assert (together[row] == kind.target_of(block.agents[row], view)).all()


# --- arbitrage ------------------------------------------------------------------------------------------------------


def test_arbitrageurs_sell_the_dear_venue_and_buy_the_cheap_one():
    value = np.full(12, 300.0)
    mid = np.concatenate([np.full(6, 330.0), np.full(6, 300.0)])
    view = two_views(np.random.default_rng(5), value=value, mid=mid, days_left=np.full(12, 50))
    one, other, first, second = SpreadArbitrageur(count=1).all_pairs(view)
    cross = view.rivals.of[one] != view.rivals.of[other]
    assert (first[cross] < 0).all() and (second[cross] < 0).all() and not first[~cross].any()
    assert (first * 330)[cross] == pytest.approx((second * 300)[cross])  # equal money
    calm = two_views(np.random.default_rng(5), value=value, mid=np.where(mid > 300, 303.0, 300.0))
    assert not SpreadArbitrageur(count=1).all_pairs(calm)[2].any()


def test_arbitrage_narrows_the_spread_between_venues():
    def gap(band):
        model = world(*TWO, "days=60", f"agents.spread_arbitrageur.venue_band={band}",
                      "agents.spread_arbitrageur.capital=0.3")
        found = []
        while model.day < 59:
            model.step()
            if model.day >= 0:
                slots, settle = model.families.all, model.exchange.settle
                value = model.value[1][:, :4]
                rich = [np.array([np.log(settle[f.slot(m)] / value[f.number, at]) for at, m in
                                  enumerate(range(model.calendar.month(model.day) + 1,
                                                  model.calendar.month(model.day) + 4), 1)]) for f in slots]
                found.append(np.abs(rich[0] - rich[1]).mean())
        return np.mean(found)

    assert gap(0.01) < 0.9 * gap(1.0)


# --- rules and margin -------------------------------------------------------------------------------------------------


def test_limits_bind_in_each_family():
    model = go(world(*TWO, "policies=[{type: position_limit, spot_month: null, single_month: 2000, all_months: 3000, "
                           "hedgers_exempt: false, makers_exempt: false}]"), 45)
    for family in model.families.all:
        held = model.ledger.position[:-1, family.slots]
        assert np.abs(held).max() <= 20 and np.abs(held.sum(axis=1)).max() <= 30
    both = np.abs(model.ledger.position[:-1].sum(axis=1))
    assert both.max() > 30  # the sum over families is not what is limited


def test_margin_does_not_offset_between_families(tokens):
    house = tokens.house
    position = np.zeros((1, len(tokens.families.of)), np.int64)
    position[0, 0], position[0, 4] = 10, -10
    one, other = position.copy(), position.copy()
    one[0, 4], other[0, 0] = 0, 0
    parts = house.requirement_of(one) + house.requirement_of(other)
    assert house.requirement_of(position)[0] == parts[0] > 0
    near = one.copy()
    near[0, 1] = -10
    assert house.requirement_of(near)[0] < house.requirement_of(np.abs(near))[0]


def test_portfolio_margin_adds_the_families_up():
    model = go(world(*TWO, "clearing.offsets=portfolio"), 30)
    portfolio, held = model.house.portfolio, model.ledger.position
    assert isinstance(portfolio, ByFamily)
    value = model.exchange.settle * model.exchange.tick_cents
    joint = portfolio.cents(held, value)
    assert all(isinstance(part, PortfolioMargin) for _, part in portfolio.parts)
    assert (joint == sum(part.cents(held[:, slots], value[slots]) for slots, part in portfolio.parts)).all()
    twin = model.branch()
    go(model, 3), go(twin, 3)
    assert (model.ledger.margin == twin.ledger.margin).all()


# --- figures ----------------------------------------------------------------------------------------------------------


def history(rows):
    """Daily and contracts tables of twelve months of twenty days; rows: month -> cost, (fixed, final)."""
    dates = pd.bdate_range("2026-10-01", "2027-09-30")
    daily = pd.DataFrame({"day": np.arange(len(dates)), "date": dates})
    daily["cost"] = [rows[date.strftime("%Y-%m")][0] for date in dates]
    table = [(day, str(pd.Period(date, "M") + ahead), rows.get(str(pd.Period(date, "M") + ahead), (0, 1.0, 1.0)))
             for day, date in enumerate(dates) for ahead in (0, 3)]
    contracts = pd.DataFrame([(day, month, row[2] if pd.Period(dates[day], "M") == pd.Period(month) else row[1])
                              for day, month, row in table], columns=["day", "month", "settle"])
    return daily, contracts


def test_a_future_that_moves_with_a_cost_takes_its_risk_away():
    random = np.random.default_rng(6)
    months = [str(month) for month in pd.period_range("2026-10", "2027-09", freq="M")]
    cost = dict(zip(months, np.exp(0.2 * random.normal(size=12)), strict=True))
    ago = lambda month: cost.get(str(pd.Period(month) - 3), 1.0)
    daily, perfect = history({month: (cost[month], ago(month), cost[month]) for month in months})
    assert effectiveness(daily, perfect, "cost") == pytest.approx(100.0)
    daily, idle = history({month: (cost[month], 1.0, 1.0) for month in months})
    assert effectiveness(daily, idle, "cost") == pytest.approx(0.0)
    daily, wrong = history({month: (cost[month], cost[month], ago(month)) for month in months})
    assert effectiveness(daily, wrong, "cost") == pytest.approx(-300.0)


def test_figures_of_two_families_and_the_leading_one(tokens):
    tables = {name: pd.DataFrame(tokens.record.table(name)) for name in ("daily", "contracts")}
    out = Venues().compute(SimpleNamespace(**tables))
    assert out["venue_share_gpu_hour_future"] + out["venue_share_token_future"] == pytest.approx(100.0)
    assert out["venue_gap_token_future"] > 0 and all(Venues.figure(name) for name in out)
    first = leading(tables["contracts"])
    assert set(first["contract"].str.len()) == {7} and 0 < len(first) < len(tables["contracts"])
    assert leading(first) is first


def test_hours_in_china_are_looked_at_where_an_index_of_them_is_published(tokens):
    tables = {name: pd.DataFrame(tokens.record.table(name)) for name in ("daily", "contracts")}
    assert not any(name.startswith("effectiveness_cn") for name in Venues().compute(SimpleNamespace(**tables)))
    alike = tables["daily"].assign(spot_cn=tables["daily"]["spot_us"], index_regional_cn=1.0)
    days = pd.date_range("2026-01-01", periods=len(alike), freq="7D")  # long enough for months to be delivered
    out = Venues().compute(SimpleNamespace(daily=alike.assign(date=days), contracts=tables["contracts"]))
    assert all(Venues.figure(name) for name in out)
    for label in ("gpu_hour_future", "token_future"):  # at American rents they are American hours
        assert out[f"effectiveness_cn_{label}"] == pytest.approx(out[f"effectiveness_hours_{label}"], nan_ok=True)


def test_a_contract_on_chinese_rent_is_for_those_at_home_there():
    """The larger part of each hedge lies at home, and the hedgers are shared out over regions as the block says."""
    model = world("indices=[{type: regional, name: us, region: US}, {type: regional, name: cn, region: CN}, "
                  "{type: transaction}]", "agents.enterprise.regions=[0.5, 0.5, 0, 0]",
                  "market.contracts=[{type: gpu_hour_future, name: america, index: us, months: 4}, "
                  "{type: gpu_hour_future, name: china, index: cn, months: 4}]")
    go(model, 3)
    assert day_view(model)[0].rivals.region.tolist() == [0, 1]
    block = next(block for kind, block in model.blocks.all if kind.label == "enterprise")
    assert abs(int((block.region == 1).sum()) - block.n // 2) <= 1 and block.region.max() == 1
    china = block.venue[:, 4]
    assert china[block.region == 1].min() > 0.6 > 0.4 > china[block.region == 0].max()


def test_tokens_of_an_hour_grow(tokens):
    before, today = (tokens.economy.tokens.per_hour(tokens.economy, day) for day in (0, 252))
    assert 4.0 < before < 6.0 and today > 3 * before
    assert tokens.families.lots(tokens.economy)[1] == pytest.approx(
        730 * tokens.economy.tokens.per_hour(tokens.economy, tokens.economy.day) / 1000)
