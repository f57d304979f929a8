"""Data quality: what the experts' ratings are worth, in the words of the method annex."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.results import Results
from instruments.panel_tables import NO_FACET, OF_POINTS
from reports import tables
from reports.document import Block, Cell, Column, Paragraph, Rows, Table
from reports.material import Material, rows
from reports.sections.annex import plain_table
from reports.wording import choice, joined, phrase

PRINTED = ("exact", "adjacent", "ac2", "alpha", "icc", "phi", "interaction_share")
"""Measures of agreement that are printed; all are in the results."""


def rater_blocks(material: Material) -> tuple[Block, ...]:
    """Severities or why there are none, variances, and by the plan how far the panel agrees."""
    results = material.results
    blocks: list[Block] = []
    found = rows(results.raters)
    if not found:
        blocks.append(Paragraph(phrase("quality.raters_none")))
    elif any(not tables.absent(row.severity) for row in found):
        blocks += [Paragraph(phrase("quality.raters_note")), _severities(material, found)]
    else:
        blocks.append(Paragraph(_no_severity(material, found)))
    blocks += _variances(material)
    return (*blocks, *_agreement(results), *_decision(results), *_facets(results))


def _no_severity(material: Material, found: list[Any]) -> str:
    """Why no severity is listed: the raters do not differ, or the design cannot show it."""
    fitted = rows(material.results.variance, model="observation", component="rater")
    return phrase(
        "quality.raters_equal" if fitted else "quality.raters_unseen",
        raters=str(len(found)),
        n=tables.count(sum(int(row.n) for row in found)),
        blocks=str(len({row.block for row in found})),
    )


def _spread(row: Any) -> str:
    return phrase("quality.no_spread") if row.points == 0 else tables.half_up(row.points, 2)


def _severities(material: Material, found: list[Any]) -> Table:
    body = [
        (row.rater, tables.score(row.severity, material.decimals), tables.half_up(row.se, 2),
         tables.count(row.n), tables.count(row.block),
         phrase(f"quality.separable.{bool(row.separable)}"))
        for row in found
    ]  # fmt: skip
    return plain_table("raters", ("rater", "severity", "se", "n", "block", "comparable"), body)


def _variances(material: Material) -> tuple[Block, ...]:
    found = rows(material.results.variance)
    if not found:
        return ()
    ends = any(not tables.absent(row.high) for row in found)
    body = [
        (choice("quality.models", row.model), choice("quality.components", row.component),
         _spread(row), *([tables.interval(row.low, row.high, 2)] if ends else []),
         tables.count(row.levels))
        for row in found
    ]  # fmt: skip
    names = ("model", "component", "sd", *(["sd_interval"] if ends else []), "levels")
    note = phrase("quality.variance_note") + _doubt(material.results)
    return (Paragraph(note), plain_table("variance", names, body, words=2))


def _doubt(results: Results) -> str:
    """How sure it is that experts differ in severity; '' where nothing was tested."""
    found = [r for r in rows(results.variance, component="rater") if not tables.absent(r.p)]
    if not found or results.plan.panel is None:
        return ""
    row, level = found[0], tables.share(results.plan.panel.level)
    if row.p < 1 - results.plan.panel.level:
        return phrase("quality.severity_sure", level=level)
    most = tables.half_up(row.high, 1)
    limit = "" if tables.absent(row.high) else phrase("quality.severity_most", high=most)
    return phrase("quality.severity_unsure", level=level, limit=limit)


def _agreement(results: Results) -> tuple[Block, ...]:
    found = [row for row in rows(results.panel_agreement) if row.measure in PRINTED]
    if not found or results.plan.panel is None:
        return ()
    found.sort(key=lambda row: (row.scaling == OF_POINTS, PRINTED.index(row.measure)))
    known = [row for row in found if not tables.absent(row.value)]
    why = dict.fromkeys(row.reason for row in found if not tables.absent(row.reason))
    note = phrase("quality.agreement_note", level=tables.share(results.plan.panel.level))
    blocks: list[Block] = [Paragraph(note + "".join(why))]
    if known:
        body = [
            (_measure(row),
             tables.coefficient(row.value), tables.interval(row.low, row.high, 2),
             tables.count(row.units), tables.count(row.ratings))
            for row in known
        ]  # fmt: skip
        names = ("measure", "coefficient", "coefficient_interval", "objects", "ratings")
        blocks.append(plain_table("agreement", names, body))
    return tuple(blocks)


def _measure(row: Any) -> str:
    form = choice("method.panel_choices", row.form)
    return phrase(f"quality.measures.{row.measure}", form=form)


def _decision(results: Results) -> tuple[Block, ...]:
    found, plan = rows(results.decision), results.plan.panel
    if not found or plan is None:
        return ()
    sessions = sorted({row.sessions for row in found})
    body = []
    for experts in sorted({row.experts for row in found}):
        own = [row for row in found if row.experts == experts]
        cells = [(tables.half_up(r.absolute_se, 1), _reached(r, plan.coefficient)) for r in own]
        body.append((tables.count(experts), *(f"{se}（{value}）" for se, value in cells)))
    heads = (Column(phrase("columns.experts"), True),) + tuple(
        Column(phrase("quality.decision_sessions", n=tables.count(n)), True) for n in sessions
    )
    cells_of = tuple(tuple(Cell(text) for text in row) for row in body)
    table = Table("decision-table", phrase("quality.decision"), heads, (Rows("", cells_of),))
    return (Paragraph(_needed(found, results)), table)


def _reached(row: Any, coefficient: str) -> str:
    return tables.coefficient(row.phi if coefficient == "phi" else row.erho2)


def _needed(found: Sequence[Any], results: Results) -> str:
    plan = results.plan.panel
    assert plan is not None  # there are no rows without it
    name = phrase(f"quality.coefficients.{plan.coefficient}")
    note = phrase("quality.decision_note", name=name)
    if not tables.absent(found[0].reason):
        return note + str(found[0].reason)
    each = {row.sessions: row.needed for row in found}
    told = [
        phrase("quality.needed_none", sessions=tables.count(n))
        if tables.absent(number)
        else phrase("quality.needed", sessions=tables.count(n), experts=tables.count(number))
        for n, number in sorted(each.items())
    ]
    target = tables.coefficient(plan.target)
    return note + phrase("quality.needed_all", name=name, target=target, list=joined(told, "pairs"))


def _facets(results: Results) -> tuple[Block, ...]:
    found, plan = rows(results.facet_summary), results.plan.panel
    if not found or plan is None:
        return ()
    why = "".join(dict.fromkeys(r.reason for r in found if not tables.absent(r.reason)))
    body = [
        (phrase(f"quality.facet_names.{row.facet}"), tables.count(row.n),
         tables.half_up(row.separation, 2), tables.half_up(row.strata, 1),
         tables.coefficient(row.reliability))
        for row in found
        if row.facet != NO_FACET
    ]  # fmt: skip
    if not body:
        return (Paragraph(phrase("quality.facets_none", why=why)),)
    experts = rows(results.facets, facet="rater")
    noisy = [r for r in experts if not tables.absent(r.outfit) and r.outfit > plan.max_outfit]
    words = phrase(
        "quality.facets_note",
        outfit=tables.points(plan.max_outfit),
        experts=str(len(experts)),
        noisy=str(len(noisy)),
    )
    names = ("facet", "count", "separation", "strata", "reliability")
    return (Paragraph(words + why), plain_table("facets", names, body))
