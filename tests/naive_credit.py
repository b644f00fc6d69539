"""Slow twins of the rules of credit: one operator, bank, fund or investor at a time, in plain Python."""

from __future__ import annotations

import math
from fractions import Fraction
from statistics import NormalDist


def split(total: int, weights: list[int]) -> list[int]:
    """Floor and largest remainder with exact fractions; ties to who comes first."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    exact = [Fraction(total * weight, whole) for weight in weights]
    out = [math.floor(x) for x in exact]
    order = sorted(range(len(weights)), key=lambda i: (-(exact[i] - out[i]), i))
    for i in order[:total - sum(out)]:
        out[i] += 1
    return out


def income(rule, contracted: float, price: float, spot: float, age: float) -> tuple[float, float]:
    used = min(max(spot**0.3, 0.3), 1.1)
    revenue = rule.revenue * contracted * price
    revenue += rule.revenue * (1 - contracted) * spot * used * math.exp(-rule.ageing * age)
    busy = contracted + (1 - contracted) * min(used, 1.0)
    return revenue, rule.running * (0.55 + 0.45 * busy)


def hardware(business, rule, expected: float, age: float) -> float:
    def worth(price: float, years: float) -> float:
        left = max(rule.life + 0.5 - years, 1.1)
        fading = rule.discount + business.ageing
        rent = price * business.revenue * math.exp(-business.ageing * years) * (1 - math.exp(-fading * left)) / fading
        return rent - business.avoidable * (1 - math.exp(-rule.discount * left)) / rule.discount

    return min(max(worth(expected, age) / worth(1.0, 0.0), rule.scrap), 1.3)


def collateral(business, contracted: float, price: float, loose: float) -> float:
    margin = price * business.revenue - business.running
    return (1 - contracted) * loose + contracted * max(loose, min(2.6 * margin + 0.25 * loose, 1.1))


def chance_of_default(rule, grade: int, coverage: float, loan_to_value: float) -> float:
    strain = 0.0
    if coverage < 1.25:
        strain += 4.0 * (1.25 - coverage)
    if loan_to_value > 0.85:
        strain += 4.0 * (loan_to_value - 0.85)
    return min(1.5 * rule.default_rates[grade] * math.exp(min(strain, 20.0)), 1.0)


def may_draw(rule, coverage: float, loan_to_value: float) -> bool:
    """Whether one operator keeps its covenants."""
    return not (loan_to_value > rule.stop_at or coverage < rule.coverage)


def auction_price(rule, impact: float, flow: float) -> float:
    """Price over value when a share of all capacity has lately been auctioned."""
    return rule.least + (1 - rule.least) * math.exp(-impact * flow)


def recovery(config, contracted: float, price: float, value: float, discount: float) -> float:
    """What the sale of one operator's GPUs brings per unit of cost."""
    loose = value * config.collateral.forced * discount
    margin = price * config.business.revenue - config.business.running
    running = min(0.75 * min(2.6 * margin + 0.25 * value * discount, 1.1), 0.85)
    return (1 - contracted) * loose + contracted * max(loose, running)


def attachment(default: float, correlation: float, safe: float, loss: float) -> float:
    """Loss of a large pool that is not exceeded with a probability."""
    normal = NormalDist()
    z = (normal.inv_cdf(default) + math.sqrt(correlation) * normal.inv_cdf(safe)) / math.sqrt(1 - correlation)
    return loss * normal.cdf(z)


def hedge_demanded(rule, contracted: float) -> float:
    """Share of what is not under contract that one operator must sell in futures."""
    if contracted >= rule.hedge_share:
        return 0.0
    return (rule.hedge_share - contracted) / (1 - contracted)


# --- one bank ----------------------------------------------------------------------------------------------


def balance_sheet(cash: int, claims: list[int], securities: int, price: float, written_down: float,
                  debts: int) -> tuple[int, int]:
    """Equity and assets of one bank in cents."""
    assets = cash + sum(claims) + round(price * securities - written_down)
    return assets - debts, assets


def lends(rule, equity: int, assets: int) -> float:
    """Share of its usual credit that one bank gives: none under the buffer, all from the target on."""
    ratio = equity / assets
    if ratio <= rule.buffer:
        return 0.0
    if ratio >= rule.target:
        return 1.0
    return (ratio - rule.buffer) / (rule.target - rule.buffer)


def standing(rule, equity: int, assets: int) -> str:
    """Where one bank stands."""
    ratio = equity / assets
    if ratio < rule.fails:
        return "closed"
    if ratio < rule.buffer:
        return "weak"
    return "rich" if ratio > rule.target else "sound"


def sells(rule, equity: int, assets: int, held: int, deposits: int, price: float) -> int:
    """Face of the securities that one bank sells in a week."""
    if equity / assets >= rule.buffer:
        return 0
    too_many = max(assets - equity / rule.buffer, 0.0)
    for_leverage = min(rule.sell_most * held, rule.sell * too_many)
    for_depositors = rule.run * deposits / price
    return min(round(max(for_leverage, for_depositors)), held)


