"""Print the figures of docs/model_policies.md: python benchmarks/history_figures.py (about a minute)."""

from typing import Any

from sim.scenario import Scenario

MILLION = 1e8  # cents


def run(name: str, changes: list[str], after: int) -> tuple[dict[str, Any], int, Any]:
    """Daily table, day of the first shock, and the model some days after it."""
    scenario = Scenario.load(name, changes)
    model = scenario.build(seed=1)
    first = min(model.calendar.day_on(shock.date) for shock in scenario.shocks)
    while model.day < first + after:
        model.step()
    return model.record.table("daily"), first, model


def nickel() -> None:
    """Payments of the first two days under each rule."""
    for change in ([], ["policies.settlement_rule.rule=prior_close"], ["policies.price_limit.limit=0.15"],
                   ["policies.reporting.swaps=true"]):
        daily, day, _ = run("history_lme_nickel_2022", change, 1)
        days = slice(day, day + 2)
        print("nickel", *change, "variation margin", (daily["variation_margin_cents"][days] / MILLION).round(1),
              "calls", (daily["margin_call_cents"][days] / MILLION).round(1), "defaults", daily["defaults"][days])


def crypto() -> None:
    """The day of the fall, by traders' leverage."""
    for leverage in (4, 8, 12):
        daily, day, _ = run("history_crypto_october_2025", [f"market.perpetual.leverage={leverage}"], 0)
        change = {name: daily[name][day] / daily[name][day - 1] - 1 for name in ("perp_open_interest", "perp_price")}
        print("crypto leverage", leverage, {name: round(float(value), 3) for name, value in change.items()},
              {name: int(daily[name][day]) for name in ("liquidations", "liquidated_contracts", "adl_contracts")})


def march() -> None:
    """Margin a contract after the month over that before it, by how slowly the rule forgets."""
    for decay in (0.94, 0.97, 0.99):
        daily, day, _ = run("history_march_2020", [f"clearing.margin.decay={decay}"], 16)
        margin, month = daily["initial_margin"] / daily["open_interest"], slice(day, day + 17)
        print("march decay", decay, "margin rises", round(float(margin[day + 16] / margin[day - 1]), 2),
              "calls", round(daily["margin_call_cents"][month].sum() / MILLION, 2),
              "largest variation margin", round(daily["variation_margin_cents"][month].max() / MILLION, 1),
              "usual", round(daily["variation_margin_cents"][:day].mean() / MILLION, 1),
              "defaults", int(daily["defaults"][month].sum()))


def nasdaq() -> None:
    """What one spread leaves unpaid and which layers pay, by what offsets give back and by the fund's size."""
    large = ["clearing.fund.parallel=[-0.1, 0.1]", "clearing.fund.tilts=[-0.1, 0.1]",
             "clearing.members.capital=0.05"]
    for changes in ([], ["clearing.recognised=1.0"], ["clearing.recognised=0.0"],
                    ["shocks.float_withheld.share=0.5"], large):
        daily, day, model = run("history_nasdaq_2018", changes, 6)
        days = slice(day, day + 7)
        row = model.blocks.label_of.index("large_trader")
        layers = {name[6:-6]: round(float(daily[name][days].sum()) / MILLION, 3) for name in daily
                  if name.startswith("layer_") and daily[name][days].any()}
        print("nasdaq", *changes, "margin of the spread", round(held_margin(changes, row), 3),
              "deficit", round(daily["default_deficit_cents"][days].sum() / MILLION, 3),
              "paid by its member", round(daily["guaranteed_cents"][days].sum() / MILLION, 3), layers,
              "fund", round(daily["fund_cents"][day - 1] / MILLION, 3),
              "members failed", int(daily["member_defaults"][days].sum()))


def held_margin(changes: list[str], row: int) -> float:
    """$ million that an account must hold on the eve of the first shock."""
    _, _, model = run("history_nasdaq_2018", changes, -1)
    return float(model.house.required[row]) / MILLION


if __name__ == "__main__":
    for part in (nickel, crypto, march, nasdaq):
        part()
