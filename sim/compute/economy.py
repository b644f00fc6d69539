"""The physical compute economy, one business day at a time. Read `Economy.step` first.

Fleets, deliveries, sites and retirements are whole GPUs whose books balance with ``==``; queues at the
vendor, capacity in H100-equivalents, demand and prices are floats.
"""

from __future__ import annotations

import copy
import math

import numpy as np

from sim.calendar import Calendar
from sim.compute import capacity, deliveries, start, supply
from sim.compute.chips import GENERATIONS
from sim.compute.classes import class_rows, class_shares
from sim.compute.config import REGIONS, ComputeConfig
from sim.compute.dials import Dials
from sim.compute.events import Events
from sim.compute.generation_kernels import rank_generations
from sim.compute.generations import TABLE
from sim.compute.indices.base import Index
from sim.compute.indices.deals import AHEAD
from sim.compute.kernels import step_market
from sim.compute.layout import (
    MONTH_DAYS,
    MONTHS,
    WORLD,
    by_region,
    derive,
    horizon_table,
    pack,
)
from sim.compute.list_kernels import step_lists
from sim.compute.operators import Operators, fringe, join, starting_shares
from sim.compute.order_book import OrderBook
from sim.compute.readings import Readings
from sim.compute.roadmap import chip_table
from sim.compute.supply_kernels import move_fleet
from sim.compute.tokens import TokenPrices
from sim.streams import Streams

__all__ = ["REGIONS", "Economy", "Operators"]


