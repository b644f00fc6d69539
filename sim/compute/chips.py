"""What the known generations of accelerators can do, draw and cost: one block a quantity, one field a generation.

Those that follow Rubin come from these by the rule of `roadmap.py`.
"""

from __future__ import annotations

from sim.plugin import Block, param

VENDOR = ("a100", "h100", "h200", "b200", "gb300", "vr200")  # in the order in which they came
SUCCESSORS = tuple(f"next{k}" for k in range(1, 9))  # enough for ten years
GENERATIONS = (*VENDOR, *SUCCESSORS, "ascend")  # ascend: made in China, outside export control
DOMESTIC = GENERATIONS.index("ascend")
EXPORT = GENERATIONS.index("h200")  # what China is sold in place of newer chips
OLD = ("a100", "h100")  # made before large models needed fast links and much memory; they lose rent with time

SURVEY = "SemiAnalysis July 2026 pricing survey, github.com/SemiAnalysisAI/InferenceX-app gpu-keys.ts"


def _work(default: float, source: str) -> float:
    return param(default, unit="H100-equivalents per GPU", above=0, high=100,
                 doc="work of one GPU in an hour, relative to one H100", source=source)


class Throughput(Block):
    """Work per GPU."""

    a100: float = _work(0.5, "judgement between MLPerf inference (0.38) and rent ratio (0.5)")
    h100: float = _work(1.0, "definition of the unit")
    h200: float = _work(1.3, "judgement: arithmetic of the H100, twice its tokens (InferenceX), 1.2-1.45 of its rent")
    b200: float = _work(2.1, "judgement: rent ratio 2.0 and BF16 ratio 2.3 of InferenceX-app gpu-specs.ts 2026-04")
    gb300: float = _work(2.6, "judgement: BF16 ratio 2.5 of InferenceX-app gpu-specs.ts 2026-04")
    vr200: float = _work(4.0, "judgement: 1.4-3 tokens per dollar of GB300, SemiAnalysis Vera Rubin 2026-09-14")
    ascend: float = _work(0.75, "0.33 of a B200, abhs.in on Huawei Ascend 910C 2026")


def _power(default: float, source: str) -> float:
    return param(default, unit="kW per GPU", above=0, high=20,
                 doc="all-in power of one GPU at load, host and network share included, before PUE", source=source)


class Power(Block):
    """Power per GPU."""

    a100: float = _power(0.85, "judgement, scaled from the H100 by board power")
    h100: float = _power(1.37, SURVEY)
    h200: float = _power(1.37, SURVEY)
    b200: float = _power(1.71, SURVEY)
    gb300: float = _power(2.12, SURVEY)
    vr200: float = _power(3.30, SURVEY)
    ascend: float = _power(1.10, "judgement: lower board power than H100, older host")


def _retire(default: float) -> float:
    return param(default, unit="share per year", low=0, high=1,
                 doc="share of running GPUs that leave the fleet in a year through failure and age",
                 source="judgement around a failure rate of 3-9 % a year (Llama-3 training report) and a 5-year life")


class Retirement(Block):
    """How fast each generation leaves the fleet."""

    a100: float = _retire(0.25)
    h100: float = _retire(0.08)
    h200: float = _retire(0.06)
    b200: float = _retire(0.04)
    gb300: float = _retire(0.03)
    vr200: float = _retire(0.02)
    ascend: float = _retire(0.06)


def _installed(default: float) -> float:
    return param(default, unit="weight", low=0, high=1,
        doc="share in the GPUs running a year before day 0 outside China, scaled to sum to one",
        source="judgement: a year of 2.2x growth later it gives 12/26/9/25/26/2 % of units, the estimate for late 2026")


class Installed(Block):
    """Fleet at the start outside China."""

    a100: float = _installed(0.25)
    h100: float = _installed(0.42)
    h200: float = _installed(0.13)
    b200: float = _installed(0.17)
    gb300: float = _installed(0.03)
    vr200: float = _installed(0.0)
    ascend: float = _installed(0.0)


def _installed_china(default: float) -> float:
    return param(default, unit="weight", low=0, high=1,
                 doc="share in the GPUs running a year before day 0 in China, scaled to sum to one",
                 source="judgement: older Nvidia parts sold before the controls, Ascend a quarter of units")


class InstalledChina(Block):
    """Fleet at the start in China."""

    a100: float = _installed_china(0.30)
    h100: float = _installed_china(0.40)
    h200: float = _installed_china(0.0)
    b200: float = _installed_china(0.05)
    gb300: float = _installed_china(0.0)
    vr200: float = _installed_china(0.0)
    ascend: float = _installed_china(0.25)


class Takeover(Block):
    """When a new generation takes over the deliveries of the old one (logistic)."""

    b200_day: float = param(-441.0, unit="business days", low=-2520, high=5040,
                            doc="day on which B200 is half of what H200 and B200 together deliver",
                            source="Nvidia results FY26: Blackwell most of data-centre sales from early 2025")
    gb300_day: float = param(-189.0, unit="business days", low=-2520, high=5040,
                             doc="day on which GB300 is half of what B200 and GB300 together deliver",
                             source="Nvidia results Q4 FY26, GB300 ramp early 2026")
    vr200_day: float = param(189.0, unit="business days", low=-2520, high=5040,
                             doc="day on which VR200 is half of all Nvidia deliveries",
                             source="SemiAnalysis Vera Rubin 2026-09-14, volume in 2027")
    width: float = param(63.0, unit="business days", above=0, high=1260,
                         doc="days from 50 % to 73 % of deliveries", source="judgement: a ramp of about a year")
    least: float = param(0.01, unit="share", above=0, high=0.2,
                         doc="share of deliveries below which a generation is not made yet, or no longer",
                         source="judgement: first samples, and a line that is closed")


