"""Colours of every figure, table and page. Import names, never type a colour elsewhere.

Text on a page has a contrast of at least 4.5 to 1, marks of 3 to 1, and colours that meet in one figure
stay apart for readers with deuteranopia and protanopia; labels, dashes and order carry the rest.
"""

from __future__ import annotations

INK, SOFT, GRID, PAPER = "#1D2733", "#4A5563", "#DDE2E8", "#FFFFFF"
DARK = {"ink": "#E8ECF1", "soft": "#B3BDC9", "grid": "#313B47", "paper": "#12181F"}

FAMILY = {  # one colour for each family of participants; types within one are told apart by a label
    "users": "#2A55A5", "suppliers": "#1E8359", "speculators": "#C2410C", "liquidity": "#451162",
    "credit": "#5D4813", "clearing": "#363B42", "passive": "#8A94A0"}
FAMILY_NAME = {
    "users": "users of compute", "suppliers": "suppliers", "speculators": "speculators", "liquidity": "market makers",
    "credit": "lenders", "clearing": "clearing house", "passive": "other traders"}
REGION = {"us": ("#2E4DA6", "-"), "cn": ("#C24378", (0, (5, 1.6))), "eu": ("#745D0D", (0, (1.2, 1.2))),
          "row": ("#00423E", (0, (6, 1.5, 1.2, 1.5)))}
PRICE = {"spot": INK, "list": "#8A94A0", "transaction": "#0B8091", "assessed": "#9C1B57", "futures": "#4A45B8"}
VARIANT = ("#8A94A0", "#0B7F90", "#9C1B57", "#6A4A00")  # compared scenarios in order; grey is the baseline
AMOUNT = ("#F5F1E6", "#7A5B00")  # one-directional quantities: more is darker
BETTER, WORSE = "#2B689C", "#A84A14"


def mix(a: str, b: str, share: float) -> str:
    """Colour ``a`` with a share of ``b`` mixed in."""
    pairs = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (a, b)]
    return "#" + "".join(f"{round(x + (y - x) * share):02X}" for x, y in zip(*pairs, strict=True))


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two colours, 1 to 21. Source: WCAG 2.2, relative luminance."""
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def for_dark(colour: str) -> str:
    """The same hue, lightened until it can be read on a dark page."""
    share = 0.0
    while contrast(mix(colour, "#FFFFFF", share), DARK["paper"]) < 5:
        share += 0.05
    return mix(colour, "#FFFFFF", share)


def themes() -> tuple[dict[str, str], dict[str, str]]:
    """Name to value of every line and text colour on a light and on a dark page."""
    hues = {**FAMILY, **{f"region-{name}": value[0] for name, value in REGION.items()},
            **{f"price-{name}": value for name, value in PRICE.items() if value != INK},
            **{f"variant{number}": value for number, value in enumerate(VARIANT)}, "better": BETTER, "worse": WORSE}
    light = {"ink": INK, "soft": SOFT, "grid": GRID, "paper": PAPER, **hues}
    return light, {**DARK, **{name: for_dark(value) for name, value in hues.items()}}
