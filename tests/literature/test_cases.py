"""Every published case within its tolerance, through the function that a user calls."""

import math
import os
from pathlib import Path

import pytest

from sim.literature import read_cases, solve
from sim.literature.cases import KNOWN, SLOW, UNJUDGED, compare, gates, is_slow, leaves, page, row, table
from sim.metrics import bubble_test

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


def test_the_price_dividend_series_of_the_paper():
    """The last column of a CSV file with a heading: `sp_data` of the R package MultipleBubbles (CRAN)."""
    case = next(case for case in CASES if case["id"] in NOT_SHIPPED)
    if not (path := os.environ.get("COMPUTE_FUTURES_SP_DATA")):
        pytest.skip("COMPUTE_FUTURES_SP_DATA names no file with the series, which is not shipped")
    series = [float(line.rpartition(",")[2]) for line in Path(path).read_text().split()[1:]]
    assert len(series) == case["inputs"]["n"]
    found = bubble_test(series, case["inputs"]["lag"], case["inputs"]["window"])
    assert all(check.passed for check in compare(case, [found.sadf, found.gsadf]))


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


def verdict(tolerance, ours, expected=(1.0, 2.0)):
    case = {"id": "x", "topic": "t", "inputs": {}, "expected": list(expected), "tolerance": tolerance,
            "evidence": "checked"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.literature.cases.answer", lambda case: ours)
        return [cell.strip() for cell in row(case).split("|")][-4:-1:2]


def test_a_row_says_which_number_has_which_tolerance_and_judges_none_without():
    assert verdict({"rel": [1e-9, 0.05]}, [1.0, 2.05]) == ["1e-07 % (5 % for [1])", "yes"]
    assert verdict({"abs": 0.1}, [1.0, 2.05]) == ["0.1", "yes"]
    assert verdict({"abs": 0.01}, [1.0, 2.05]) == ["0.01", "differs: [1] 2 against 2.05"]
    assert verdict({"abs": [0.1, None]}, [1.0, 7.0]) == ["0.1 (none for [1])", "yes; no bound for [1]"]
    assert verdict(None, [1.0, 2.0]) == ["none", UNJUDGED]
    assert verdict({"abs": 0.1}, [1.0, True], (1.0, True)) == ["0.1", "yes"]


def test_the_page_counts_rows_without_a_bound_apart():
    text = page([case for case in CASES if case["id"] in ("FW12.data", "BH98.4type.hopf", *NOT_SHIPPED)])
    assert "Of 3 rows 1 replicate, 0 differ, 1 were not run, and 1 cannot be judged." in text


def test_leaves_name_every_number():
    assert dict(leaves({"a": [1, {"b": 2}], "c": []})) == {"a[0]": 1, "a[1].b": 2, "c": []}


def test_table_has_a_row_a_case():
    lines = table([case for case in CASES if case["id"].startswith("FSM")]).splitlines()
    assert len(lines) == 2 + 9
    assert "diverges" in lines[-1]
