"""Read a page of the site as a browser without scripts does: forms, hidden fields, links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
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
    several: set[str] = field(default_factory=set)
    """Fields that may hold several values: check boxes."""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._open: PageForm | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = PageForm(given.get("action", ""), given.get("enctype", ""))
            self.forms.append(self._open)
        if self._open and tag in ("input", "select", "textarea") and given.get("name"):
            self._open.names.add(given["name"])
            if given.get("type") == "checkbox":
                self._open.several.add(given["name"])
            if given.get("type") in ("hidden", "text", "number"):
                self._open.values[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


@dataclass
class Page:
    """An answered request; its forms are read when somebody looks at them."""

    url: str
    status: int
    text: str
    content: bytes

    @cached_property
    def _read(self) -> _Forms:
        parser = _Forms()
        parser.feed(self.text)
        return parser

    @property
    def forms(self) -> list[PageForm]:
        """Forms in the order of the page."""
        return self._read.forms

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
        # A server may close a resting line just as the next form sets out on it. Browsers send
        # again; here every request takes a line of its own.
        self.session.headers["Connection"] = "close"

    def get(self, path: str) -> Page:
        """Open a page; raises UnexpectedPage unless it is there."""
        return self._page(self.session.get(urljoin(self.address, path), timeout=TIMEOUT))

    def send(self, page: Page, form: PageForm, **changes: object) -> Page:
        """Post ``form`` with its own values and ``changes``; raises UnexpectedPage on refusal.

        A list of (name, content, type) is sent as files, a tuple as several values.
        """
        return self._page(self._post(page, form, changes, follow=True))

    def send_off(self, page: Page, form: PageForm, changes: Mapping[str, object]) -> str:
        """The same without looking at the page that follows: its address, or '' when the form came
        back instead."""
        answer = self._post(page, form, changes, follow=False)
        if answer.status_code >= 400:
            self._page(answer)
        return answer.headers.get("Location", "")

    def _post(
        self, page: Page, form: PageForm, changes: Mapping[str, object], *, follow: bool
    ) -> requests.Response:
        files = [(k, one) for k, v in changes.items() if isinstance(v, list) for one in v]
        plain = {k: v for k, v in changes.items() if not isinstance(v, list)}
        return self.session.post(
            urljoin(page.url, form.action or page.url),
            data={**form.values, **plain},
            files=files or None,
            timeout=TIMEOUT,
            allow_redirects=follow,
        )

    def _page(self, answer: requests.Response) -> Page:
        html = answer.headers.get("Content-Type", "").startswith("text/html")
        page = Page(answer.url, answer.status_code, answer.text if html else "", answer.content)
        if answer.status_code >= 400:
            raise UnexpectedPage(f"{answer.request.method} {answer.url}: 状态 {page.status}")
        return page
