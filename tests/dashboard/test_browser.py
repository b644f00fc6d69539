"""The page in a real browser: Debian's Chromium, driven by Playwright."""

import itertools
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOW = "install Debian's browser with `apt-get install chromium` and the test tools with `pip install -e '.[dev]'`"
playwright = pytest.importorskip("playwright.sync_api", reason=f"Playwright is not installed; {HOW}")
pytest.importorskip("solara", reason=f"the dashboard's packages are not installed; {HOW}")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=f"axe is not installed; {HOW}")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=f"there is no Chromium; {HOW}")

ROOT = Path(__file__).parents[2]
SECONDS = 45_000  # a busy machine may need so many milliseconds for what usually takes two seconds
RESTS = "() => ['paused', 'at its end'].includes((document.querySelector('#state') || {}).innerText)"


@pytest.fixture(scope="module")
def server():
    """Address of a dashboard on a free port."""
    command = [sys.executable, "-m", "sim", "dashboard", "quick", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    said = process.stderr.readline()
    found = re.match(r"(http://127\.0\.0\.1:\d+/)\s+open to this machine alone", said)
    assert found, said
    yield found[1]
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser, server):
    """A page that fails its test on any error of the console, and on any request to elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=server)
    context.set_default_timeout(SECONDS)
    opened, wrong = context.new_page(), []
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda request: wrong.append(request.url)
              if not request.url.startswith((server, server.replace("http", "ws"), "data:", "blob:")) else None)
    yield opened
    context.close()
    assert not wrong, wrong


def visit(page, address):
    page.goto(address)
    page.wait_for_selector("h2.answer")
    rest(page)


def rest(page):
    """Until the worker has nothing left to do."""
    page.wait_for_function(RESTS)


def shown(page):
    """The number of the day that is shown."""
    return int(re.search(r"day ([\d,]+) of", page.inner_text(".timeline output"))[1].replace(",", ""))


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def until(page, condition):
    """Wait for something of the page, as Python sees it."""
    end = time.monotonic() + SECONDS / 1000
    while not condition(page):
        assert time.monotonic() < end, page.inner_text("main")[:600]
        page.wait_for_timeout(100)


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_it_opens_steps_and_plays(page):
    visit(page, "?scenario=quick&day=9")
    assert page.title().startswith("A small market for learning") and shown(page) == 10
    assert page.locator("svg[role=img]").count() >= 7
    press(page, "Step 1 day")
    until(page, lambda p: shown(p) == 11)
    rest(page)
    page.select_option("#pace", "5")
    press(page, "Play")
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    until(page, lambda p: shown(p) > 12)
    page.select_option("#order", "position")  # the page answers while days go by
    press(page, "Pause")
    rest(page)
    assert 12 < shown(page) < 60
    press(page, "To the end")
    until(page, lambda p: shown(p) == 60)
    rest(page)
    until(page, lambda p: p.get_by_role("button", name="Play", exact=True).is_disabled())
    page.locator("#day-shown").focus()
    page.keyboard.press("Home")
    until(page, lambda p: shown(p) == 1)
    until(page, lambda p: "day=0" in p.url)
    assert overflow(page) <= 0


def test_dials_make_old_settings_and_then_new_results(page):
    visit(page, "?scenario=quick&day=4")
    page.fill("#dial-leverage", "8")
    page.keyboard.press("Tab")
    page.wait_for_selector(".old >> text=Old settings")
    page.wait_for_selector(".old-settings svg")
    until(page, lambda p: "leverage=8" in p.url)
    page.fill("#dial-rate", "plenty")
    page.keyboard.press("Tab")
    page.wait_for_selector(".field.wrong >> text=not a number")
    until(page, lambda p: p.get_by_role("button", name="Run with these settings").is_disabled())
    page.get_by_role("button", name="Back to 0.2 for Margin rate").click()
    page.wait_for_selector(".field.wrong", state="detached")
    page.select_option("#dial-shock", "spot_jump")
    page.wait_for_selector("#dial-shock_size:enabled")
    press(page, "Run with these settings")
    page.wait_for_selector(".fresh")
    rest(page)
    page.select_option("#scenario", "baseline")
    page.wait_for_function("document.querySelector('h1').innerText === 'Baseline'")
    page.wait_for_selector(".old-settings")


def test_two_markets_side_by_side_and_the_address_brings_them_back(page):
    visit(page, "?scenario=quick&leverage=9&day=14")
    page.select_option("#beside", "@own")
    page.wait_for_selector(".old")
    press(page, "Run with these settings")
    page.wait_for_selector("text=Side by side, on the same luck")
    rest(page)
    until(page, lambda p: "on the same luck" in p.inner_text("h2.answer"))
    until(page, lambda p: p.locator("td[data-head=Difference]").count() >= 6)
    until(page, lambda p: "day=" in p.url and "b.scenario=quick" in p.url)
    answer, address = page.inner_text("h2.answer"), page.url
    visit(page, address)
    assert page.inner_text("h2.answer") == answer


def test_an_agents_balance_sheet(page):
    visit(page, "?scenario=quick&day=9")
    page.locator(".panel .link").first.click()
    page.wait_for_selector("#sheet >> text=Its rule:")
    for item in ("Cash", "Margin at the clearing house", "Equity", "Its rule:"):
        assert item in page.inner_text("#sheet")
    page.locator("circle[data-agent='40']").dispatch_event("click")
    until(page, lambda p: " 40" in p.inner_text("#sheet h3"))
    until(page, lambda p: "agent=40" in p.url)


@pytest.mark.parametrize("width", [1280, 390])
def test_readers_of_all_kinds(page, width):
    """No horizontal scrolling, and nothing that a checker of accessibility finds fault with."""
    page.set_viewport_size({"width": width, "height": 850})
    visit(page, "?scenario=quick&leverage=9&rate=0.05&shock=spot_jump&b.scenario=quick&day=30&agent=40")
    assert overflow(page) <= 0
    found = axe.Axe().run(page).response["violations"]
    assert not found, [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found]
    assert page.evaluate("document.documentElement.lang") == "en" and page.locator("h1").count() == 1
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_phase_diagram_says_where_the_market_lies_and_sets_the_dials(page):
    visit(page, "?scenario=quick&day=4")
    assert "lowered hedgers" in page.inner_text("#phase h3") and page.locator("#phase circle").count() == 1
    page.locator("#phase rect[data-agent='33']").click()  # cap 10, capital 3: an orange field
    until(page, lambda p: "raised hedgers" in p.inner_text("#phase h3"))
    until(page, lambda p: all(words in p.url for words in ("leverage=10", "capital=3", "rate=0.075")))
    page.wait_for_selector(".old >> text=Old settings")
    page.select_option("#beside", "@own")
    until(page, lambda p: p.locator("#phase circle").count() == 3)


def test_bad_addresses_are_answered_in_words(page):
    page.goto("?scenario=nonsense&leverage=abc&foo=1")
    page.wait_for_selector(".notices .problem")
    text = page.inner_text(".notices")
    for said in ("no scenario “nonsense”", "“foo”", "“abc” is not a number"):
        assert said in text
    assert "Traceback" not in page.inner_text("body")
    page.goto("?scenario=quick&shock=spot_jump&shock_date=2050-01-01")
    page.wait_for_selector("text=lies outside the run")


def test_mesas_own_viewer(page):
    page.goto("mesa")
    steps = page.locator("text=/^Step: /")
    steps.wait_for()
    page.wait_for_function("!document.querySelector('button.v-btn--icon:not([aria-label])')")
    found = axe.Axe().run(page).response["violations"]
    assert not found, [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found]
    began = int(steps.inner_text().split()[1])
    page.get_by_role("button", name="Step", exact=True).click()
    until(page, lambda p: int(steps.inner_text().split()[1]) == began + 1)
    assert page.locator("svg.chart").count() >= 5
    page.get_by_role("button", name="▶").click()
    until(page, lambda p: int(steps.inner_text().split()[1]) > began + 3)
    page.get_by_role("button", name="❚❚").click()
    page.get_by_role("button", name="Reset").click()
    until(page, lambda p: int(steps.inner_text().split()[1]) == began)


def test_other_names_for_this_machine_are_refused(server):
    """A page of somebody else's that points its own name at this machine gets nothing."""
    import urllib.error
    import urllib.request

    request = urllib.request.Request(server, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=20)
    assert refused.value.code == 400
    refused.value.close()
