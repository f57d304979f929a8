"""`guopei score --before`: two years of a foreign table, refusals, what verify recomputes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from foreign_table import OPTIONS, ratings, run
from sample_results import sample_results

from analysis.results import Earlier
from instruments.faults import FaultsFound
from instruments.yardstick import yardstick
from reports.before import before_files, comparable_year
from reports.commands import FAULTS, OK
from reports.document import Paragraph, Table
from reports.folder import write_results
from reports.material import gather
from reports.sections.beside import beside_parts
from reports.verification.verify import examine, verify


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """last/ and this/, each assessed; this/results compared with last/results, and a bulletin."""
    folder = tmp_path_factory.mktemp("years")
    table = ratings()
    better = table.assign(总体评分=(table["总体评分"] + (table["承训机构"] == "丙校")).clip(1, 5))
    for name, rows in (("last", table), ("this", better)):
        rows.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8")
        made = run("assess", folder / f"{name}.csv", *OPTIONS, "--out", folder / name)
        assert made.exit_code == OK, made.output
    now = folder / "this"
    shutil.rmtree(now / "bulletin")
    before = ("--before", folder / "last" / "results")
    scored = run("score", now / "extract", *before, "--out", now / "results")
    assert scored.exit_code == OK, scored.output
    printed = run(
        "bulletin", now / "results", "--extract", now / "extract", "--out", now / "bulletin"
    )
    assert printed.exit_code == OK, printed.output
    return folder


def test_units_are_matched_and_told(two: Path) -> None:
    years = pd.read_csv(two / "this" / "results" / "years.csv").set_index("name")
    assert years.loc["丙校", "change"] == 20.0
    assert years.loc["甲校", "change"] == 0.0
    assert set(years["verdict"]) <= {"progress", "not_confirmed"}
    page = (two / "this" / "bulletin" / "bulletin.html").read_text(encoding="utf-8")
    assert "与上年比较" in page and "回归均值" in page and "不能确认" in page


def test_the_folder_carries_the_year_and_verify_recomputes_it(two: Path, tmp_path: Path) -> None:
    verdict = examine(two / "this")
    assert (verdict.faults, verdict.equality) == ((), "bytes")
    shutil.copytree(two / "this", tmp_path / "copy")
    carried = tmp_path / "copy" / "results" / "before" / "units.parquet"
    data = bytearray(carried.read_bytes())
    data[len(data) // 2] ^= 1
    carried.write_bytes(bytes(data))
    assert [one.code for one in verify(tmp_path / "copy")] == ["reports.changed_before"]
    carried.unlink()
    assert [one.code for one in verify(tmp_path / "copy")] == ["reports.missing_file"]


def test_scoring_again_without_the_year_takes_the_folder_back(two: Path, tmp_path: Path) -> None:
    shutil.copytree(two / "this", tmp_path / "copy")
    out = tmp_path / "copy" / "results"
    again = run("score", tmp_path / "copy" / "extract", "--out", out)
    assert again.exit_code == OK, again.output
    assert not (out / "before").exists()
    assert pd.read_csv(out / "years.csv").empty


def test_no_results_and_the_same_year_are_refused(two: Path, tmp_path: Path) -> None:
    extract, out = two / "this" / "extract", tmp_path / "out"
    none = run("score", extract, "--before", two / "this" / "bulletin", "--out", out)
    assert (none.exit_code, "不是完整的结果文件夹" in none.output) == (FAULTS, True)
    same = run("score", extract, "--before", two / "this" / "results", "--out", out)
    assert (same.exit_code, "同一份数据快照" in same.output) == (FAULTS, True)
    assert not out.exists()


class Source:
    """What the comparison asks of an extract."""

    def __init__(self, results) -> None:
        self.plan, self.cycle, self.sha256 = results.plan, results.cycle, "f" * 64


def refused(tmp_path: Path, **changes: object) -> set[str]:
    """Codes that the sample is refused for as the year before a changed one."""
    results = sample_results()
    write_results(results, tmp_path)
    now = replace(results, **changes)
    try:
        comparable_year(before_files(tmp_path), Source(now), now.frameworks)
    except FaultsFound as found:
        return {one.code.removeprefix("reports.before_") for one in found.faults}
    return set()


def test_other_yardsticks_are_refused_by_name(tmp_path: Path) -> None:
    """The sample's plan compares no years, so that is refused as well."""
    results = sample_results()
    own, local = results.frameworks
    assert refused(tmp_path) == {"no_plan"}
    newer = (replace(own, version="1.1"), local)
    assert refused(tmp_path, frameworks=newer) == {"no_plan", "framework"}
    first = replace(own.indicators[2], points=21.0)
    bent = replace(own, indicators=(*own.indicators[:2], first, *own.indicators[3:]))
    assert refused(tmp_path, frameworks=(bent, local)) == {"no_plan", "points"}
    scale = replace(results.plan.scaling[0], points={"1": 0.0, "5": 100.0})
    plan = replace(results.plan, scaling=(scale, *results.plan.scaling[1:]))
    assert refused(tmp_path, plan=plan) == {"no_plan", "scaling"}
    plan = replace(results.plan, composite=replace(results.plan.composite, value="raw"))
    assert refused(tmp_path, plan=plan) == {"no_plan", "composite"}
    cycle = replace(results.cycle, edition="end")
    assert refused(tmp_path, cycle=cycle) == {"no_plan", "edition"}


