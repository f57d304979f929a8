"""The language of a trainee's page: asked for by its address, where its form has it; kept nowhere.

Staff's pages are in Chinese, whatever is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, g, request, url_for
from markupsafe import Markup

from instruments.model import CHINESE, Instrument, Language
from survey_app.phrases import TAGS, language, phrases, worded

ASKED = "lang"
"""Name in the address: no cookie, no script, and nothing in the store."""
PAGES = ("trainee", "tokens", "receipts")
"""Blueprints whose pages have languages."""
KEPT = ("by",)
"""What else an address may ask for."""
SITE = (CHINESE, Language("en", "English"))
"""Languages of pages that no form decides on: those that have phrases."""


@dataclass(frozen=True)
class Link:
    """The way to this page in another language."""

    code: str
    name: str
    href: str


def bind(app: Flask) -> None:
    """Give every page its language, and every address on it."""
    for one in SITE:
        phrases(one.code)  # a file that cannot be read stops the start
    app.before_request(_begin)
    app.url_defaults(_carry)
    app.jinja_env.globals.update(languages=links, page_language=page_language)
    app.jinja_env.globals.update(words_in=words_in, worded=in_words, chinese=in_chinese)


def asked() -> str:
    """The language that the address asks for, '' if none."""
    return request.args.get(ASKED, "").lower() if request.query_string else ""


def speak(instrument: Instrument) -> Instrument:
    """From here on the page is in the language asked for if its form is worded in it: the form in
    these words."""
    spoken = instrument.in_language(asked())
    g.languages, g.language = instrument.languages, spoken.language
    return spoken


def page_language() -> str:
    """What the page says in ``lang``: the language of the site's own words on it."""
    code = worded(language().code)
    return TAGS.get(code, code)


def words_in() -> str:
    """The language of the form's words where it differs from the page's, else ''."""
    code = language().code
    return "" if code.partition("-")[0] == worded(code) else code


def in_words() -> Markup:
    """What an element says that holds the form's words and stands among the page's."""
    return Markup(' lang="{}" dir="auto"').format(words_in()) if words_in() else Markup()


def in_chinese() -> Markup:
    """The same for names of the catalogue, which are in Chinese whatever the page is in."""
    return Markup() if page_language() == TAGS[CHINESE.code] else Markup(' lang="zh-CN"')


def links() -> list[Link]:
    """This page in the other languages. What was typed into a page that answers a post is in the
    phone's draft alone: its links are hidden until the script that keeps one shows them."""
    if request.blueprint not in PAGES:
        return []
    here = {
        **(request.view_args or {}),
        **{k: request.args[k] for k in KEPT if k in request.args},
    }
    own = _offered()[0].code
    return [_link(one, here | {ASKED: None if one.code == own else one.code}) for one in _others()]


def _others() -> list[Language]:
    return [one for one in _offered() if one.code != language().code]


def _offered() -> tuple[Language, ...]:
    found: tuple[Language, ...] = g.get("languages", SITE)
    return found


def _link(one: Language, values: dict[str, Any]) -> Link:
    return Link(TAGS.get(one.code, one.code), one.name, url_for(str(request.endpoint), **values))


def _begin() -> None:
    """What a page is in until its form is found, or if it has none."""
    g.languages = SITE
    if request.blueprint in PAGES or request.url_rule is None:
        g.language = next((one for one in SITE if one.code == asked()), CHINESE)


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    """Addresses of a page in another language lead on in that language."""
    offered = g.get("languages", ())
    spoken = offered and language().code != offered[0].code
    if spoken and endpoint.partition(".")[0] in PAGES:
        values.setdefault(ASKED, language().code)
