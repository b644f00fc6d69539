"""The answer of a report: three sentences made from the figures, with intervals, and why it is so."""

from __future__ import annotations

import math

from sim.report import words
from sim.report.history import History, dollars
from sim.report.story import ends, known, mean, span
from sim.report.yardstick import Yardstick
from sim.results import Results

MUCH = 10.0  # % of the claims on the eve; judgement: a tenth is more than lenders have set aside
ASTRAY = 3.0  # times the baseline's; judgement: far beyond what luck does to thirty histories of it


def answer(results: Results, history: History | None, base: Yardstick) -> tuple[str, str, str]:
    """The verdict in one sentence, two more on harm and on who went without, and what explains them."""
    if not results.figures.runs:
        return "No run came to its end, so there is no answer yet.", _why_unfinished(results), ""
    failed = _defaults(results) + _loans(results)
    hedge = _hedge(results, base)
    if hedge:
        verdict = f"{hedge}, and {failed}."
    elif history is not None:
        verdict = f"{words.capital(failed)}, while {_prices(history)}." if known(results, "defaults") else \
            f"{words.capital(_prices(history))}."
    else:
        verdict = f"{words.capital(failed)}."
    cascade = _cascade(results)
    parts = [_harm(results, base, lenders=not cascade), _without(results, base)]
    asked = _venues(results) or cascade or _astray(results, base)  # what is unusual about this market goes first
    if asked:
        verdict, parts = asked, [verdict, *parts]
    reasons = [" ".join(results.ended), _basis(results),
               _liquidity(history) if history is not None else ""]
    return (verdict, " ".join(text for text in parts if text),
            " ".join(text for text in reasons if text))


def _bracket(results: Results, name: str, base: Yardstick, sign: str = "") -> str:
    """The interval and the baseline's mean in brackets; empty for one history without a baseline."""
    parts = []
    if len(known(results, name)) > 1 and any(known(results, name)):
        parts.append(f"{span(results, name)}{sign}")
    if math.isfinite(base.mean(name)):
        parts.append(f"baseline {words.small(base.mean(name))}{sign}")
    return f" ({'; '.join(parts)})" if parts else ""


def _hedge(results: Results, base: Yardstick) -> str:
    """What hedging did to the risk of cost; empty where it is not known."""
    hedge, total = mean(results, "hedge_effectiveness"), results.figures.aggregate().get("hedge_effectiveness", {})
    if not math.isfinite(hedge):
        return ""
    if total.get("low", math.nan) < 0 < total.get("high", math.nan):
        return ("Futures bought a quarter ahead made no clear difference to the risk in the cost of compute "
                f"({span(results, 'hedge_effectiveness')} % of its variance)")
    took = ("took most of the risk out of the cost of compute" if hedge >= 60 else
            "took a part of the risk out of the cost of compute" if hedge >= 20 else
            "took hardly any risk out of the cost of compute" if hedge >= 0 else
            "added to the risk of the cost of compute")
    many = len(known(results, "hedge_effectiveness")) > 1
    low, high = sorted(abs(end) for end in ends(results, "hedge_effectiveness"))
    interval = f", {words.number(low, 2)} to {words.number(high, 2)} %" if many and math.isfinite(low) else ""
    return f"Futures bought a quarter ahead {took} ({words.number(abs(hedge), 2)} % of its variance{interval})"


def _loans(results: Results) -> str:
    """How often operators defaulted on loans; empty where there are none."""
    values = known(results, "loan_defaults")
    if not values:
        return ""
    hit = sum(value > 0 for value in values)
    if len(values) == 1:
        anybody = any(known(results, "defaults"))
        if not values[0]:
            return " on margin, and no operator on loans" if anybody else " on margin or on loans"
        who = words.count(values[0], "operator")
        return f" on margin, and {who} on loans" if anybody else f" on margin, but {who} did on loans"
    return f" on margin, while operators defaulted on loans in {hit} of them"


def _cascade(results: Results) -> str:
    """In how many histories lenders lost much of the eve's claims, and who failed there; empty where it was in none."""
    rows = [run for _, _, run in results.figures.runs if run.get("eve_loss_share", math.nan) > MUCH]
    if not rows or not _has_shock(results):
        return ""
    average = lambda name: sum(figures.get(name, 0.0) for figures in rows) / len(rows)
    lost, runs = words.number(average("eve_loss_share"), 2), len(known(results, "eve_loss_share"))
    failed = (f"{words.count(average('loan_defaults'), 'operator')} defaulted on loans and "
              f"{words.count(average('bank_failures'), 'bank')} failed")
    claims = "of the claims that they held on the eve of the shock"
    if runs == 1:
        return f"Lenders lost {lost} % {claims}: {failed}."
    return f"In {len(rows)} of {runs} histories lenders lost much {claims}: {lost} % of them; there {failed}."


def _harm(results: Results, base: Yardstick, lenders: bool = True) -> str:
    """Who was forced to sell, how far it spread, and what lenders lost."""
    forced, spread = mean(results, "forced_events"), mean(results, "branching")
    lost = mean(results, "eve_loss_share")
    parts = []
    if lenders and math.isfinite(lost) and math.isfinite(mean(results, "loan_defaults")) and _has_shock(results):
        much = f"{words.number(lost, 2)} %" if lost else "nothing"
        parts.append(f"lenders lost {much} of the claims that they held on the eve of the shock"
                     f"{_bracket(results, 'eve_loss_share', base, ' %')}{_tail(results)}")
    if math.isfinite(forced):
        number = words.number(forced, 2)
        who = "participant a year was" if number == "1" else "participants a year were"
        parts.append(f"{number} {who} forced to sell{_bracket(results, 'forced_events', base)}" if forced else
                     "nobody was forced to sell")
    if math.isfinite(spread) and (forced or lost > 0):
        parts.append(f"each case of distress brought {words.number(spread, 2) if spread else 'no'} further ones"
                     f"{_bracket(results, 'branching', base)}")
    return f"{words.capital(words.listing(parts))}." if parts else ""