def _own_cost(default: float, source: str) -> float:
    return param(default, unit="$/GPU-hour", above=0, high=100,
                 doc="full cost of owning a new one: purchase, site, power and capital", source=source)


class OwnCost(Block):
    """What a GPU-hour costs its owner in the long run."""

    a100: float = _own_cost(0.85, "judgement, scaled from the H100 by unit price and power")
    h100: float = _own_cost(1.55, SURVEY)
    h200: float = _own_cost(1.59, SURVEY)
    b200: float = _own_cost(2.07, SURVEY)
    gb300: float = _own_cost(2.79, SURVEY)
    vr200: float = _own_cost(3.61, SURVEY)
    ascend: float = _own_cost(0.95, "judgement: unit price of 20,000 $ against 30,000 $ of the H100, lower power")


def _launch(default: float) -> float:
    return param(default, unit="years before day 0", low=-20, high=20, doc="first volume deliveries",
                 source="Nvidia and Huawei results and launch notes 2020-2026")


class Launch(Block):
    """When each generation came: older ones have fewer years of rent left."""

    a100: float = _launch(6.0)
    h100: float = _launch(3.5)
    h200: float = _launch(2.25)
    b200: float = _launch(1.75)
    gb300: float = _launch(1.0)
    vr200: float = _launch(0.0)
    ascend: float = _launch(1.5)


class Successors(Block):
    """The generations after Rubin."""

    cadence: float = param(1.2, unit="years", low=0.25, high=10, doc="from one generation to the next",
                           source="mean from A100 (2020) to Rubin (2026); roadmaps shown by Nvidia: one a year")
    pace: float = param(1.0, unit="ratio", low=0, high=3,
                        doc="growth of work, power and cost from one generation to the next over the past trend",
                        source="judgement: the trend goes on")
    retirement: float = param(0.02, unit="share per year", low=0, high=1,
                              doc="share of running GPUs that leave the fleet in a year", source="judgement: as Rubin")


class GenerationDemand(Block):
    """How users choose among generations."""

    old_age: float = param(3.5, unit="years", low=0, high=20,
        doc="years after its launch from which a generation loses rent with time",
        source="the H100 on day 0; older ones lose it from then on as well")
    substitution: float = param(6.0, unit="elasticity", low=1, high=100,
        doc="elasticity of substitution between the work of two generations; below 1 new ones make old ones dear",
        source="judgement: rents per unit of work lie within 20 % of each other, SemiAnalysis July 2026 survey")
    ahead: float = param(126.0, unit="business days", low=0, high=1260,
                         doc="how far ahead of the running fleet users' wishes are",
                         source="judgement: half a year, the time in which models are written for new chips")
    familiar: float = param(0.05, unit="share", above=0, high=1,
                            doc="share of work below which a generation is too rare to be fought over",
                            source="judgement: keeps the launch premium of Rubin near 2.35 / 1.8 of Blackwell's")
    idle_retirement: float = param(0.5, unit="share per year", low=0, high=10,
                                   doc="GPUs that do not cover their avoidable cost and leave the fleet in a year",
                                   source="judgement: operators keep dark machines for a year or two")
    life: float = param(6.0, unit="years", above=0, high=20, doc="years in which a generation earns rent",
                        source="facts on useful life: accounting 5.5 years, A100 of 2020 still rented in 2026")
    site_share: float = param(0.35, unit="share", low=0, high=1,
        doc="part of the cost of owning that is site, power and staff, which a buyer of a used GPU pays too",
        source="judgement: colocation and power of some 180 $ a month and kW in the cost of SemiAnalysis 2026-07")
    term_discount: float = param(0.12, unit="log", low=0, high=1,
        doc="rent sold for years ahead below the rent expected, as more owners than users sell forward",
        source="Bandi and Su, arXiv 2607.12156: futures 5-25 % below the later spot; H100 2.00 $ against 2.35 $")
    cheapening: float = param(0.336, unit="log per year", low=0, high=2,
        doc="fall of the rent of work beyond the outlook, as later generations make it cheaper",
        source="tokens per dollar 1.4x a year, SemiAnalysis Vera Rubin 2026-09-14")
    discount: float = param(0.12, unit="per year", low=0, high=1, doc="return that buyers of used GPUs require",
                            source="judgement: cost of capital of GPU-backed loans 9-14 % a year")


class Chips(Block):
    """Accelerators by generation."""

    throughput: Throughput = Throughput()
    power: Power = Power()
    retirement: Retirement = Retirement()
    installed: Installed = Installed()
    installed_china: InstalledChina = InstalledChina()
    takeover: Takeover = Takeover()
    own_cost: OwnCost = OwnCost()
    launch: Launch = Launch()
    successors: Successors = Successors()
    demand: GenerationDemand = GenerationDemand()