class Economy(Readings, Events):
    """Chips, fleets, demand, spot and list prices, indices and what the public expects of them.

    Parameters
    ----------
    config    : ComputeConfig
    operators : Operators  owners of GPUs that take part in the market; rows 0..n-1 of every per-owner array
    streams   : Streams    all luck of the run
    calendar  : Calendar   its burn-in is the economy's burn-in
    indices   : tuple[Index, ...]  published every day; the first is the one a passed curve settles on

    Raises ValueError for two indices of one name, or a region without any owner.
    """

    def __init__(self, config: ComputeConfig, operators: Operators, streams: Streams, calendar: Calendar,
                 indices: tuple[Index, ...]) -> None:
        labels = [index.label for index in indices]
        if len(set(labels)) < len(labels):
            raise ValueError(f"two indices have one name in {labels}: set `name`")
        self.config, self.streams, self.calendar, self.indices = config, streams, calendar, indices
        self.owners = join(operators, fringe(config, operators, streams))
        self.p, self.chips, self.dials = derive(config), chip_table(config), Dials()
        self.parameters = pack(self.p)
        self._horizon, self._ahead = horizon_table(self.p), supply.Outlook(self.p)
        self.power_price = by_region(config.supply.power_price)
        self.day = -calendar.burn_in - 1
        self._start_supply()
        self._start_prices()
        self.tokens = TokenPrices(config, streams)
        self._index_state = {index.label: index.start(self) for index in indices}
        self._start_outputs()

    def _start_supply(self) -> None:
        """Fleets and everything under way."""
        c, first = self.config, self.day + 1
        shares = starting_shares(c, self.owners)
        self.provider = start.provider_rows(c, self.owners, shares, first, self.streams.key("compute.markup"))
        self.fleet = start.first_fleet(c, self.provider, self.chips)
        self.provider["capacity"] = (self.fleet * self.chips["throughput"]).sum(axis=1)
        horizon = c.supply.site_time + max(c.supply.late_most, c.supply.late_least) + 2
        self.waiting = start.sites_under_way(c, self.p, self.provider, self.chips, first, horizon)
        self.received = self.fleet + self.waiting.sum(axis=0)
        self.retired = np.zeros_like(self.fleet)
        self.idle, self.gpus = np.zeros_like(self.fleet), self._first_book()
        self.book = OrderBook(start.orders_under_way(c, self.p, self.provider), self.provider["kind"],
                              self.provider["region"], self.p.cancellable)
        self.orders, self.ordered = np.zeros(len(self.provider)), np.zeros(len(self.provider))
        self._open, self._cost_of_work = deliveries.licences(c), deliveries.cost_of_work(c, self.chips)
        self._route = deliveries.Route(self.p, self.chips, self._open)
        self._carry, self._worn = np.zeros(self.fleet.shape), np.zeros(self.fleet.shape)
        self._taken, self._smuggled = 1.0, np.zeros((len(REGIONS), len(GENERATIONS)))
        work = (self.waiting * self.chips["throughput"]).sum(axis=2)
        self._schedule = np.zeros((len(REGIONS), horizon))
        self._weights = np.zeros((len(REGIONS), len(GENERATIONS)))
        for r in range(len(REGIONS)):
            here = self.provider["region"] == r
            self._schedule[r] = work[:, here].sum(axis=1)
            region_work = self.fleet[here].sum(axis=0) * self.chips["throughput"]
            self._weights[r] = region_work / region_work.sum()

    def _start_prices(self) -> None:
        """Prices and expectations at the reference."""
        p, regions = self.p, len(REGIONS)
        energy = self.chips["power"] * p.pue * self.power_price[:, None]
        cost = (self.chips["avoidable"] + energy) / self.chips["throughput"]
        self._log_cost = np.log(cost)
        self.level, self._runs = np.zeros(cost.shape), np.ones(cost.shape)
        self._mix = self._route.today(self.day, self.dials).mix
        self.region = start.region_rows(self.config, p, self.provider, self._weights, self._log_cost, self.day + 1)
        self.world = np.zeros(1, WORLD)
        w = self.world[0]
        w.capacity, w.efficiency = self.provider["capacity"].sum(), math.exp(p.efficiency_growth * (self.day + 1))
        w.growth_anchor, w.index_level = p.growth_demand, p.log_reference
        self._shares = class_shares(self.config)
        self.classes, self.parts = class_rows(self.config, p, self._shares, self.day + 1), self._shares.copy()
        self.region["coming"] = p.modernisation
        self._rank_generations()
        self.region["crowding_first"] = self.region["crowding"]
        self.outlook = np.full((regions, MONTHS), p.log_reference)
        self._path = np.full((regions, MONTHS + 1), p.log_reference)
        self._future = np.zeros((regions, MONTHS))
        self._prefix, self._response = np.zeros(MONTHS + 1), np.zeros(MONTHS + 1)

    def _start_outputs(self) -> None:
        days = len(self.calendar.dates)
        self.index_history = {index.label: np.full(days, np.nan) for index in self.indices}
        self.index_value = {index.label: math.nan for index in self.indices}
        self.trust = {index.label: math.nan for index in self.indices}
        self.forecast = {index.label: np.full(MONTHS, np.nan) for index in self.indices}
        months = int(self.calendar.month_of[-1] - self.calendar.month_of[0]) + 1
        self.generation_history = {name: np.full((months, *self.level.shape), np.nan) for name in TABLE}
        self._first_float = self.float_capacity

    # --- the day -------------------------------------------------------------------------------------

    def burn_in(self) -> None:
        """The unreported days before day 0, without a futures curve."""
        for day in range(-self.calendar.burn_in, 0):
            self.step(day)

    def step(self, day: int, curve: np.ndarray | None = None) -> None:
        """One business day: chips, demand, spot, lists, expectations, indices, consensus.

        curve : float64[36] $/GPU-hour  futures on the first index by delivery month from the month of this day,
                as last settled; nan where not listed or illiquid; None without a market
        """
        if day != self.day + 1:
            raise ValueError(f"day {day} follows day {self.day}: days are stepped one by one")
        self.day = day
        self.dials.begin(day)
        self._read_curve(curve)
        self._move_chips()
        self._expect_sites()
        self._trade()
        self.tokens.step(self, day)
        self._publish()
        self._keep_month()

    def _move_chips(self) -> None:
        elapsed, p, d, world = self.day + self.calendar.burn_in, self.p, self.dials, self.world
        slot, site = elapsed % len(self.book.placed), elapsed % len(self.waiting)
        strip = self.region["strip"] + world["curve_orders"]
        view = float((self.region["capacity"] * strip).sum() / self.region["capacity"].sum()) - p.log_reference
        world["vendor_view"] += p.vendor_gain * (view - world["vendor_view"])
        self._output = supply.vendor_output(p, float(world["vendor_view"][0]), self.day)
        mix, reach, smuggled = self._route.today(self.day, d)
        due, made = self.book.due(slot), self._output * d.supply_mult
        delivered, self._taken = supply.allocate(p, made, reach, self.region, self.provider, due, d.domestic_mult,
                                                 self.book.accepted(p))
        self._mix, self._smuggled[deliveries.CHINA] = mix, smuggled
        move_fleet(self.parameters, d.world, d.regional, self.chips, world, self.region, self.provider, delivered,
                   mix, self._runs, self._carry, self._worn, self.fleet, self.received, self.retired, self.idle,
                   self._dark(), self.gpus, self._smuggled, deliveries.TRANSIT, self.waiting, self._schedule,
                   self._weights, self.streams.key("compute.sites", self.day), site)
        self.check()
        self._order(slot, strip)

    def _order(self, slot: int, strip: np.ndarray) -> None:
        """Orders of today, and those of yesterday and before that are dropped."""
        p, d, world = self.p, self.dials, self.world
        capacity.remember_prices(p, self.region)
        rent = capacity.expected_rent(p, self.region, strip, float(world["curve_share"][0]))
        dearer = d.cost_mult[:, None]
        going = capacity.pays(p, rent, (self._mix * self._cost_of_work).sum(axis=1) * dearer)
        going *= d.order_mult[:, None] * dearer ** -p.order_response
        self.orders = orders = supply.place_orders(p, rent, going, self.provider)
        self.book.review(p, going, self.provider)
        self.book.place(slot, orders)
        self.ordered += orders
        world["orders"] = orders.sum()

    def _expect_sites(self) -> None:
        """Energisations expected in the months ahead."""
        elapsed, d = self.day + self.calendar.burn_in, self.dials
        slot, site = (elapsed + 1) % len(self.book.placed), (elapsed + 1) % len(self.waiting)
        coming = self.book.coming(slot)
        schedule = np.concatenate([self._schedule[:, site:], self._schedule[:, :site]], axis=1)
        total = self._ahead.cumulated_deliveries(self._output, d.supply_mult * self._taken,
                                                 float(self.provider["queue"].sum()), coming,
                                                 float(self.world["orders"][0]), min(1.0, d.lasting_add))
        self._future = self._ahead.by_month(total, self.region["delivery_share"], schedule, d.site_mult)
        coming = (self._future * self._ahead.wished).sum(axis=1)
        self.region["coming"] = coming / np.maximum(self.region["capacity"], 1e-9)

    def _trade(self) -> None:
        """Spot markets today and as expected, then list prices."""
        day, d, rows = self.day, self.dials, len(REGIONS) + 1
        scale = self.config.demand.burn_in_scale if day < 0 else 1.0
        z = self.streams.normal("compute.demand", rows * 9, day).reshape(rows, 9)
        u = self.streams.uniform("compute.jumps", rows * 2, day).reshape(rows, 2)
        self._rank_generations()
        self._read_terms()
        step_market(self.parameters, d.world, d.regional, d.classes, self._horizon, self.world, self.region,
                    self.classes, self._shares, self.parts, self._weights, self._log_cost, self._future, z, u,
                    self._prefix, self._response, self._path, self.outlook, float(day), scale)
        step_lists(self.parameters, self.world, self.region, self.provider, self.streams.key("compute.lists", day),
                   float(day))

    def _rank_generations(self) -> None:
        """What each generation's work fetches, and which are worth running."""
        rank_generations(self.parameters, self.dials.regional, self.chips, self.world, self.region, self.power_price,
                         self._mix, self._weights, self.level, self._log_cost, self._runs, float(self.day))

    def _publish(self) -> None:
        """Index values of the day, and the consensus for every delivery month."""
        day, calendar = self.day, self.calendar
        month, row = calendar.month(day), day + calendar.burn_in
        first, left = max(0, calendar.first_day(month) + calendar.burn_in), calendar.last_day(month) - day
        centres = left + MONTH_DAYS * np.arange(MONTHS) - MONTH_DAYS / 2
        centres[0] = left / 2
        for index in self.indices:
            state, history = self._index_state[index.label], self.index_history[index.label]
            value = index.value(self, state, day)
            if math.isnan(value):  # too few have reported: yesterday's value stands, on a first day that of deals
                value = self.index_value[index.label]
                value = math.exp(index.transactions(self, day)) if math.isnan(value) else value
            self.index_value[index.label] = math.floor(value * index.per_unit + 0.5) / index.per_unit
            history[row] = value = self.index_value[index.label]
            self.trust[index.label] = index.trust(self, state, day, value)
            path = np.exp(np.interp(centres, AHEAD, index.expected(self, state, day)))
            seen = history[first:row + 1]
            path[0] = (seen.sum() + left * path[0]) / (len(seen) + left)
            self.forecast[index.label] = path

    def _keep_month(self) -> None:
        """On the last day of a month its table of generations; the first float that is reported."""
        if self.day <= 0:
            self._first_float = self.float_capacity
        month = self.calendar.month(self.day)
        if self.day == self.calendar.last_day(month):
            row = month - int(self.calendar.month_of[0])
            for name in TABLE:
                self.generation_history[name][row] = getattr(self, f"generation_{name}")

    # --- copies ------------------------------------------------------------------------------------------

    _STATE: tuple[str, ...] = (
        "day", "provider", "fleet", "waiting", "received", "retired", "idle", "gpus", "orders", "ordered", "book",
        "_taken", "_smuggled", "_carry", "_worn", "_schedule", "_weights", "_log_cost", "level", "_runs", "_mix",
        "region", "world", "classes", "parts", "outlook", "_path", "_future", "index_history", "index_value", "trust",
        "generation_history", "_first_float", "forecast", "_index_state")

    def snapshot(self) -> dict:
        """All that changes, copied."""
        out = {name: copy.deepcopy(getattr(self, name)) for name in self._STATE}
        out["dials"] = self.dials.snapshot()
        out["tokens"] = self.tokens.snapshot()
        return out

    def restore(self, state: dict) -> None:
        """Return to a snapshot; the snapshot may be used again."""
        for name in self._STATE:
            setattr(self, name, copy.deepcopy(state[name]))
        self.dials.restore(state["dials"])
        self.tokens.restore(state["tokens"])
