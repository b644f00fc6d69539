"""The report in a real browser: headless Chromium, wide and at phone width, on screen and on paper."""

import shutil
from collections import Counter

import pytest

from sim.report import build
from sim.report.figures import FIGURES

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install 'compute-futures[dev]'")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install chromium")

# What an accessibility checker asks of a page, as far as it can be read from the document.
AUDIT = """() => {
  const found = [];
  const say = (what, node) => found.push(what + ': ' + (node.outerHTML || '').slice(0, 90));
  if (!document.documentElement.lang) found.push('no language');
  if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
  let last = 0;
  for (const head of document.querySelectorAll('h1,h2,h3,h4')) {
    const level = +head.tagName[1];
    if (level > last + 1) say('heading skips a level', head);
    last = level;
  }
  for (const svg of document.querySelectorAll('svg')) {
    const text = svg.getAttribute('aria-label');
    if (svg.getAttribute('role') !== 'img' || !text || text.length < 40) say('figure without description', svg);
  }
  for (const figure of document.querySelectorAll('figure'))
    if (!figure.querySelector('figcaption')) say('figure without caption', figure);
  for (const table of document.querySelectorAll('table')) {
    if (!table.caption) say('table without caption', table);
    for (const head of table.querySelectorAll('th')) if (!head.scope) say('header without scope', head);
  }
  for (const node of document.querySelectorAll('section,nav'))
    if (!node.getAttribute('aria-label') && !document.getElementById(node.getAttribute('aria-labelledby')))
      say('region without name', node);
  for (const link of document.querySelectorAll('a'))
    if (!link.textContent.trim()) say('link without words', link);
  const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const l = c.slice(0, 3).map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 :
    ((v + 0.055) / 1.055) ** 2.4 }); return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2] };
  const paper = rgb(getComputedStyle(document.body).backgroundColor);
  for (const node of document.querySelectorAll('p,li,h1,h2,h3,td,th,summary,dd,dt,span,caption,figcaption')) {
    if (!node.innerText || !node.offsetParent) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(paper)];
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) say('too little contrast', node);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def address(many, tmp_path_factory):
    return build(many, out=tmp_path_factory.mktemp("browser")).as_uri()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(params=[("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)], ids=str)
def page(request, browser, address):
    theme, width = request.param
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda asked: page.problems.append(asked.url) if not asked.url.startswith("file:") else None)
    page.goto(address)
    yield page
    page.close()


def test_nothing_overflows_and_every_figure_is_seen(page):
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate("""() => [...document.querySelectorAll('main *')].filter(node => node.offsetParent &&
        node.getBoundingClientRect().right > innerWidth + 1).map(node => node.outerHTML.slice(0, 80))""")
    assert not wide
    shown = page.evaluate("""() => [...document.querySelectorAll('figure > svg')].filter(svg =>
        svg.getBoundingClientRect().height > 60).map(svg => svg.getAttribute('class'))""")
    assert Counter(shown) == {"fig-phone" if width < 640 else "fig-wide": len(FIGURES)}
    assert page.problems == []


def test_an_accessibility_audit_finds_nothing(page):
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert page.evaluate(AUDIT) == []


def test_it_prints_to_pages_of_paper(browser, address):
    page = browser.new_page(color_scheme="dark")
    page.goto(address)
    paper = page.pdf(format="A4", print_background=True)
    pages = paper.count(b"/Type /Page") - paper.count(b"/Type /Pages")
    assert paper.startswith(b"%PDF") and 6 <= pages <= 30
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.querySelectorAll('svg.fig-wide').length") == len(FIGURES)
    page.close()
