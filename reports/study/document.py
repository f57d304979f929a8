"""docs/validation.md: what the study found, in tables and a picture, for a statistician to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2
import pandas as pd

from analysis.study import (
    Severities,
    band_errors,
    interval_coverage,
    rank_coverage,
    severity_agreement,
)
from instruments.methods import Plan
from instruments.study import Design, StudyPlan
from instruments.types import labels_of
from reports import tables
from reports.charts import canvas
from reports.charts.axes import Axis, along
from reports.charts.palette import INK, LIGHT, STRONG
from reports.study.repetitions import Outcome
from reports.wording import choice

PICTURE = "pictures/coverage.svg"
PROJECT = "A-project"
ROW, TOP, LEFT = 0.26, 0.3, 1.35
"""Inches: a line of the picture, what is above the first, where the axis begins."""


@dataclass(frozen=True)
class Found:
    """One design's figures."""

    design: Design
    intervals: pd.DataFrame
    ranks: pd.DataFrame
    bands: pd.DataFrame
    severities: Severities


def examine(outcome: Outcome, design: Design, *, level: float, plan: Plan) -> Found:
    """All comparisons of one design with its truth."""
    cuts = [(band.label, band.cut) for band in plan.bands]
    raters = outcome.raters
    return Found(
        design,
        interval_coverage(outcome.units, level=level),
        rank_coverage(outcome.units, level=level),
        band_errors(outcome.units, cuts=cuts, scorecard=PROJECT),
        severity_agreement(raters, level=level)
        if "severity" in raters
        else Severities(0, *[float("nan")] * 5),
    )


def write_document(
    found: Mapping[str, Found], *, study: StudyPlan, seed: int, draws: int, out: Path
) -> Path:
    """Write validation.md and its picture into ``out``; the same findings, the same bytes."""
    (out / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    (out / PICTURE).write_text(_picture(found, study) + "\n", encoding="utf-8")
    template = files("reports").joinpath("templates/validation.md.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(  # Markdown is no markup that a browser runs
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    text = environment.from_string(template).render(
        study=study,
        seed=seed,
        draws=draws,
        level=tables.share(study.level),
        picture=PICTURE,
        few=min(_repeated(found), default=study.repetitions[True]),
        enough=study.repetitions[True],
        designs=[one.design for one in found.values()],
        intervals=list(_intervals(found)),
        ranks=list(_ranks(found)),
        bands=list(_bands(found)),
        severities=list(_severities(found)),
    )
    path = out / "validation.md"
    path.write_text(text.rstrip() + "\n", encoding="utf-8")
    return path


def _repeated(found: Mapping[str, Found]) -> Iterator[int]:
    """Repetitions of the designs that should hold."""
    for one in found.values():
        if one.design.holds:
            yield int(one.intervals["repetitions"].min())


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _intervals(found: Mapping[str, Found]) -> Iterator[str]:
    for one in found.values():
        for row in one.intervals.itertuples():
            yield _cells(
                one.design.title,
                choice("scorecards", row.scorecard),
                tables.count(row.repetitions),
                tables.count(row.n),
                tables.rate(row.coverage),
                f"{tables.rate(row.low)}–{tables.rate(row.high)}",
                tables.score(row.bias, 2),
                tables.score(row.error, 2),
                tables.score(row.se, 2),
            )


def _ranks(found: Mapping[str, Found]) -> Iterator[str]:
    labels = labels_of("project_types")
    for one in found.values():
        for row in one.ranks.itertuples():
            yield _cells(
                one.design.title,
                choice("scorecards", row.scorecard),
                labels.get(str(row.group), "全部"),
                f"{tables.count(row.held)}/{tables.count(row.tables)}",
                f"{tables.rate(row.low)}–{tables.rate(row.high)}",
                tables.coefficient(row.p),
            )


def _bands(found: Mapping[str, Found]) -> Iterator[str]:
    kinds = {"all": "全部", "clear": "不带“近”字的"}
    for one in found.values():
        for row in one.bands.itertuples():
            excess = tables.rate(row.wrong - row.declared)
            shares = (tables.rate(row.wrong), tables.rate(row.declared), excess)
            yield _cells(one.design.title, kinds[str(row.kind)], tables.count(row.n), *shares)


def _severities(found: Mapping[str, Found]) -> Iterator[str]:
    for one in found.values():
        told = one.severities
        if told.repetitions:
            yield _cells(
                one.design.title,
                tables.count(told.repetitions),
                tables.coefficient(told.slope),
                tables.interval(told.low, told.high, 2),
                tables.coefficient(told.correlation),
                tables.coefficient(told.implied),
            )


def _picture(found: Mapping[str, Found], study: StudyPlan) -> str:
    """Coverage of projects' intervals with its own uncertainty, one line a design."""
    height = TOP + ROW * len(found) + 0.45
    sheet = canvas.blank(height)
    bottom = TOP + ROW * len(found)
    axis = Axis(70.0, 100.0, LEFT, canvas.WIDTH - 0.2)
    along(sheet, axis, top=TOP, bottom=bottom)
    target = axis.at(100.0 * study.level)
    canvas.lines(sheet, [[(target, TOP), (target, bottom)]], color=INK, width=1.0, dashes=(4, 3))
    names = []
    for place, one in enumerate(found.values()):
        y = TOP + ROW * (place + 0.5)
        names.append(canvas.drawable(one.design.title))
        canvas.words(sheet, (LEFT - 0.08, y), names[-1], align="right")
        row = one.intervals.query("scorecard == @PROJECT")
        if len(row):
            low, share, high = (100.0 * float(row[k].iloc[0]) for k in ("low", "coverage", "high"))
            if low == low:
                canvas.lines(sheet, [[(axis.at(low), y), (axis.at(high), y)]], color=LIGHT, width=3)
            canvas.dots(sheet, [(axis.at(share), y)], face=STRONG, edge=STRONG)
    canvas.words(sheet, (LEFT, TOP - 0.15), "项目得分的区间含真值的比例（%）")
    return canvas.finished(sheet, "coverage", names).svg
