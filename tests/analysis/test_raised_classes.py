"""Class screens of a whole scoring: what is raised, what is hidden, the ranking without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.pipeline import evidence, score
from analysis.pipeline.raised import screened_classes
from analysis.results import Results
from analysis.simulate import Settings
from province import FolderExtract, catalogue, default_plan, make_extract, row, simulated

SIZE, LAST = 30, "2026-09-10"
PLAN = default_plan(adjustment__method="none")
COPIED = {"a1": "2", "a2": "5", "b1": "3", "m1": "4", "before": "1", "now": "3", "turned": "2"}
"""An answer that hardly anybody gives by chance."""


def answers(number: int, code: str, generator: np.random.Generator, **own: object) -> dict:
    """Somebody's own answers."""
    said = {n: str(generator.integers(2, 6)) for n in ("a1", "a2", "b1", "m1", "now", "turned")}
    said |= {"before": str(generator.integers(1, 4)), "check": "2", "pressed": "no"}
    return row(number, code, **{**said, "stage": "primary", "day": LAST, **own})


LINE = dict.fromkeys(("a1", "a2", "b1", "m1", "now", "check"), "5")
PRESSED = {"pressed": "yes"}
PLANTED = {
    "P0C0": (30, 10, COPIED),
    "P1C0": (30, 10, PRESSED),
    "P2C0": (30, 10, LINE),
    "P3C0": (33, 0, {}),  # more than enrolled
    "P4C0": (30, 4, PRESSED),
    "P5C0": (13, 10, PRESSED),
    "P5C1": (4, 0, {}),
}
"""Class → how many answer, how many of them as planted, and how."""
RAISED = {
    *(("P0C0", "identical"), ("P1C0", "pressure"), ("P2C0", "straight")),
    *(("P3C0", "overfull"), ("P5C0", "pressure")),
}
"""Five items are too few to be nearly alike, or too quick."""


def planted(folder: Path, *, gone: frozenset[str] = frozenset()) -> FolderExtract:
    """Eighteen classes of thirty with what is ``PLANTED``; those ``gone`` are left out."""
    programme, generator = catalogue(projects=6, classes=3, size=SIZE), np.random.default_rng(5)
    rows = []
    for training in programme.classes:
        size, few, own = PLANTED.get(training.code, (SIZE, 0, {}))
        for place in range(size):
            said = own if place < few else {}
            rows.append(answers(len(rows), training.code, generator, **said))
    kept = [one for one in rows if one["class_code"] not in gone]
    return make_extract(programme, folder, responses={"trainee": kept})


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return score(planted(tmp_path_factory.mktemp("planted")), PLAN)


@pytest.fixture(scope="module")
def found(main: Results) -> pd.DataFrame:
    """The table by class and screen."""
    return main.class_screens.set_index(["class_code", "screen"])


def test_planted_classes_are_raised_and_no_others(found: pd.DataFrame) -> None:
    assert set(found.index[found["state"] == "raised"]) == RAISED
    assert found.loc[("P1C0", "pressure"), "statistic"] == 10
    assert found.loc[("P0C0", "identical"), "statistic"] >= 9
    assert set(found.xs("quick", level="screen")["state"]) <= {"unjudged", "suppressed"}


def test_few_people_are_neither_raised_nor_counted(found: pd.DataFrame) -> None:
    """Four who report pressure in a class of thirty, all but three of thirteen, a class of four."""
    hidden = found.loc[[("P4C0", "pressure"), ("P5C0", "pressure")], ["statistic", "p"]]
    assert hidden.isna().all(axis=None)
    assert found.loc[("P4C0", "pressure"), "state"] == "clear"
    small = found.loc["P5C1"]
    assert set(small["state"]) == {"suppressed"}
    assert small[["n", "statistic", "expected", "p"]].isna().all(axis=None)


def test_ranking_without_raised_classes_is_that_of_their_absence(
    main: Results, tmp_path: Path
) -> None:
    """Beside the main ranking, which keeps every answer: nothing is deleted."""
    key = ["scorecard", "unit"]
    gone = score(planted(tmp_path, gone=frozenset(code for code, _ in RAISED)), PLAN)
    beside, units = main.unraised.set_index(key), main.units.set_index(key)
    absent = gone.units.set_index(key)["score"]
    assert main.classes.set_index("class_code").loc["P0C0", "n"] == 30
    for project in ("P0", "P1", "P3", "P4"):
        row_ = beside.loc[("A-project", project)]
        assert row_["score"] == units.loc[("A-project", project), "score"]
        expected = absent[("A-project", project)]
        assert row_["score_unraised"] == pytest.approx(expected, abs=1e-8)


def said(table: pd.DataFrame, rows: pd.Index) -> pd.DataFrame:
    out = table.copy()
    out.loc[rows, "pressed"] = "yes"
    return out


def test_a_project_of_raised_classes_alone_has_no_score_without_them(tmp_path: Path) -> None:
    programme = catalogue(projects=6, classes=3, size=SIZE)
    _, extract = simulated(programme, tmp_path, seed=3, settings=Settings())
    table = extract.table("responses_trainee_v1_0")
    own = [table.index[table["class_code"] == f"P0C{k}"][:12] for k in range(3)]
    extract = extract.change("responses_trainee_v1_0", said(table, own[0].append(own[1:])))
    found = score(extract, PLAN).unraised.set_index(["scorecard", "unit"])
    first, other = found.loc[("A-project", "P0")], found.loc[("A-project", "P2")]
    assert pd.notna(first["rank"])
    assert first[["score_unraised", "rank_unraised"]].isna().all()
    assert pd.notna(other["rank_unraised"])


def test_a_plan_without_screens_raises_nobody(tmp_path: Path) -> None:
    plan, extract = default_plan(class_screens=None), planted(tmp_path)
    data = evidence.collect(extract, plan, waves=("end",))
    shown = np.ones(len(data.projects), dtype=bool)
    assert screened_classes(extract, plan, data, waves=("end",), shown=shown).empty
