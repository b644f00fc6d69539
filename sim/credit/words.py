"""The credit of a scenario in English, before anything is run."""

from __future__ import annotations

from collections.abc import Iterator

from sim.credit.config import CreditConfig


def in_english(config: CreditConfig) -> Iterator[str]:
    """One paragraph each on loans, owners, auctions, banks and pools."""
    loans, owners, sale, banks, pools = config.loans, config.owners, config.collateral, config.banks, config.pools
    part = lambda share: f"{100 * share:g} %"
    stops = "when lenders do"
    if owners.may_stop:
        stops = f"by themselves under {part(owners.may_stop)} of the cash they aim at"
    yield (f"Data-centre operators borrow {part(loans.to_cost)} of what they build against their GPUs and "
           f"{part(loans.junior)} in notes, and repay the loan over {loans.years:g} years. Above a loan to value of "
           f"{loans.stop_at:g}, or with cash flow under {loans.coverage:g} times debt service, they may not draw and "
           f"building halts." + (f" They must have sold {part(loans.hedge_share)} of their output ahead."
                                if loans.hedge_share else ""))
    yield (f"Owners refill an operator that has run out of cash up to a loan to value of about {owners.rescue_to:g}; "
           f"{part(owners.committed)} of planned spending is due for half a year after building has halted; "
           f"they stop {stops}.")
    yield (f"GPUs of operators in default are auctioned {sale.sale_first} to {sale.sale_last} days later; each per "
           f"cent of all operators' capacity takes about {sale.impact:g} % off the price, down to {part(sale.least)} "
           f"of value.")
    yield (f"Banks start with equity of {part(banks.start)} of assets and have lent operators {banks.lent:g} times "
           f"that equity; under {part(banks.buffer)} they sell and lend no more, under {part(banks.fails)} they are "
           f"closed.")
    yield (f"Banks pool {part(pools.sold)} of their sound loans a quarter; raters believe in a correlation of "
           f"{pools.correlation:g}; repo lenders ask for a haircut of {part(pools.haircut)}; private credit is gated "
           f"when more than {part(pools.gate)} a quarter is asked back.")
