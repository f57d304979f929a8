"""Writes a bulletin or unit sheet as one self-contained HTML file; computes nothing.

Optional tags, needless quotes and repeated attributes are left out: a table of a whole province
has to open on a phone. The seal is for paper and is not shown.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from reports.document import Bulletin
from reports.writers.looks import columns_style, table_classes

_BARE = re.compile(r"[A-Za-z0-9_./#-]+")
"""Values of attributes that need no quotes."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports", "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["drawing"] = _drawing
    environment.filters["attr"] = _attribute
    return environment


def _drawing(svg: str, alt: str) -> Markup:
    """Our own SVG, in which names are drawn as paths, as a picture with its words."""
    head = Markup('<svg role=img aria-label="{}"').format(alt)
    return head + Markup(svg[svg.index("<svg") + 4 :].replace(' aria-hidden="true"', "", 1))


def _attribute(value: str) -> Markup:
    return Markup(value) if _BARE.fullmatch(value) else Markup('"{}"').format(escape(value))


@cache
def _style() -> str:
    text = files("reports").joinpath("templates/bulletin.css").read_text(encoding="utf-8")
    return text.strip()


def render_html(bulletin: Bulletin) -> str:
    """The bulletin as HTML: style and figures inside, no script, nothing fetched."""
    classes = table_classes(bulletin)
    template = _environment().get_template("bulletin.html.j2")
    return template.render(
        b=bulletin,
        words=dict(bulletin.words),
        style=Markup(f"{_style()}\n{columns_style(classes)}"),
        classes=classes,
        opened=bool(bulletin.above and bulletin.sections),  # a sheet's few trails, not those of all
    )