def _tail(results: Results) -> str:
    """In how many histories lenders lost more than a tenth: a mean of all or nothing says little."""
    values = known(results, "eve_loss_share")
    if len(values) < 2:
        return ""
    return f", more than a tenth in {sum(value > 10 for value in values)} of {len(values)} histories"


def _has_shock(results: Results) -> bool:
    """Whether anything was to happen in the scenario."""
    table = results.parameters
    return bool(len(table) and table["path"].str.startswith("shocks.").any())


def _without(results: Results, base: Yardstick) -> str:
    """Who did not get compute, and what an hour cost with and without futures."""
    refused, small = mean(results, "rationed"), mean(results, "small_refused")
    spot, hedged = mean(results, "spot_cost"), mean(results, "hedged_cost")
    name, who = ("small_refused", "researchers and small developers") if math.isfinite(small) else ("rationed", "users")
    value = small if math.isfinite(small) else refused
    parts = []
    if math.isfinite(value):
        parts.append(f"{who} found no compute for {words.number(value, 2)} % of what they asked for"
                     f"{_bracket(results, name, base, ' %')}")
    if math.isfinite(spot) and math.isfinite(hedged):
        parts.append(f"an hour cost {words.price(spot)} at spot and {words.price(hedged)} for buyers with futures")
    return f"{words.capital(words.listing(parts))}." if parts else ""


def _why_unfinished(results: Results) -> str:
    days = ", ".join(f"{row.get('days', 0)} days of run {row['run']}" for row in results.manifest["runs"])
    return f"What is shown here was finished before the end: {days} of {results.manifest['days']}."


def _defaults(results: Results) -> str:
    values = known(results, "defaults")
    period = words.span(results.manifest["days"])
    if not values:
        return "defaults were not recorded"
    if len(values) > 1:
        hit = sum(value > 0 for value in values)
        if hit == 0:
            return f"nobody defaulted in any of {len(values)} histories of {period}"
        return f"somebody defaulted in {hit} of {len(values)} histories of {period}"
    total = round(values[0] * results.manifest["days"] / 252)
    who = words.count(total, "participant") if total else "nobody"
    return f"in {period} {who} defaulted"


def _prices(history: History) -> str:
    spot = history.daily["spot_us"].dropna() if "spot_us" in history.daily else None
    if spot is None or not len(spot):
        return f"the market ran for {history.span()}"
    return f"the spot price went from {words.price(spot.iloc[0])} to {words.price(spot.iloc[-1])} per GPU-hour"


def _basis(results: Results) -> str:
    """Why a hedge works or does not: how the index that futures settle to moves against the traded price."""
    spot, index = mean(results, "volatility_spot"), mean(results, "volatility_index_assessed")
    if not (math.isfinite(spot) and math.isfinite(index)):
        return ""
    if index < 0.6 * spot:
        return (f"The traded price moves by {words.number(spot, 2)} % a year, the posted prices behind the index by "
                f"{words.number(index, 2)} %, so a future on it misses most of what those who pay spot go through.")
    moves = f"The traded price moves by {words.number(spot, 2)} % a year and the index by {words.number(index, 2)} %, "
    if index > 1.6 * spot:
        return moves + "so a future on it pays and charges for moves that those who pay spot never see."
    return moves + "so the two can follow each other."


def _astray(results: Results, base: Yardstick) -> str:
    """How far prices went from what was expected; empty where they went hardly further than they do in the baseline."""
    usual, worst, normal = mean(results, "mispricing_sd"), mean(results, "mispricing_worst"), base.mean("mispricing_sd")
    if not (math.isfinite(usual) and math.isfinite(normal) and usual >= ASTRAY * normal):
        return ""
    return (f"Futures strayed from what their index was expected to average: by {words.number(usual, 2)} % as a rule "
            f"(baseline {words.number(normal, 2)} %), and by a factor of {words.number(math.exp(worst / 100.0), 2)} "
            "at the furthest.")


def _venues(results: Results) -> str:
    """Where positions lie and whether prices hold together, where several families of contracts compete."""
    totals = results.figures.aggregate()
    shares = {name.removeprefix("venue_share_").replace("_", " "): total["mean"] for name, total in totals.items()
              if name.startswith("venue_share_") and math.isfinite(total["mean"])}
    if len(shares) < 2:
        return ""
    first = max(shares, key=lambda name: shares[name])
    gaps = [total["mean"] for name, total in totals.items() if name.startswith("venue_gap_")]
    apart = f", and prices of the same month lie {words.number(max(gaps), 2)} % apart once what each index is " \
            "expected to be is taken out" if gaps and math.isfinite(max(gaps)) else ""
    return f"Of open positions {words.number(shares[first], 2)} % end on “{first}”{apart}."


def _liquidity(history: History) -> str:
    daily = history.daily
    if "variation_margin_cents" not in daily:
        return ""
    paid = dollars(daily["variation_margin_cents"])
    calls, forced = (int(daily[name].sum()) if name in daily else 0 for name in ("margin_calls", "forced_events"))
    loss = float(dollars(daily["house_loss_cents"]).sum()) if "house_loss_cents" in daily else 0.0
    house = f"the clearing house lost {words.money(loss)}" if loss > 0 else "the clearing house lost nothing"
    where = f"In history {history.run} losers" if len(history.whole) > 1 else "Losers"
    return (f"{where} paid winners up to {words.money(float(paid.max()))} in a day; that led to "
            f"{words.count(calls, 'margin call')} and {words.count(forced, 'forced sale')}, and {house}.")
