"""What the theme leaves out for readers who do not see or do not use a mouse, put into every page that is built."""

from __future__ import annotations

from pathlib import Path

MENDED = {  # what the theme writes: what a screen reader or a keyboard needs
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="On this page">',
    '<aside class="toc-drawer no-toc">': '<aside class="toc-drawer no-toc" aria-label="On this page">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',  # wide tables and long lines scroll
    '<div class="highlight"><pre>': '<div class="highlight"><pre tabindex="0">',
    '<th class="head"></th>': "<td></td>", '<th class="head"><p></p></th>': "<td></td>",  # the corner of a table
}


def mend(text: str) -> str:
    """A page of HTML with levels of headings, names of landmarks, and parts that a keyboard can scroll."""
    for written, needed in MENDED.items():
        text = text.replace(written, needed)
    return text


def mend_pages(folder: Path) -> None:
    """Mend every page in a folder of built pages, in place."""
    for page in folder.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if (better := mend(text)) != text:
            page.write_text(better, encoding="utf-8")
