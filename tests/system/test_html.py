# SPDX-License-Identifier: BSD-2-Clause
"""The documentation as HTML: whole, with links that lead somewhere, and nothing that is loaded from elsewhere."""
import filecmp
import html.parser
import shutil

import pytest

from tenure import SOURCE, run

pytestmark = pytest.mark.skipif(not shutil.which("lowdown") or not shutil.which("mandoc"),
                                reason="lowdown or mandoc is not installed")
VOID = {"meta", "img", "br", "hr", "link", "col", "input", "wbr"}


class Page(html.parser.HTMLParser):
    """What a page links to, what it can be linked at, and whether its elements are nested."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids, self.loads, self.open, self.wrong = [], set(), [], [], []
        self.feed(path.read_text())
        assert not self.open, (path.name, self.open)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "a" and "a" in self.open:
            self.wrong.append(("a in a", self.getpos()))
        if "id" in attrs:
            self.ids.add(attrs["id"])
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        self.loads += [attrs[name] for name in ("src", "data", "xlink:href") if name in attrs]
        if tag in ("link", "script", "iframe"):
            self.loads.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in ("p", "li", "td", "th", "tr") and tag not in self.open:
            self.wrong.append((f"/{tag}", self.getpos()))
            return
        while self.open and self.open[-1] != tag and self.open[-1] in ("p", "li", "td", "th", "tr", "dd", "dt"):
            self.open.pop()
        assert self.open and self.open.pop() == tag, (tag, self.getpos())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("html")
    answer = run(SOURCE / "tools/html", SOURCE, made, "9.9")
    assert answer.code == 0 and not answer.err, answer
    return made


@pytest.fixture(scope="module")
def pages(folder):
    return {path.name: Page(path) for path in folder.glob("*.html")}


def test_each_page_of_the_documentation_is_there(pages):
    written = {path.name.removesuffix(".md") for path in (SOURCE / "doc").glob("*.md")} - {"architecture", "measurements"}
    manuals = {path.name for path in (SOURCE / "doc").glob("*.[578]")}
    assert set(pages) == {f"{name}.html" for name in written | manuals} | {"index.html"}


def test_each_link_leads_somewhere(pages):
    for name, page in pages.items():
        for link in page.links:
            if link.startswith(("http://", "https://")):
                continue
            target, _, anchor = link.partition("#")
            assert (target or name) in pages, (name, link)
            assert not anchor or anchor in pages[target or name].ids, (name, link)


def test_elements_are_nested(pages):
    assert {name: page.wrong for name, page in pages.items() if page.wrong} == {}


def test_a_page_loads_nothing_from_elsewhere(pages):
    assert {name: page.loads for name, page in pages.items() if page.loads} == {}


def test_the_pictures_stand_in_the_page(folder):
    text = (folder / "concepts.html").read_text()
    assert text.count("<svg") == text.count("</svg>") == len(list((SOURCE / "doc/pictures").glob("*.svg")))
    assert "<img" not in text


def test_the_same_tree_gives_the_same_bytes(folder, tmp_path):
    assert run(SOURCE / "tools/html", SOURCE, tmp_path, "9.9").code == 0
    names = sorted(path.name for path in folder.glob("*.html"))
    assert sorted(path.name for path in tmp_path.glob("*.html")) == names
    assert filecmp.cmpfiles(folder, tmp_path, names, shallow=False) == (names, [], [])
