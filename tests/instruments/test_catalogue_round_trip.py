"""Any catalogue written to a workbook is read back as it was."""

from __future__ import annotations

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.catalogue import check_catalogue
from instruments.catalogue_writer import write_catalogue
from instruments.divisions import counties
from instruments.programme import (
    Catalogue,
    Cycle,
    Expert,
    FocusGroup,
    Institution,
    Lot,
    Project,
    ProjectCounty,
    Recorder,
    Review,
    School,
    Sending,
    Session,
    Stage,
    StructureCell,
    TrainingClass,
    Visit,
)
from instruments.types import codes_of, trait_levels, types_of_line
from instruments.workbook import clean, read_workbook

CODES = tuple(county.code for county in counties())
DAY = "2021-09-{:02d}"


LETTERS = st.characters(exclude_categories=["C", "Zl", "Zp"])
TEXT = st.text(LETTERS, max_size=12).map(lambda text: clean(f"{text}甲"))
"""Words of any script, beginning with anything, as a cell keeps them."""


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """A programme that obeys every rule, with words of any script and counts of any size."""
    count = draw(st.integers(1, 4))
    kinds, routes = codes_of("institution_kinds"), ("open_tender", "invited_tender")
    numbers = range(count)
    lines = [draw(st.sampled_from(codes_of("lines"))) for _ in numbers]
    route = [
        draw(st.sampled_from((*routes, "continued_2020", "expert_selection"))) for _ in numbers
    ]
    lots = tuple(
        Lot(
            *(f"L{n}", draw(TEXT), lines[n], route[n], f"I{n}"),
            winner_2020=f"I{n}" if route[n] == "continued_2020" else "",
            failed_tender=draw(TEXT) if route[n] == "expert_selection" else "",
        )
        for n in numbers
    )
    modes = [draw(st.sampled_from(codes_of("modes"))) for _ in numbers]
    enrolled = [draw(st.integers(2, 500)) for _ in numbers]
    return Catalogue(
        cycle=Cycle("2021", draw(TEXT), 2021, True),
        institutions=tuple(
            Institution(f"I{n}", f"{'东南西北'[n]}{draw(TEXT)}", draw(st.sampled_from(kinds)))
            for n in numbers
        ),
        counties=(),
        lots=lots,
        projects=tuple(
            Project(
                *(f"P{n}", draw(TEXT), draw(st.sampled_from(types_of_line(lines[n]))), modes[n]),
                *(f"I{n}", route[n], route[n] == "continued_2020", f"L{n}"),
            )
            for n in numbers
        ),
        stages=tuple(stage for n in numbers for stage in draw(stages(n, modes[n]))),
        project_counties=tuple(
            ProjectCounty(code, draw(st.booleans()), draw(st.booleans()))
            for code in draw(st.lists(st.sampled_from(CODES), max_size=3, unique=True))
        ),
        schools=tuple(
            School(f"X{n}", draw(TEXT), draw(st.sampled_from(CODES)), "nine_year") for n in numbers
        ),
        classes=tuple(
            TrainingClass(
                *(f"C{n}", draw(TEXT), f"P{n}", draw(st.sampled_from(CODES)), enrolled[n]),
                *(DAY.format(1), DAY.format(20)),
            )
            for n in numbers
        ),
        structure=tuple(
            StructureCell(f"C{n}", stage, "6-15", "rural", part)
            for n in numbers
            for stage, part in zip(trait_levels("stage"), (1, enrolled[n] - 1), strict=False)
        ),
        sessions=tuple(
            Session(f"S{n}", f"C{n}", DAY.format(n + 1), draw(TEXT), draw(TEXT)) for n in numbers
        ),
        sendings=tuple(Sending(f"D{n}", f"X{n}", f"C{n}", enrolled[n]) for n in numbers),
        experts=tuple(
            Expert(f"E{n}", f"专家{n}", draw(TEXT), "", draw(st.sampled_from(CODES)), draw(TEXT))
            for n in numbers
        ),
        visits=tuple(
            Visit(f"V{n}", f"C{n}", DAY.format(n + 1), f"E{n}", (f"S{n}",)) for n in numbers
        ),
        reviews=tuple(
            Review(f"R{n}", "plan", f"P{n}", "", f"E{n}")
            if n % 2
            else Review(f"R{n}", "homework", "", f"C{n}", f"E{n}")
            for n in numbers
        ),
        recorders=(Recorder("B1", draw(TEXT), draw(TEXT)),),
        focus_groups=tuple(FocusGroup(f"G{n}", f"C{n}", DAY.format(9), "B1") for n in numbers),
    )


@st.composite
def stages(draw: st.DrawFn, number: int, mode: str) -> list[Stage]:
    """Stages of one project: its own mode, or several when it is blended."""
    modes = ("residential", "placement", "workshop") if mode == "blended" else (mode,)
    hours = st.integers(1, 2000)
    return [
        Stage(f"P{number}", at, each, draw(TEXT), "", draw(st.just("") | TEXT), draw(hours))
        for at, each in enumerate(modes, 1)
    ]


@settings(max_examples=25, deadline=None)
@given(catalogues())
def test_what_is_written_is_read_back(catalogue: Catalogue) -> None:
    again = check_catalogue(read_workbook(write_catalogue(catalogue), "目录.xlsx")).catalogue
    listed = {row.county: row.guopei or row.it for row in catalogue.project_counties}
    units = tuple(
        dataclasses.replace(county, is_project_county=listed.get(county.code))
        for county in counties()
    )
    assert again == dataclasses.replace(catalogue, counties=units)
