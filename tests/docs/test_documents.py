"""The documents build without a warning, no link in them is broken, and every how-to works as it is written."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from sim.cli import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]
BLOCK = re.compile(r"^<!-- (run|file: (?P<file>[\w./-]+)) -->\n```(?P<language>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
FENCED = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)


def marked(page):
    return list(BLOCK.finditer(page.read_text(encoding="utf-8")))


# --- how-tos ---------------------------------------------------------------------------------------------


def run_line(line):
    """One line of a terminal: what is printed. Commands of the program run in this process, for speed."""
    words = shlex.split(line, comments=True)
    if not words:
        return ""
    assert words[0] == "compute-futures", f"only the program itself is run in how-tos: {line}"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main(words[1:])
    assert code == 0, f"{line}: exit code {code}"
    return printed.getvalue()


@pytest.mark.parametrize("page", [page for page in PAGES if marked(page)], ids=lambda page: page.stem)
def test_a_how_to_works_as_written(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in marked(page):
        text = block["text"]
        if block["file"]:
            Path(block["file"]).write_text(text, encoding="utf-8")
        elif block["language"] == "python":
            exec(compile(text, page.name, "exec"), names)
        else:
            for line in text.replace("\\\n", " ").splitlines():
                run_line(line)


def test_the_pages_for_each_user_have_steps_that_are_run():
    for name in ("start", "how_to_scenario", "how_to_regulate", "how_to_learn", "how_to_extend"):
        assert marked(DOCS / f"{name}.md"), f"nothing in docs/{name}.md is run by the tests"


# --- links -----------------------------------------------------------------------------------------------


def anchors(page):
    """Names of the headings of a page, as GitHub and Sphinx form them."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    found = []
    for heading in re.findall(r"^#+ +(.+?) *$", text, re.M):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.append(re.sub(r"[^\w\- ]", "", words).replace(" ", "-"))
    return found


def links(page):
    text = re.sub(r"`[^`\n]*`", "", FENCED.sub("", page.read_text(encoding="utf-8")))
    return [target for target in re.findall(r"\]\(<?([^)\s>]+)>?\)", text) if target]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_link_is_broken(page):
    broken = []
    for target in links(page):
        if re.match(r"[a-z]+:", target):
            if not re.fullmatch(r"(https?://[\w.-]+\.[a-z]{2,}(/\S*)?|mailto:\S+@\S+)", target):
                broken.append(f"{target}: not a web address")
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if "generated" in goal.parts:
            continue  # written when the documents are built, and checked there
        if not goal.exists():
            broken.append(f"{target}: there is no such file")
        elif anchor and goal.suffix == ".md" and anchor not in anchors(goal):
            broken.append(f"{target}: {goal.name} has no such heading")
    assert not broken, "\n".join(broken)


def test_a_broken_link_would_be_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One thing\n[a](#one-thing) [b](#other) [c](gone.md) [d](https://nowhere)\n")
    with pytest.raises(AssertionError) as caught:
        test_no_link_is_broken(page)
    told = [line.strip().split(":")[0] for line in str(caught.value).splitlines()[:3]]
    assert told == ["#other", "gone.md", "https"]


# --- the built pages -------------------------------------------------------------------------------------


def test_the_documents_build_without_a_warning(built):
    code, said, folder = built
    assert code == 0, said
    for name in ("index", "generated/commands", "generated/contributing", "findings"):
        assert (folder / f"{name}.html").stat().st_size > 2000
    for page in folder.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(https?://[^"]+)"', text)
        assert not loaded, f"{page.name} needs a network: {loaded}"
