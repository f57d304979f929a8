"""Unit sheets: every trail in one place, every link resolved, the bulletin's own numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pandas as pd
import pytest
from sample_results import HOSTILE, sample_results
from test_bulletin import tables_of, texts, undrawn, walk

from analysis.results import Results
from reports import sheet_files as plan
from reports.bulletin import build_bulletin
from reports.document import Bulletin, Table, Trail
from reports.material import Group, Material, gather
from reports.printing import SAMPLE, Printing
from reports.sections.scores import shown_nodes
from reports.sections.trails import trails
from reports.unit_sheets import Sheet, unit_sheets
from reports.writers.html import render_html


def made(results: Results) -> tuple[Bulletin, list[Sheet]]:
    bulletin = build_bulletin(results, Printing(mark=SAMPLE))
    return bulletin, list(unit_sheets(gather(results), bulletin))


@pytest.fixture(scope="module")
def both() -> tuple[Bulletin, list[Sheet]]:
    return made(sample_results())


def trails_of(document: Bulletin) -> list[Trail]:
    sections = walk(document.sections + document.annexes)
    return [b for section in sections for b in section.blocks if isinstance(b, Trail)]


def column(trail: Trail, place: int) -> list[tuple[str, str]]:
    """What a trail tells of one unit, without what only its neighbours have."""
    cells = [(row.label, row.cells[place]) for row in trail.rows if row.cells]
    return [(label, cell.text + cell.n) for label, cell in cells if cell.text not in ("", "—")]


def numbers_of(material: Material, group: Group, document: Bulletin) -> None:
    """Each unit's trail says what its group's units side by side would say."""
    names = [unit.name for unit in group.units]
    whole = next(trails(material, group.title, group.units, names))
    for place, unit in enumerate(group.units):
        for trail in trails_of(document):
            for other, head in enumerate(trail.heads):
                if head.link == material.anchor(unit):
                    assert column(trail, other) == column(whole, place)


def test_every_unit_has_its_whole_trail_in_exactly_one_sheet(
    both: tuple[Bulletin, list[Sheet]],
) -> None:
    bulletin, sheets = both
    material = gather(sample_results())
    told = Counter(
        head.link for sheet in sheets for trail in trails_of(sheet.document) for head in trail.heads
    )
    assert told == Counter(material.anchors.values())
    assert trails_of(bulletin) == []
    for group in material.groups:
        for sheet in sheets:
            numbers_of(material, group, sheet.document)


def test_institutions_hold_their_types_and_projects(both: tuple[Bulletin, list[Sheet]]) -> None:
    _, sheets = both
    assert [(sheet.kind, sheet.stem) for sheet in sheets] == [
        *(("institution", "I1"), ("institution", "I2"), ("city", "140500"), ("city", "140300")),
        *(("county", "140302"), ("county", "140502"), ("county", "140581")),
    ]
    second = {unit.unit for unit in sheets[1].file.units}
    assert second == {"I2", "P2", "P3"}, "P3 is not published and yet belongs to I2"
    assert [trail.heads[0].text for trail in trails_of(sheets[1].document)] == [
        *("承训机构总体", "项目二（团队研修）"),
    ]


def links(page: str) -> list[str]:
    return re.findall(r"<a[^>]* href=\"?([^\s>\"]+)", undrawn(page))


def test_every_link_of_bulletin_and_sheets_leads_somewhere(
    both: tuple[Bulletin, list[Sheet]],
) -> None:
    bulletin, sheets = both
    pages = {"bulletin.html": render_html(bulletin)}
    pages |= {f"sheets/{sheet.stem}.html": render_html(sheet.document) for sheet in sheets}
    ids = {name: re.findall(r"<[^>]*\sid=([^\s>]+)", undrawn(page)) for name, page in pages.items()}
    for name, page in pages.items():
        assert len(set(ids[name])) == len(ids[name])
        for link in links(page):
            file, _, place = link.partition("#")
            target = _resolved(name, file)
            assert target in pages, f"{name}: {link}"
            assert not place or place in ids[target], f"{name}: {link}"
        assert "../bulletin.html" in links(page) or name == "bulletin.html"
    found = [link for link in links(pages["bulletin.html"]) if link.startswith("sheets/")]
    assert len(found) == len(gather(sample_results()).anchors)


def _resolved(name: str, file: str) -> str:
    if not file:
        return name
    above = file.startswith("../")
    parent = PurePosixPath(name).parent
    return str((parent.parent if above else parent) / file.removeprefix("../"))


def test_numbers_of_a_sheet_are_those_of_the_bulletin(both: tuple[Bulletin, list[Sheet]]) -> None:
    bulletin, sheets = both
    county = next(sheet for sheet in sheets if sheet.stem == "140302").document
    (row,) = texts(tables_of(county)["standing-table"])
    ranked = texts(tables_of(bulletin)["table5"])[0]
    assert row[0] == "各县（市、区）"
    assert row[1] == f"{ranked[0]}/2"
    assert row[2:] == [*ranked[6:], *ranked[2:4]]
    city = next(sheet for sheet in sheets if sheet.stem == "140500").document
    assert [one[0] for one in texts(tables_of(city)["counties-table"])] == [
        *("城区（晋城市）", "高平市"),
    ]
    gaps = tables_of(sheets[1].document)["gaps-table"]
    assert [(group.heading, texts_of[0][0].text) for group in gaps.groups
            for texts_of in [group.rows]] == [
        ("项目二（团队研修）", "应报未报"), ("项目三（团队研修）", "未到期"),
    ]  # fmt: skip


def test_a_difference_is_confirmed_only_where_its_interval_clears_the_mean() -> None:
    _, sheets = made(sample_results())
    table = tables_of(sheets[0].document)["differences-table"]
    found = {row[0]: row[1:] for row in texts(table)}
    assert found["T2.2 完成"] == ["96.0", "48.0", "+48.0", "填报，无抽样误差"]
    assert found["T1.1 需求"] == ["93.2", "89.1", "+4.1", "可以确认"]
    indicators = sample_results().indicators
    wide = indicators.assign(adjusted_se=indicators["adjusted_se"].replace(1.6, 3.0))
    _, sheets = made(sample_results(indicators=wide))
    table = tables_of(sheets[0].document)["differences-table"]
    assert {row[0]: row[-1] for row in texts(table)}["T1.1 需求"] == "不能确认"


def test_annex_holds_every_unit_with_a_row_that_links_lead_to(
    both: tuple[Bulletin, list[Sheet]],
) -> None:
    bulletin, _ = both
    found = tables_of(bulletin)
    assert texts(found["scores-A-1"]) == [
        [HOSTILE, "项目一", "I1", "91.3", "93.2", "90.0", "96.0"],
        ["院校乙", "2个项目", "I2", "84.0", "85.0", "83.4", "0.0※"],
        ["院校乙", "项目二", "I2", "84.0", "85.0", "83.4", "0.0※"],
        ["院校乙", "项目三", "I2", "—", "不足", "不足", "—"],
    ]
    anchors = [
        cell.anchor
        for table in found.values()
        for group in table.groups
        for row in group.rows
        for cell in row
        if cell.anchor
    ]
    assert sorted(anchors) == sorted(gather(sample_results()).anchors.values())


def coded(codes: list[str]) -> Results:
    """The sample's counties under other codes."""
    results = sample_results()
    row = results.units[results.units["unit"] == "140302"]
    others = results.units[~results.units["scorecard"].str.startswith("B")]
    counties = pd.concat([row] * len(codes), ignore_index=True)
    counties = counties.assign(unit=codes, name=codes, rank=range(1, len(codes) + 1))
    return replace(results, units=pd.concat([others, counties], ignore_index=True))


