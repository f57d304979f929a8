"""The whole chain at a small size: demo by its command, weights changed, the week rehearsed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from instruments.extract import read_extract
from instruments.model import SOURCE_OF
from instruments.result_tables import SCORECARDS
from instruments.types import codes_of
from reports.wording import choice
from survey_app.demo.programme import sample_settings
from survey_app.demo.server import free_port

HEADER = (
    "scorecard,group,unit,name,n,enrolled,response_rate,raw,raw_se,adjusted,score,score_low,"
    "score_high,reliability,rank,rank_low,rank_high,letters,band,note"
)
SMALL = ["--trainees", "360", "--classes", "12"]


def guopei(*arguments: str, site: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, its output piped; not ``site``: where none is installed."""
    absent = "import sys; sys.modules.update(dict.fromkeys(['flask', 'sqlalchemy', 'wtforms']))"
    start = f"{'' if site else absent}\nfrom survey_app.cli import main\nmain()"
    return subprocess.run(
        [sys.executable, "-c", start, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A small demonstration, run by its command, and what it told."""
    out = tmp_path_factory.mktemp("demo") / "demo"
    done = guopei("demo", "--out", str(out), "--port", str(free_port(0)), "--no-serve", *SMALL)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("逐字节相同") == 2 and "第三方复核成立" in done.stderr
    return out, done.stderr


@pytest.fixture(scope="module")
def demo(run: tuple[Path, str]) -> Path:
    """Its folder."""
    return run[0]


def units_of(demo: Path) -> pd.DataFrame:
    return pd.read_parquet(demo / "results" / "units.parquet").fillna({"group": "", "note": ""})


def test_classes_in_which_it_was_planted_are_raised(demo: Path) -> None:
    """Those who do not read, and those told what to tick; no screen raises any other class."""
    found = pd.read_parquet(demo / "results" / "class_screens.parquet").query("state == 'raised'")
    by_screen = found.groupby("screen")["class_code"].agg(set)
    settings = sample_settings()
    assert by_screen["straight"] == set(settings["careless_classes"])
    assert by_screen["pressure"] == set(settings["pressed_classes"])
    planted = {*settings["careless_classes"], *settings["pressed_classes"]}
    assert set(found["class_code"]) <= planted


def test_demo_leaves_what_is_promised(demo: Path) -> None:
    for name in ("instance/site.db", "extract/datapackage.json", "end/extract.zip"):
        assert (demo / name).is_file()
    table = (demo / "results" / "units.csv").read_text(encoding="utf-8")
    assert table.splitlines()[0] == HEADER
    units = units_of(demo)
    assert set(units["scorecard"]) == set(SCORECARDS)
    assert set(units.loc[units["ranked"], "scorecard"]) == set(SCORECARDS)
    ranked = units[units["ranked"]]
    shown = ["rank_low", "rank_high", "letters", "score_low", "score_high"]
    assert ranked[shown].notna().to_numpy().all()
    assert (units.loc[~units["ranked"], "note"] != "").all()
    assert (ranked["measurable"] >= 80).all()


def test_every_form_is_filled_by_somebody(demo: Path) -> None:
    extract = read_extract(demo / "extract")
    counts = {one.code: len(extract.table(one.table)) for one in extract.instruments}
    assert min(counts.values()) > 0, counts
    assert {i.subject for i in extract.instruments} == set(SOURCE_OF)
    assert set(extract.table("units")["kind"]) == {
        *("project", "institution", "county", "city", "school")
    }
    kinds = set(extract.table("units").query("kind == 'project'")["type"])
    assert kinds == set(codes_of("project_types"))
    schools = "responses_locality_form_v1_0__schools"  # G4, the school table
    assert len(extract.table(schools)) >= 36


def test_both_editions_stand_side_by_side(demo: Path) -> None:
    editions = [read_extract(demo / part / "extract").cycle.edition for part in ("end", ".")]
    assert editions == ["end", "followup"]
    both = pd.read_parquet(demo / "results" / "editions.parquet")
    assert both[["rank_end", "rank"]].notna().all(axis=1).any()
    pages = [
        (demo / part / "bulletin" / "bulletin.html").read_text(encoding="utf-8")
        for part in ("end", ".")
    ]
    assert "期末通报" in pages[0] and "跟踪通报" in pages[1]
    assert "未到期" in pages[0] and all("样例" in page for page in pages)


def test_paper_and_self_made_codes_reach_extract_and_bulletin(demo: Path) -> None:
    extract = read_extract(demo / "extract")
    core, later = (extract.table(f"responses_{form}_v1_0") for form in ("trainee_core", "followup"))
    typed = core[core["medium"] == "paper"]
    assert 3 <= len(typed) <= sample_settings()["paper"]["count"]
    assert set(typed["class_code"]) == {sample_settings()["paper"]["class_code"]}
    assert sorted(core["pair"].dropna()) == sorted(later["pair"].dropna()) != []
    paired = pd.read_parquet(demo / "results" / "paired.parquet")
    assert len(paired) and (paired["n"] >= 10).all() and (paired["se"] > 0).all()
    page = (demo / "bulletin" / "bulletin.html").read_text(encoding="utf-8")
    assert "同一学员从结业到跟踪的变化" in page
    first = read_extract(demo / "end" / "extract")
    assert first.table("responses_trainee_core_v1_0")["pair"].isna().all()


def test_what_is_missing_is_told_in_words(demo: Path) -> None:
    settings, extract = sample_settings(), read_extract(demo / "extract")
    duties = extract.table("duties")
    withheld = duties[duties["state"] == "withheld"]
    assert set(settings["withheld"]) <= set(withheld["target"])
    assert (withheld["reminders"] == 2).all()
    assert not set(settings["late"]) & set(withheld["target"])
    indicators = pd.read_parquet(demo / "results" / "indicators.parquet")
    for unit in settings["withheld"]:
        assert (indicators.loc[indicators["unit"] == unit, "status"] == "withheld").any()
    budget = indicators.query("scorecard == 'A-project' and indicator == 'A5.1.1'")
    [blank] = settings["blank"]
    assert budget.set_index("unit")["raw"][blank] == 0
    units = units_of(demo).set_index("unit")
    [quiet] = settings["quiet_projects"]
    assert "参评率" in units.loc[quiet, "note"]
    page = (demo / "bulletin" / "bulletin.html").read_text(encoding="utf-8")
    assert "应报未报" in page and units.loc[quiet, "note"].split("，")[0] in page


def test_the_report_compares_with_the_planted_truth(run: tuple[Path, str]) -> None:
    told = run[1]
    found = dict(re.findall(r"真值比较：(\S+?)：\d+个单位，平均绝对误差([\d.]+)分", told))
    assert set(found) == {choice("scorecards", one) for one in SCORECARDS}
    assert max(map(float, found.values())) < 4
    assert told.count("设计本身允许的相关") >= len(SCORECARDS)
    assert re.findall(r"预设集中的 (\d) 个班（.*?）中，(\d) 个在", told) == [("2", "2")] * 2


def test_an_assessor_verifies_and_finds_one_changed_byte(demo: Path, tmp_path: Path) -> None:
    for given in (demo, demo / "extract.zip"):
        assert guopei("verify", str(given), site=False).returncode == 0
    copy = tmp_path / "copy"
    shutil.copytree(demo, copy, ignore=shutil.ignore_patterns("instance", "*.zip"))
    target = next((copy / "extract").glob("responses_trainee*"))
    content = bytearray(target.read_bytes())
    content[len(content) // 2] ^= 1
    target.write_bytes(content)
    found = guopei("verify", str(copy))
    assert found.returncode == 1
    assert target.name in found.stdout + found.stderr
    assert "Traceback" not in found.stderr


CHANGE = (
    "change: {proposer: 教师工作处, reason: 乡村情境更重要, results_visible: true, base: '1.0'}"
)


def later_version(extract: Path) -> str:
    """Scorecard A as sealed, with one point moved from one leaf to another."""
    text = (extract / "frameworks" / "A.yaml").read_text(encoding="utf-8")
    lines = text.replace('version: "1.0"', 'version: "1.1"').splitlines()
    codes = ("{code: A3.1.6,", "{code: A3.1.1,")
    places = [next(i for i, line in enumerate(lines) if code in line) for code in codes]
    for place, change in zip(places, (1, -1), strict=True):
        points = re.search(r"points: ([0-9.]+)", lines[place])
        assert points is not None
        moved = f"points: {float(points[1]) + change}"
        lines[place] = lines[place].replace(points[0], moved)
    return "\n".join([*lines, CHANGE, ""])


def test_one_changed_weight_is_scored_told_and_verified(demo: Path, tmp_path: Path) -> None:
    """The evening before the meeting: who, why and what moved stand in the bulletin."""
    extract, out = str(demo / "extract"), tmp_path / "out"
    shutil.copytree(demo / "extract", out / "extract")
    file = tmp_path / "新版.yaml"
    file.write_text(later_version(demo / "extract"), encoding="utf-8")
    results = str(out / "results")
    done = guopei("score", extract, "--framework", str(file), "--out", results, site=False)
    assert done.returncode == 0, done.stderr
    (tmp_path / "texts").mkdir()
    text = (demo / "bulletin" / "texts" / "overview.md").read_text(encoding="utf-8")
    (tmp_path / "texts" / "overview.md").write_text(f"{text}\n另有12个项目延期。", "utf-8")
    own = ["--extract", extract, "--texts", str(tmp_path / "texts")]
    done = guopei("bulletin", results, *own, "--out", str(out / "bulletin"), site=False)
    assert done.returncode == 0, done.stderr
    assert "行有直接写的数：12。" in done.stderr
    page = (out / "bulletin" / "bulletin.html").read_text(encoding="utf-8")
    assert "另有12个项目延期。" in page
    assert "由教师工作处提出。理由：乡村情境更重要" in page
    assert "评估结果对提出者已经可见" in page
    verdict = guopei("verify", str(out), site=False)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    assert "1.1" in verdict.stdout
    carried = out / "results" / "frameworks" / "A.yaml"
    carried.write_text(carried.read_text(encoding="utf-8").replace("教师工作处", "某人"), "utf-8")
    found = guopei("verify", str(out), site=False)
    assert found.returncode == 1
    assert "frameworks/A.yaml" in found.stderr


def test_the_week_is_rehearsed_on_last_years_extract(demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "rehearsal"
    extract = demo / "end" / "extract.zip"
    given = ["rehearse", "--extract", str(extract), "--out", str(out)]
    done = guopei(*given)
    assert done.returncode == 0, done.stderr
    page = (out / "rehearsal.html").read_text(encoding="utf-8")
    for words in ("第一天", "第五天", "逐字节相同", "未参加排名", "两种名次并列", "各步都成立"):
        assert words in page
    moves = pd.read_csv(out / "changed" / "results" / "reweighted.csv")
    assert f"{len(moves.dropna(subset=['rank', 'rank_frozen']))}个排名单位中" in page
    assert guopei("verify", str(out), site=False).returncode == 0, "what was rehearsed can be shown"
    damaged = bytearray(extract.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "damaged.zip").write_bytes(damaged)
    refused = guopei("rehearse", "--extract", str(tmp_path / "damaged.zip"), "--out", str(out))
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
