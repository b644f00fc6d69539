"""Every published case within its tolerance, through the function that a user calls."""

import math
from pathlib import Path

import pytest

from sim.literature import read_cases, solve
from sim.literature.cases import KNOWN, SLOW, compare, gates, is_slow, leaves, row, table

DATA = Path(__file__).parent / "data"
DOCUMENT = Path(__file__).parents[2] / "docs" / "validation_literature.md"
CASES = read_cases(*((DATA / name).read_text() for name in ("clearing_cases.json", "replication_targets.json")))

NOT_SHIPPED = ("PSY.sp500",)


def gating():
    for case in CASES:
        if gates(case) and case["id"] not in NOT_SHIPPED:
            yield pytest.param(case, id=case["id"], marks=[pytest.mark.slow] if is_slow(case) else [])


@pytest.mark.parametrize("case", list(gating()))
def test_case(case):
    for check in compare(case):
        if (case["id"], check.name) in KNOWN:
            assert not check.passed, f"{check.name} now replicates: take it out of the known differences"
        else:
            assert check.passed, f"{check.name}: {check.expected} expected within {check.bound}, found {check.ours}"


def test_document_is_current():
    """Fast rows agree to four digits; slow ones are there."""
    written = {line.split("|")[1].strip(): line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")}
    for case in CASES:
        assert case["id"] in written
        if not is_slow(case):
            theirs, ours = ([cell.strip() for cell in line.split("|")] for line in (written[case["id"]], row(case)))
            assert [*theirs[:5], *theirs[6:]] == [*ours[:5], *ours[6:]], "run the command at the top of the document"
            assert _close(theirs[5], ours[5]), "run the command at the top of the document"


def _close(left: str, right: str) -> bool:
    def number(word):
        try:
            return float(word)
        except ValueError:
            return word

    pairs = list(zip(map(number, left.split(", ")), map(number, right.split(", ")), strict=True))
    return all(a == b or math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-6) for a, b in pairs)


def test_slow_cases_and_known_differences_exist():
    ids = [case["id"] for case in CASES]
    assert all(any(name.startswith(start) for name in ids) for start in SLOW)
    assert all(name in ids for name, _ in KNOWN)


def test_unknown_topics_say_what_there_is():
    with pytest.raises(LookupError, match="network_clearing"):
        solve("astrology", {})


def test_answers_can_be_changed_by_the_caller():
    first = solve("Kyle 1985", {"sigma_v": 1, "sigma_u": 1})
    first["expected"][0] = 9.0
    assert solve("Kyle 1985", {"sigma_v": 1, "sigma_u": 1})["expected"] == [0.5, 0.5]


@pytest.mark.parametrize(("tolerance", "ours", "passed"), [
    ({"abs": 0.1}, 1.05, True), ({"abs": 0.1}, 1.2, False), ({"rel": 0.1}, 1.05, True), ({"exact": True}, 1, True),
    ({"abs": 0.01, "rel": 0.2, "rule": "either"}, 1.1, True), ({"abs": 0.01, "rel": 0.2}, 1.1, False),
    ({"range": [0, 2]}, 1.9, True), ({"range": [0, 2]}, 2.1, False), ({"abs": [0.1]}, 1.05, True), (None, 5.0, True),
])
def test_tolerances(tolerance, ours, passed):
    checks = compare({"id": "x", "expected": [1.0], "tolerance": tolerance}, [ours])
    assert [check.passed for check in checks] == [passed]


def test_leaves_name_every_number():
    assert dict(leaves({"a": [1, {"b": 2}], "c": []})) == {"a[0]": 1, "a[1].b": 2, "c": []}


def test_table_has_a_row_a_case():
    lines = table([case for case in CASES if case["id"].startswith("FSM")]).splitlines()
    assert len(lines) == 2 + 9
    assert "diverges" in lines[-1]
