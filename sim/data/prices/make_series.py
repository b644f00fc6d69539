"""Make the price series of this folder from the collected tables: ``python make_series.py TABLES``.

TABLES is a folder with gcp_gpu_price_changes_by_region.csv (date, gpu, term, region, price; every change of a posted
price), primeintellect_gpu_quotes_subhourly_2025-10_11.csv (timestamp_utc, gpu, mean) and
gpurentalprices_daily_offers_2026-07_08.csv (date, provider, gpu, term, variant, usd_per_gpu_hour), collected from
the sources that ``sim/data/README.md`` names. Series are written beside this file, as ``date,price``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
DECIMALS = 5


def posted(tables: Path, gpu: str, first: str, regions: list[str] | None = None) -> Any:
    """Posted spot price on each business day: geometric mean over regions that had one on the first day."""
    changes: Any = pd.read_csv(tables / "gcp_gpu_price_changes_by_region.csv", parse_dates=["date"])
    changes = changes[(changes["gpu"] == gpu) & (changes["term"] == "spot")]
    wide = changes.pivot_table(index="date", columns="region", values="price", aggfunc="last")
    days = pd.bdate_range(first, wide.index.max())
    wide = wide.reindex(wide.index.union(days)).ffill().reindex(days)
    wide = wide[regions] if regions else wide.loc[:, wide.iloc[0].notna()]
    return np.exp(np.log(wide).mean(axis=1))


def quoted(tables: Path, gpu: str) -> Any:
    """Mean of the offers on a marketplace, at each time of collection."""
    quotes: Any = pd.read_csv(tables / "primeintellect_gpu_quotes_subhourly_2025-10_11.csv")
    quotes = quotes[quotes["gpu"] == gpu].set_index("timestamp_utc")["mean"]
    return quotes[~quotes.index.duplicated()].sort_index()


def offered(tables: Path, gpu: str, first: str) -> Any:
    """Geometric mean of on-demand offers that were there on every day since the first."""
    offers = pd.read_csv(tables / "gpurentalprices_daily_offers_2026-07_08.csv")
    offers = offers[offers["gpu"].str.startswith(gpu) & (offers["term"] == "on_demand") & (offers["date"] >= first)]
    wide = offers.pivot_table(index="date", columns=["provider", "gpu", "variant"], values="usd_per_gpu_hour")
    return np.exp(np.log(wide.dropna(axis=1)).mean(axis=1))


def write(name: str, series: Any) -> None:
    """One file, and a line that says what is in it."""
    days = series.index
    dates = days.strftime("%Y-%m-%d") if isinstance(days, pd.DatetimeIndex) else days
    rows = [f"{date},{price:.{DECIMALS}f}" for date, price in zip(dates, series, strict=True)]
    (HERE / f"{name}.csv").write_text("\n".join(["date,price", *rows]) + "\n", encoding="utf-8")
    print(f"{name}: {len(rows)} prices, {dates[0]} to {dates[-1]}, {series.min():.2f} to {series.max():.2f} dollars")


def main(tables: Path) -> None:
    """All series."""
    write("h100_spot_google_us_central1", posted(tables, "H100-80GB(8g)", "2024-05-17", ["us-central1"]))
    write("a100_spot_google_regions", posted(tables, "A100-80GB", "2023-05-08"))
    write("l4_spot_google_regions", posted(tables, "L4", "2023-05-08"))
    write("h100_quotes_prime_intellect", quoted(tables, "H100_80GB_SXM5"))
    write("h100_offers_gpurentalprices", offered(tables, "h100", "2026-07-20"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