def pays_owners(rule, equity: int, assets: int, cash: int) -> int:
    """Cents that owners of one bank take in a week."""
    if equity / assets <= rule.target:
        return 0
    return min(round(rule.pays_out * (equity - rule.target * assets)), max(cash, 0))


def takes_deposits(rule, assets: int, cash: int, deposits: int) -> int:
    """Cents that one bank takes from depositors (negative: pays back), never more than it has of them."""
    missing = round(rule.reserve * max(assets, 0)) - cash
    return max(missing, -deposits)


# --- one prime account -------------------------------------------------------------------------------------


def prime_week(rule, before: float, supply: float, haircut: float, margin: int, owed: int,
               cash: int) -> tuple[float, int]:
    """The open share of the line, and cents that one fund draws (negative: must repay)."""
    left = 1.0
    if haircut > rule.prime_haircut:
        left = max(1.0 - rule.prime_follows * (haircut - rule.prime_haircut), 0.0)
    wanted = supply * min(left, 1.0)
    line = wanted
    if wanted < before - rule.prime_cut:
        line = before - rule.prime_cut
    if cash <= 0:
        return line, 0
    most = math.floor(rule.prime * line * margin)
    if owed > most:
        return line, -min(owed - most, cash)
    return line, min(most - owed, margin // round(1 / rule.prime_draw))


# --- one investor in tranches ------------------------------------------------------------------------------


def tranche_sizes(total: int, lower: float, attach: float, demand: float) -> dict[str, int]:
    """Cents of each tranche of one pool; what nobody buys is lent by the banks that sold the loans."""
    equity = math.floor(lower * total)
    mezzanine = math.floor((attach - lower) * total * demand)
    senior = math.floor(math.floor((1 - attach) * total) * demand)
    return {"senior": senior, "mezzanine": mezzanine, "equity": equity,
            "warehouse": total - equity - mezzanine - senior}


def buys(rule, kind: int, able: bool, alike: list[int]) -> tuple[float, float]:
    """Shares of senior and mezzanine that one investor buys; `alike`: able investors of each kind, itself included."""
    if not able:
        return 0.0, 0.0
    senior = {0: 1 - rule.repo_share, 1: 0.0, 2: rule.repo_share}[kind]
    mezzanine = {0: 1 - rule.mezzanine_private, 1: rule.mezzanine_private, 2: 0.0}[kind]
    return senior / alike[kind], mezzanine / alike[kind]


def expected_loss(low: float, high: float, default: float, correlation: float, loss: float) -> float:
    """Expected loss of one tranche of a large pool, the common cause taken in 20,000 equally likely steps."""
    normal, total, steps = NormalDist(), 0.0, 20_000
    for k in range(steps):
        z = normal.inv_cdf((k + 0.5) / steps)
        shifted = (normal.inv_cdf(default) + math.sqrt(correlation) * z) / math.sqrt(1 - correlation)
        total += min(max(loss * normal.cdf(shifted) - low, 0.0), high - low)
    return total / steps / (high - low)


def lifetime(chances: list[float], loans: list[float], years: float) -> float:
    """Probability that a cent lent defaults within some years, loan by loan."""
    lost = sum(loan * (1 - (1 - min(chance, 0.999)) ** years) for chance, loan in zip(chances, loans, strict=True))
    return min(max(lost / sum(loans), 1e-6), 1 - 1e-6)


def repo_haircut(rule, before: float, variance: float, added: float) -> float:
    """Haircut of one week: it follows volatility up at once and falls by a twentieth at most."""
    usual = rule.haircut + added
    if math.sqrt(variance) > rule.calm_volatility:
        usual += rule.haircut_follows * (math.sqrt(variance) - rule.calm_volatility)
    return min(rule.haircut_most, max(usual, before * rule.haircut_keeps))


def repo_week(rule, owed: int, value: float, cash: int, haircut: float) -> tuple[str, int, float]:
    """What one fund in repo does: how it stands, cents that it pays from cash, share of its tranches that it sells."""
    if value + cash < owed:
        return "default", 0, 0.0
    over = owed - value * (1 - haircut)
    if over <= 0:
        return "sound", 0, 0.0
    paid = min(max(cash, 0), int(over))
    if paid >= over:
        return "called", paid, 0.0
    wanted = rule.repo_pace * (over - paid) / max(haircut, 0.01)
    return "called", paid, min(wanted / max(value, 1.0), rule.repo_sale_most)


def private_week(rule, before: float, expected_loss: float, besides: float) -> tuple[float, float, bool]:
    """One private-credit fund: share asked back this week, over the last quarter, and whether it is gated."""
    asked = besides / 13
    if expected_loss > rule.loss_usual:
        asked += rule.redemptions * (expected_loss - rule.loss_usual) / 13
    quarter = before - before / 13 + asked
    return asked, quarter, quarter > rule.gate