def test_hostile_codes_make_harmless_and_different_file_names(tmp_path: Path) -> None:
    hostile = [
        *("../../etc/passwd", "..", ".", "a/b", "a\\b", "C:x", "con", "NUL", "trails", "I1"),
        *("ab", "AB", "x" * 400, "<b>", "名称", "a b", "a.html", "-rf", "a\n", "é"),
    ]
    bulletin, sheets = made(coded(hostile))
    stems = [sheet.stem for sheet in sheets]
    assert len({stem.casefold() for stem in stems}) == len(stems)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", stem) for stem in stems)
    assert {"I2"} == {stem for stem in stems if len(stem) < 40}, "I1 is an institution too"
    for sheet in sheets:
        file = tmp_path / f"{sheet.stem}.html"
        file.write_text(render_html(sheet.document), encoding="utf-8")
        assert file.resolve().parent == tmp_path.resolve()
        assert "<b>" not in file.read_text(encoding="utf-8")
    assert len(list(tmp_path.iterdir())) == len(sheets)
    assert "<b>" not in render_html(bulletin)


def test_a_code_that_looks_like_a_digest_stays_another_file() -> None:
    first = made(coded(["../x", "plain"]))[1]
    digest = next(sheet.stem for sheet in first if sheet.code == "../x")
    second = made(coded(["../x", digest]))[1]
    assert len({sheet.stem for sheet in second}) == len(second)


