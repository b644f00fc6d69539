"""The built pages before a checker of accessibility, in headless Chromium."""

import shutil

import pytest

HOW = "pip install 'compute-futures[dev]'"
playwright = pytest.importorskip("playwright.sync_api", reason=f"needs playwright: {HOW}")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=f"axe is not installed; {HOW}")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install chromium")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("name", ["index", "findings", "parameters", "how_to_studies", "model_credit",
                                  "generated/commands"])
def test_a_page_passes_the_checker(name, built, browser):
    page = browser.new_page()
    page.goto((built[-1] / f"{name}.html").as_uri())
    found = axe.Axe().run(page).response["violations"]
    page.close()
    assert not found, [(each["id"], each["nodes"][0]["target"]) for each in found]
