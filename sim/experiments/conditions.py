"""Conditions on figures, such as ``defaults > 0 and not (house_loss < 1.5)``: read by a grammar, never run as code.

Allowed are names of figures, numbers, the six comparisons (also chained), and, or, not and brackets.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sim.errors import bad_input, near_miss

SIGNS: dict[type, Callable[[float, float], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne}


class Condition(NamedTuple):
    """A condition that has been read.

    names : the figures that it looks at, in order
    """

    text: str
    names: tuple[str, ...]
    tree: ast.expr

    def holds(self, figures: Mapping[str, float]) -> bool:
        """Whether it holds; a comparison with a figure that is unknown does not."""
        return bool(_value(self.tree, figures))


def condition(text: str, known: Mapping[str, object]) -> Condition:
    """Read a condition.

    known : names of figures; a name may go on after one of them with an underscore

    Raises BadInput with the place and the reason: another kind of expression, or a figure that there is not.
    """
    where = f"condition {text!r}"
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        place = f" near character {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        raise bad_input(where, f"this cannot be read{place}; a comparison such as defaults > 0 is expected") from None
    names: list[str] = []
    if not _is_condition(tree, names, where):
        raise bad_input(where, "a comparison is expected, such as defaults > 0")
    for name in names:
        if not any(name == key or name.startswith(f"{key}_") for key in known):
            raise bad_input(where, f'there is no figure "{name}"{near_miss(name, known) or "; `compute-futures run` "}'
                            + ("" if near_miss(name, known) else "writes all of them to summary.csv"))
    return Condition(text, tuple(dict.fromkeys(names)), tree)


def _is_condition(node: ast.expr, names: list[str], where: str) -> bool:
    """Whether a part is true or false; collects names. Raises BadInput for what the grammar does not have."""
    if isinstance(node, ast.BoolOp):
        return all(_is_condition(each, names, where) or _wrong(each, where) for each in node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _is_condition(node.operand, names, where) or _wrong(node.operand, where)
    if isinstance(node, ast.Compare):
        if not all(type(sign) in SIGNS for sign in node.ops):
            raise bad_input(where, "only <, <=, >, >=, == and != compare figures")
        for side in (node.left, *node.comparators):
            if isinstance(side, ast.Name):
                names.append(side.id)
            elif not _is_number(side):
                _wrong(side, where)
        return True
    return _wrong(node, where) if not isinstance(node, ast.Name | ast.Constant) else False


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        node = node.operand
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _wrong(node: ast.expr, where: str) -> bool:
    raise bad_input(where, f"`{ast.unparse(node)}` is neither a comparison, a figure nor a number")


def _value(node: ast.expr, figures: Mapping[str, float]) -> float:
    if isinstance(node, ast.BoolOp):
        together = all if isinstance(node.op, ast.And) else any
        return together(_value(each, figures) for each in node.values)
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, figures)
        return not inner if isinstance(node.op, ast.Not) else -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.Compare):
        sides = [_value(each, figures) for each in (node.left, *node.comparators)]
        known = not any(math.isnan(side) for side in sides)
        return known and all(SIGNS[type(sign)](a, b) for sign, a, b in zip(node.ops, sides, sides[1:], strict=False))
    if isinstance(node, ast.Name):
        return figures.get(node.id, math.nan)
    assert isinstance(node, ast.Constant) and isinstance(node.value, int | float)
    return float(node.value)