def test_words_and_adoption_are_no_part_of_the_yardstick() -> None:
    results = sample_results()
    own = results.frameworks[0]
    other = replace(
        own,
        title="改名",
        adoption=replace(own.adoption, status="已采用"),
        indicators=tuple(replace(node, name="改名", basis="") for node in own.indicators),
    )
    plans = (results.plan, replace(results.plan, scaling=results.plan.scaling[::-1]))
    found = [
        yardstick((one,), p, edition="end") for one, p in zip((own, other), plans, strict=True)
    ]
    assert found[0] == found[1]


def test_results_of_before_the_comparison_are_refused(tmp_path: Path) -> None:
    write_results(sample_results(), tmp_path)
    path = tmp_path / "results.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    del stored["yardstick"]
    path.write_text(json.dumps(stored), encoding="utf-8")
    now = sample_results()
    with pytest.raises(FaultsFound, match="由旧版本写出"):
        comparable_year(before_files(tmp_path), Source(now), now.frameworks)
    (tmp_path / "units.parquet").write_bytes(b"broken")
    with pytest.raises(FaultsFound, match="不完整或已损坏|由旧版本写出"):
        comparable_year(before_files(tmp_path), Source(now), now.frameworks)


def test_forms_that_changed_are_told() -> None:
    blank = sample_results()
    rows = [
        {"scorecard": "A-project", "group": "team", "unit": "P1", "name": "项目一", "before": 88.0,
         "after": 91.25, "change": 3.25, "low": 0.1, "high": 6.4, "expected": -0.4,
         "verdict": "progress"},
        {"scorecard": "A-project", "group": "team", "unit": "P9", "name": "项目九", "before": 80.0,
         "verdict": "one_year"},
    ]  # fmt: skip
    table = pd.DataFrame(rows).reindex(columns=blank.years.columns)
    before = Earlier("t0", "上一年度", "2020-12-20", "1" * 64, (("core", "0.9"),), blank.units)
    blocks = beside_parts(gather(sample_results(years=table, before=before)))["years"]
    said = "".join(block.text for block in blocks if isinstance(block, Paragraph))
    assert "进步1家，退步0家，不能确认0家，只有一年的1家" in said
    assert "上年用过而今年没有或换了版本的工具：core" in said
    cells = [
        cell.text
        for b in blocks if isinstance(b, Table)
        for g in b.groups for row in g.rows for cell in row
    ]  # fmt: skip
    assert cells[:7] == ["项目一", "88.0", "91.3", "+3.3", "0.1–6.4", "−0.4", "进步"]
    assert cells[7:] == ["项目九", "80.0", "—", "—", "—", "—", "只有一年"]