def test_too_many_sheets_are_one_file_of_all_trails(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = dict(plan.sheet_rules()) | {"limit": 6}
    monkeypatch.setattr(plan, "sheet_rules", lambda: rules)
    bulletin, sheets = made(sample_results())
    assert [sheet.stem for sheet in sheets] == ["trails"]
    told = [head.link for trail in trails_of(sheets[0].document) for head in trail.heads]
    assert sorted(told) == sorted(gather(sample_results()).anchors.values())
    page = render_html(bulletin)
    assert set(links(page)) & {"sheets/trails.html#u1"}
    assert "“trails”" in page


def test_same_bytes_twice(both: tuple[Bulletin, list[Sheet]]) -> None:
    again = made(sample_results())[1]
    assert [render_html(one.document) for one in again] == [
        render_html(one.document) for one in both[1]
    ]


def test_mark_and_control_code_are_the_bulletin_s(both: tuple[Bulletin, list[Sheet]]) -> None:
    bulletin, sheets = both
    for sheet in sheets:
        assert (sheet.document.mark, sheet.document.control) == (bulletin.mark, bulletin.control)
        assert not sheet.summary.annexes
        assert sheet.summary.sections == sheet.document.sections


@pytest.mark.parametrize(
    ("sizes", "wanted"),
    [
        ([3, 3, 4, 4, 2, 4, 2], [10, 12]),
        ([3] * 6, [9, 9]),
        ([30], [12, 12, 6]),
        ([0, 0], [2]),
    ],
)
def test_indicators_are_split_evenly_by_first_level(sizes: list[int], wanted: list[int]) -> None:
    nodes = [SimpleNamespace(code=f"A{n}") for n in range(len(sizes))]
    below = {
        node.code: tuple(SimpleNamespace(code=f"{node.code}.{n}") for n in range(size))
        for node, size in zip(nodes, sizes, strict=True)
    }
    framework = SimpleNamespace(children=lambda code: below[code] if code else tuple(nodes))
    assert [len(some) for some in shown_nodes(framework)] == wanted


def test_tables_of_a_sheet_are_never_wider_than_their_columns(
    both: tuple[Bulletin, list[Sheet]],
) -> None:
    for sheet in both[1]:
        for table in tables_of(sheet.document).values():
            assert isinstance(table, Table)
            assert {len(row) for group in table.groups for row in group.rows} == {
                len(table.columns)
            }


def test_a_further_unit_weighs_little_on_the_page() -> None:
    """150 KB before pictures for a province: the demo's 125 units, its style and its annexes.

    Measured as what a unit adds to every table, and what the page has whatever it tells.
    """
    few, more = (weight(f"县{n:03}" for n in range(count)) for count in (30, 110))
    assert (more - few) / 80 < 330
    page = render_html(build_bulletin(sample_results(), Printing(mark=SAMPLE)))
    assert len(page.partition("</style>")[0].encode()) < 12_500


def weight(codes: Iterable[str]) -> int:
    """Bytes of the page without its pictures."""
    page = render_html(build_bulletin(coded(list(codes)), Printing(mark=SAMPLE)))
    return len(undrawn(page).encode())
