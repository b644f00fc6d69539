"""Orders, allocation of chips and the public outlook of energisations, on arrays of owners and days."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from sim.compute.deliveries import CHINA
from sim.compute.layout import HYPERSCALER, MONTH_DAYS, MONTHS


def vendor_output(p: SimpleNamespace, vendor_view: float, day: float) -> float:
    """Chips the vendor can make in a day (H100e), before disruptions: a trend bent by the smoothed strip."""
    return p.vendor_rate * math.exp(p.growth_supply * day + p.vendor_response * vendor_view)


def place_orders(p: SimpleNamespace, rent: np.ndarray, paying: np.ndarray, provider: np.ndarray) -> np.ndarray:
    """float64[n] H100e: orders of today, to keep fleets on trend; more where the rent expected is high.

    rent   : float64[3, 4] log $/H100e-hour  expected by kind of owner and region
    paying : float64[3, 4]                   share of projects that cover their cost
    """
    want = p.order_rate * np.exp(p.order_response * (rent - p.log_reference)) * paying
    return provider["capacity"] * want[provider["kind"], provider["region"]] * provider["order_multiplier"]


def allocate(p: SimpleNamespace, output: float, export_control: float, region: np.ndarray, provider: np.ndarray,
             eligible: np.ndarray, domestic: float = 1.0,
             accepted: np.ndarray | None = None) -> tuple[np.ndarray, float]:
    """Chips delivered today out of the vendor's `output` (float64[n] H100e), and what part of those offered was taken.

    Orders become eligible after the lead time (`eligible`, float64[n]) and wait in the owner's queue. Hyperscalers
    are served a little better than pro rata. What export control stops is cancelled, and most of it goes to
    others in proportion to their own deliveries, never beyond their queue. A share above 1 serves Chinese orders
    that waited, out of what others would have got. Chinese makers, `domestic` times normal, deliver on top.
    Who takes only a share `accepted` (float64[n]) of what he is offered leaves the rest in his queue; it goes to
    those who take all, or is not made.
    """
    queue = provider["queue"] + eligible
    large = provider["kind"] == HYPERSCALER
    first, rest = queue[large].sum(), queue[~large].sum()
    pro_rata = min(1.0, output / max(first + rest, 1e-9))
    fill_first = min(1.0, (1 + p.hyperscaler_favour) * pro_rata, output / max(first, 1e-9))
    fill_rest = min(1.0, max(0.0, output - fill_first * first) / max(rest, 1e-9))
    amount = np.where(large, fill_first, fill_rest) * queue
    queue -= amount
    taken = 1.0
    if accepted is not None:
        offered = amount.sum()
        refused = amount * (1.0 - accepted)
        amount -= refused
        queue += refused
        eager = np.where(accepted < 1.0, 0.0, amount)
        extra = np.minimum(queue, refused.sum() / max(eager.sum(), 1e-9) * eager)
        amount += extra
        queue -= extra
        taken = float(amount.sum() / max(offered, 1e-9))
    china = provider["region"] == CHINA
    home = np.where(china, amount * (1 - p.nvidia_share_china) * (domestic - 1), 0.0)
    if export_control < 1:
        stopped = np.where(china, amount * p.nvidia_share_china * (1 - export_control), 0.0)
        amount -= stopped
        others = np.where(china, 0.0, amount)
        extra = np.minimum(queue, p.refusal_redirected * stopped.sum() / max(others.sum(), 1e-9) * others)
        amount += extra
        queue -= extra
    elif export_control > 1:
        others = np.where(china, 0.0, amount)
        more = np.where(china, np.minimum(queue, amount * p.nvidia_share_china * (export_control - 1)), 0.0)
        more *= min(1.0, others.sum() / max(more.sum(), 1e-9))
        less = more.sum() / max(others.sum(), 1e-9) * others
        amount += more - less
        queue += less - more
    amount += home
    provider["queue"] = queue
    total = amount.sum()
    if total > 0:
        here = np.bincount(provider["region"], amount, len(region))
        region["delivery_share"] += 0.05 * (here / total - region["delivery_share"])
    return amount, taken


class Outlook:
    """Energisations that the public expects, by region and month ahead, from orders, sites and vendor output.

    Deliveries are the least of vendor output and orders waiting: cumulated, output plus the running minimum of
    (orders - output). Disruptions (dials) are expected to fade.
    """

    def __init__(self, p: SimpleNamespace) -> None:
        days = np.arange(1, MONTHS * MONTH_DAYS + 1)
        self.p, self.trend, self.faded = p, np.exp(p.growth_supply * days), p.shock_decay ** days
        self.trend_sum = np.cumsum(self.trend)
        edges = np.arange(0, days.size + 1, MONTH_DAYS)  # a month ends on the day that the next begins after
        self.on_time = np.maximum(0, edges - int(p.site_time))
        self.high = np.maximum(0, edges - int(p.site_time) - int(p.late_least) + 1)
        self.low = np.maximum(0, edges - int(p.site_time) - int(p.late_most))
        self.late = p.late_share / (p.late_most - p.late_least + 1)
        self.starts = edges[:-1]
        self.faded_months = p.shock_decay ** (self.starts + MONTH_DAYS / 2)
        self.wished = np.clip(p.ahead / MONTH_DAYS - np.arange(MONTHS), 0.0, 1.0)  # how far users look
        self.wait = int(p.late_least + p.late_most) // 2 // MONTH_DAYS

    def cumulated_deliveries(self, output: float, supply_mult: float, queue: float, coming: np.ndarray,
                             orders: float, lasting: float = 0.0) -> np.ndarray:
        """float64[757] H100e delivered by the end of each day ahead, 0 first.

        output : float H100e          what the vendor makes today, undisturbed
        queue  : float H100e          orders that wait at the vendor
        coming : float64[lead] H100e  orders that become eligible tomorrow, the day after, ...
        orders : float H100e          orders placed today, which stand for later ones
        lasting : float               part of missing output that is not expected to come back
        """
        n, near = self.trend.size, min(coming.size, self.trend.size)
        made = output * (self.trend_sum if supply_mult == 1 else np.cumsum(
            self.trend * np.maximum(0.0, 1 - (1 - supply_mult) * (lasting + (1 - lasting) * self.faded))))
        wanted = np.empty(n)
        np.cumsum(coming[:near], out=wanted[:near])
        wanted[near:] = wanted[near - 1] + orders * self.trend_sum[: n - near]
        gap = wanted - made
        total = np.zeros(n + 1)
        np.add(made, np.minimum(0.0, np.minimum.accumulate(gap) + queue), out=total[1:])
        return total

    def by_month(self, total: np.ndarray, share: np.ndarray, schedule: np.ndarray, site_mult: float) -> np.ndarray:
        """float64[4, 36] H100e energised by region and month ahead.

        total    : float64[757] H100e      cumulated deliveries, 0 first
        share    : float64[4]              regions' part of deliveries
        schedule : float64[4, days] H100e  chips on the way to their site, by day of energisation, tomorrow first
        """
        spread = np.zeros(total.size + 1)
        np.cumsum(total, out=spread[1:])
        running = (1 - self.p.late_share) * total[self.on_time] + self.late * (spread[self.high] - spread[self.low])
        flow = share[:, None] * np.diff(running)
        near = schedule[:, : MONTHS * MONTH_DAYS]
        under_way = np.add.reduceat(near, self.starts[self.starts < near.shape[1]], axis=1)
        flow[:, : under_way.shape[1]] += under_way
        if site_mult != 1:  # what is held back is expected half-way between the least and the largest extra wait
            held = flow * (max(0.0, 1 - site_mult) * self.faded_months)
            flow -= held
            flow[:, self.wait:] += held[:, : MONTHS - self.wait]
        return flow
