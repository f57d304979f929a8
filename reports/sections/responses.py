"""Response rates of all projects in one picture, with the plan's least rate."""

from __future__ import annotations

from reports import tables
from reports.charts.response import Row, Words, response
from reports.document import Figure
from reports.material import Material
from reports.sections.drawn import glyph_notes
from reports.wording import joined, phrase

CARD = "A-project"


def response_figures(material: Material) -> tuple[Figure, ...]:
    """Projects' response rates by type; none where nobody knows how many were asked."""
    rows = _rows(material)
    if not rows:
        return ()
    least = material.results.plan.thresholds.min_response_rate
    said = {"least": tables.share(least)}
    names = ("axis", "enough" if least > 0 else "every", "below", "least")
    words = Words(*(phrase(f"responses.{name}", **said) for name in names))
    drawing = response(rows=rows, least=least, words=words, prefix="response")
    title = phrase("responses.caption")
    return (
        Figure(
            "figure-response",
            title,
            _alt(rows, least, title),
            drawing.svg,
            glyph_notes(drawing.replaced),
            behind="response-table",
        ),
    )


def _rows(material: Material) -> list[Row]:
    found = []
    for group in material.groups:
        rates = tuple(
            (unit.name, float(unit.response_rate))
            for unit in group.units
            if not tables.absent(unit.response_rate)
        )
        if group.scorecard == CARD and rates:
            label = group.units[0].group_label
            found.append(Row(group.title if tables.absent(label) else str(label), rates))
    return found


def _alt(rows: list[Row], least: float, title: str) -> str:
    listed = [
        phrase(
            "responses.item",
            name=row.name,
            projects=str(len(row.rates)),
            low=tables.rate(min(rate for _, rate in row.rates)),
            high=tables.rate(max(rate for _, rate in row.rates)),
        )
        for row in rows
    ]
    low = [
        phrase("responses.short", name=name, rate=tables.rate(rate))
        for row in rows
        for name, rate in row.rates
        if rate < least
    ]
    tail = phrase("responses.low", least=tables.share(least), list=joined(low)) if low else ""
    return phrase("responses.alt", title=title, list=joined(listed, "clauses"), tail=tail)
