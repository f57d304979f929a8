"""Writes a bulletin as one self-contained HTML file; computes nothing."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.document import Bulletin


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports", "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["drawing"] = Markup  # our own SVG; names in it are drawn as paths
    return environment


def render_html(bulletin: Bulletin) -> str:
    """The bulletin as HTML: style and figures inside, no script, nothing fetched."""
    style = files("reports").joinpath("templates/bulletin.css").read_text(encoding="utf-8")
    template = _environment().get_template("bulletin.html.j2")
    return template.render(b=bulletin, words=dict(bulletin.words), style=Markup(style.strip()))
