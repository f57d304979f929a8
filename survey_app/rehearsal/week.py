"""Steps of the week, each by the real command in a process of its own, timed, with its outcome."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markupsafe import escape

from instruments.extract import Extract, read_extract, unpack_extract
from reports import tables
from reports.material import PARTS
from reports.wording import choice
from survey_app.demo.run import ended
from survey_app.rehearsal.weights import changed_framework

MEETING_SECONDS = 120
"""A weight that is changed the evening before the meeting must be printed within this time."""
LISTED = 5
"""Units whose reasons are told by name; the rest are in the table."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One line of the week: what was done on which day, how long it took and what came of it."""

    day: str
    title: str
    command: str
    seconds: float
    found: tuple[str, ...]
    held: bool = True

    @property
    def took(self) -> str:
        """Seconds as printed."""
        return tables.half_up(self.seconds, 1)


def run_week(extract: Extract, out: Path, *, tell: Tell) -> list[Step]:
    """Run all steps on the ``extract`` that lies below ``out`` (``taken``).

    A step that does not hold is the last.
    """
    steps: list[Step] = []
    for step in _steps(extract, out):
        steps.append(step)
        tell(f"{step.day} {step.title}：{'；'.join(step.found)}")
        if not step.held:
            break
    return steps


def _steps(extract: Extract, out: Path) -> Iterator[Step]:
    place, results, bulletin = (str(out / name) for name in ("extract", "results", "bulletin"))
    yield _run("第一天", "关闭、封存之后核对快照", ["verify", place])
    yield _run("第一天", "计分", ["score", place, "--out", results])
    yield _exceptions(out / "results")
    yield _run("第三天", "通报初稿", ["bulletin", results, "--extract", place, "--out", bulletin])
    yield from _changed(extract, out)
    yield _run("第五天", "定稿：按冻结的分值重算，逐字节比较", ["verify", str(out)])
    yield _contested(out)


def taken(given: Path, out: Path) -> Extract:
    """Last year's extract (folder or zip), copied below ``out``, so that all lies together and
    nothing outside is touched. Raises FaultsFound for an extract that is none."""
    if given.is_dir():
        extract = read_extract(given)
        shutil.copytree(given, out / "extract")
        return extract
    unpack_extract(given, out / "extract")
    return read_extract(out / "extract")


def _run(day: str, title: str, arguments: list[str]) -> Step:
    started = time.monotonic()
    done = ended(arguments)
    said = (done.stdout if not done.returncode else done.stderr).strip().splitlines()
    seconds = time.monotonic() - started
    shown = " ".join(["guopei", arguments[0], *(Path(a).name for a in arguments[1:2]), "…"])
    return Step(day, title, shown, seconds, tuple(said), not done.returncode)


def _exceptions(results: Path) -> Step:
    """What must be asked after before anything is printed: unranked units, withheld records."""
    started = time.monotonic()
    units = pd.read_csv(results / "units.csv", dtype={"unit": str}).fillna({"note": ""})
    unranked = units[units["rank"].isna()]
    found = [f"未参加排名{len(unranked)}个单位，原因逐个写在 units.csv 的说明列"]
    for row in unranked.head(LISTED).itertuples():
        found.append(f"{choice('scorecards', row.scorecard)} {row.name}：{row.note}")
    leaves = pd.read_csv(results / "indicators.csv", dtype={"unit": str})
    own = leaves["scorecard"].isin(PARTS) & leaves["source"].notna()  # what wholes lack is theirs
    withheld = leaves[own & (leaves["status"] == "withheld")]
    found.append(
        f"应报未报：项目和县{withheld['unit'].nunique()}个、指标{len(withheld)}项，按最低分计"
    )
    edge = units["band"].fillna("").str.contains("近")
    found.append(f"等次处在边缘的{int(edge.sum())}个单位，宜先备好说明")
    return Step("第二天", "先看例外", "", time.monotonic() - started, tuple(found))


def _changed(extract: Extract, out: Path) -> Iterator[Step]:
    """One weight is changed: the new bulletin, with what moved, has to be there in time."""
    framework = extract.frameworks[0]
    text, words = changed_framework(framework)
    if not words:
        yield Step("第四天", "会前改一项分值", "", 0.0, ("指标体系只有一个末级指标，没有可改的",))
        return
    place = out / "changed"
    place.mkdir()
    file = place / f"{framework.code}.yaml"
    file.write_bytes(text)
    results, bulletin = str(place / "results"), str(place / "bulletin")
    sealed = str(out / "extract")
    scored = _run(
        "第四天", f"会前改一项分值：{words}",
        ["score", sealed, "--framework", str(file), "--out", results],
    )  # fmt: skip
    yield scored
    if not scored.held:
        return
    printed = _run(
        "第四天", "改后的通报", ["bulletin", results, "--extract", sealed, "--out", bulletin]
    )
    yield _in_time(printed, scored.seconds + printed.seconds, place / "results")


def _in_time(printed: Step, seconds: float, results: Path) -> Step:
    moves = pd.read_csv(results / "reweighted.csv")
    both = moves.dropna(subset=["rank", "rank_frozen"])
    moved = int((both["rank"] != both["rank_frozen"]).sum())
    found = (
        *printed.found,
        f"{len(both)}个排名单位中{moved}个名次有变化，通报里两种名次并列",
        f"从改动到新通报{tables.half_up(seconds, 0)}秒（要求{MEETING_SECONDS}秒以内）",
    )
    held = printed.held and seconds <= MEETING_SECONDS
    return Step(printed.day, printed.title, printed.command, printed.seconds, found, held)


def _contested(out: Path) -> Step:
    """Whoever is ranked last asks why: name, score and trail must be found in the bulletin."""
    started = time.monotonic()
    units = pd.read_csv(out / "results" / "units.csv", dtype={"unit": str})
    ranked = units.dropna(subset=["rank"]).sort_values("rank")
    if ranked.empty:
        return Step("第五天", "有单位质疑名次", "", 0.0, ("没有参加排名的单位",))
    last = ranked.iloc[-1]
    page = (out / "bulletin" / "bulletin.html").read_text(encoding="utf-8")
    held = escape(str(last["name"])) in page
    found = (
        f"末位{last['name']}：名次{int(last['rank'])}，"
        f"名次区间{int(last['rank_low'])}–{int(last['rank_high'])}；"
        "在通报附件3中点开该单位，逐项查到题项、填报和份数",
        "质疑方可用同一份快照运行 guopei verify，自行重算",
    )
    return Step("第五天", "有单位质疑名次", "", time.monotonic() - started, found, held)
