"""What forced selling does to prices and to those who hold the same things."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class FireSale(NamedTuple):
    """One round of selling by firms that keep their leverage. i: firm, k: asset; losses are positive.

    aggregate_vulnerability : share of all equity lost through selling (without the direct loss)
    systemicness : float64[i]  the part of it that the selling of each firm causes; sums to the above
    indirect_vulnerability, direct_vulnerability : float64[i]  share of own equity lost, by selling and by the shock
    equity : float64[i] currency; first_return, second_return : float64[i] return on the portfolio
    sales : float64[i] currency, sold_by_asset : float64[k] currency  negative is sold
    price_response : float64[k] return
    """

    aggregate_vulnerability: float
    systemicness: np.ndarray
    indirect_vulnerability: np.ndarray
    direct_vulnerability: np.ndarray
    equity: np.ndarray
    first_return: np.ndarray
    second_return: np.ndarray
    sales: np.ndarray
    sold_by_asset: np.ndarray
    price_response: np.ndarray


def fire_sale(assets: ArrayLike, weights: ArrayLike, leverage: ArrayLike, impact: ArrayLike,
              shock: ArrayLike) -> FireSale:
    """One round of selling after a shock to asset returns, by firms that return to their leverage.

    Parameters
    ----------
    assets : [i] currency; weights : [i, k] share of each asset in a firm's assets
    leverage : [i] or one number  debt over equity that the firm returns to
    impact : [k] or one number, return per unit of currency sold; shock : [k] return, negative for a fall

    Nobody sells more than it has. Source: Greenwood, Landier & Thesmar 2015, JFE 115:471.
    """
    size, share = np.asarray(assets, dtype=float), np.asarray(weights, dtype=float)
    debt = np.full(size.shape, leverage, dtype=float) if np.ndim(leverage) == 0 else np.asarray(leverage, dtype=float)
    depth = np.full(share.shape[-1], impact, dtype=float) if np.ndim(impact) == 0 else np.asarray(impact, dtype=float)
    if depth.ndim != 1:
        raise ValueError("impact is one number an asset; of a diagonal matrix give the diagonal")
    fall = np.broadcast_to(np.asarray(shock, dtype=float), depth.shape)
    if share.shape != (len(size), len(depth)) or debt.shape != size.shape:
        raise ValueError(f"weights must be {len(size)} firms by {len(depth)} assets, and leverage one number a firm")
    equity = size / (1.0 + debt)
    first = (share * fall).sum(axis=1)
    sales = np.maximum(debt * size * first, -size)
    by_asset = (share * sales[:, None]).sum(axis=0)
    response = depth * by_asset
    second = (share * response).sum(axis=1)
    held = (size[:, None] * share).sum(axis=0)
    caused = -(share * (held * depth)).sum(axis=1) * sales / equity.sum()
    return FireSale(
        aggregate_vulnerability=float(-(size * second).sum() / equity.sum()), systemicness=caused,
        indirect_vulnerability=-size * second / equity, direct_vulnerability=-size * first / equity,
        equity=equity, first_return=first, second_return=second, sales=sales, sold_by_asset=by_asset,
        price_response=response)


class SaleRound(NamedTuple):
    """State at the start of a round of threshold selling, and what is sold in it (the last round sells nothing).

    capital, marketable : float64[i] currency; leverage : float64[i]; price : of the marketable asset
    share_sold : float64[i] of marketable; sold : currency; price_fall : share; loss : float64[i] currency
    """

    capital: np.ndarray
    marketable: np.ndarray
    price: float
    leverage: np.ndarray
    share_sold: np.ndarray
    sold: float
    price_fall: float
    loss: np.ndarray


def market_depth(volume: float, volatility: float, scale: float, days: float) -> float:
    """Currency of sales that would move the price to its floor, were impact linear.

    volume : currency a day; volatility : return a day; scale : number; days : over which is sold.
    """
    return scale * volume / volatility * math.sqrt(days)


def threshold_sales(marketable: ArrayLike, illiquid: ArrayLike, capital: ArrayLike, *, depth: float,
                    maximum: float, target: float, price: float = 1.0, floor: float = 0.5,
                    shortfall: float = 0.5, rounds: int = 1000) -> list[SaleRound]:
    """Rounds of selling by firms which sell only above a maximum leverage, down to a target.

    Parameters
    ----------
    marketable, illiquid, capital : [i] currency  after the initial shock
    depth : currency, see `market_depth`; maximum, target : assets over capital
    price, floor : of the marketable asset; shortfall : share of the price fall borne on what is sold

    A firm without capital left sells everything. Raises ArithmeticError if selling does not end.
    Source: Cont & Schaanning 2017, Norges Bank Working Paper 2/2017.
    """
    own, other = np.array(marketable, dtype=float), np.asarray(illiquid, dtype=float)
    equity, room, history = np.array(capital, dtype=float), (1.0 - floor / price) * depth, []
    for _ in range(rounds):
        total = own + other
        leverage = np.divide(total, equity, out=np.full(len(own), np.inf), where=equity > 0)
        wanted = np.divide(total - target * np.maximum(equity, 0.0), own, out=np.zeros_like(own), where=own > 0)
        sold_share = np.where(leverage > maximum, np.clip(wanted, 0.0, 1.0), 0.0)
        sold = float((sold_share * own).sum())
        fall = (1.0 - floor / price) * (1.0 - math.exp(-sold / room)) if sold else 0.0
        loss = (1.0 - (1.0 - shortfall) * sold_share) * own * fall
        history.append(SaleRound(equity, own, price, leverage, sold_share, sold, fall, loss))
        if sold == 0.0:
            return history
        equity, own, price = equity - loss, (1.0 - sold_share) * (1.0 - fall) * own, (1.0 - fall) * price
    raise ArithmeticError(f"firms still sell after {rounds} rounds")
