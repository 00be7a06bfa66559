"""A report's page as Python's own HTML parser sees it."""

from html.parser import HTMLParser

VOID = {"meta"}
OPTIONAL_END = {"li"}
ALLOWED = {"html", "head", "meta", "title", "style", "body", "header", "main", "section", "h2", "p",
           "b", "span", "a", "dl", "dt", "dd", "div", "table", "thead", "tbody", "tr", "th", "td",
           "details", "summary", "ul", "ol", "li"}
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "id", "href",
              "data-label"}


class Page(HTMLParser):
    """names: the text of each <span class="name">. AssertionError at what no report writes."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.names, self.in_name = [], [], False
        self.targets, self.links = set(), set()
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open}"
        assert self.links <= self.targets, f"links to nowhere: {self.links - self.targets}"

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, f"<{tag}>"
        if tag in OPTIONAL_END and self.open[-1] == tag:
            self.open.pop()
        for key, value in attrs:
            assert key in ATTRIBUTES, f"<{tag} {key}>"
            if key == "id":
                self.targets.add("#" + value)
            if key == "href":
                self.links.add(value)
        if tag not in VOID:
            self.open.append(tag)
        self.in_name = ("class", "name") in attrs
        if self.in_name:
            self.names.append("")

    def handle_endtag(self, tag):
        self.in_name = False
        if self.open[-1] in OPTIONAL_END and self.open[-1] != tag:
            self.open.pop()
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data):
        if self.in_name:
            self.names[-1] += data

    def handle_comment(self, data):
        raise AssertionError("a comment")


def assert_shows(page, name):
    """The hostile sample's names, in full, wherever they came from."""
    assert len(name) > 10_000
    for wanted in (name, "Base" + name, "Caller" + name, name + "=" + name):
        assert wanted in page.names, f"cut, or not literal: {wanted[:40]}…"
