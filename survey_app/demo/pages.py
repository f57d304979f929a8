"""Read a page of the site as a browser without scripts does: forms, hidden fields, links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

TIMEOUT = 60


class UnexpectedPage(RuntimeError):
    """The site answered otherwise than the person expected; the text holds status and place."""


@dataclass
class PageForm:
    """One form of a page: where it goes and what its fields hold when the page opens."""

    action: str
    enctype: str = ""
    values: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self._open: PageForm | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self._open = PageForm(given.get("action", ""), given.get("enctype", ""))
            self.forms.append(self._open)
        if self._open and tag in ("input", "select", "textarea") and given.get("name"):
            self._open.names.add(given["name"])
            if given.get("type") in ("hidden", "text", "number"):
                self._open.values[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


@dataclass
class Page:
    """An answered request with its forms and links."""

    url: str
    status: int
    text: str
    content: bytes
    forms: list[PageForm]
    links: list[str]

    def form(self, *, having: str) -> PageForm:
        """The form that has a field called ``having``; raises UnexpectedPage."""
        for form in self.forms:
            if having in form.names:
                return form
        raise UnexpectedPage(f"{self.url}: 没有含字段 {having} 的表单（状态 {self.status}）")

    def action(self, *, ending: str) -> PageForm:
        """The form whose action ends so; raises UnexpectedPage."""
        for form in self.forms:
            if form.action.endswith(ending):
                return form
        raise UnexpectedPage(f"{self.url}: 没有提交到 {ending} 的表单（状态 {self.status}）")


class Visitor:
    """One person's browser: keeps cookies only if told so, follows redirects, checks status."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.trust_env = False  # the site is on this machine: no proxy

    def get(self, path: str) -> Page:
        """Open a page; raises UnexpectedPage unless it is there."""
        return self._page(self.session.get(urljoin(self.address, path), timeout=TIMEOUT))

    def send(self, page: Page, form: PageForm, **changes: object) -> Page:
        """Post ``form`` with its own values and ``changes``; raises UnexpectedPage on refusal.

        A list of (name, content, type) is sent as files.
        """
        files = [(k, one) for k, v in changes.items() if isinstance(v, list) for one in v]
        data = {**form.values, **{k: v for k, v in changes.items() if not isinstance(v, list)}}
        where = urljoin(page.url, form.action or page.url)
        answer = self.session.post(where, data=data, files=files or None, timeout=TIMEOUT)
        return self._page(answer)

    def _page(self, answer: requests.Response) -> Page:
        parser = _Forms()
        html = answer.headers.get("Content-Type", "").startswith("text/html")
        text = answer.text if html else ""
        parser.feed(text)
        page = Page(
            answer.url, answer.status_code, text, answer.content, parser.forms, parser.links
        )
        if answer.status_code >= 400:
            raise UnexpectedPage(f"{answer.request.method} {answer.url}: 状态 {page.status}")
        return page
