"""Raised classes in words: a golden page's data, sentences on the ranking, chances."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from sample_results import sample_results

from analysis.class_screens import SCREENS
from instruments.screen_tables import SCREENS as CONTRACT
from reports import tables
from reports.raised import moved, page
from reports.wording import entry

GOLDEN = Path(__file__).parent / "golden" / "class_screens.json"


def test_golden() -> None:
    """Set GUOPEI_GOLDEN=1 to renew it; the site's tests show the same file."""
    found = page(sample_results())
    if os.environ.get("GUOPEI_GOLDEN"):
        GOLDEN.write_bytes(found)
    assert found == GOLDEN.read_bytes()


def test_every_screen_has_its_words() -> None:
    assert SCREENS == CONTRACT
    for words in ("name", "meaning", "do"):
        assert tuple(entry("class_screens")[words]) == SCREENS
    everything = json.dumps(entry("class_screens"), ensure_ascii=False)
    assert not any(word in everything for word in ("舞弊", "作弊", "查实"))


def test_without_screens_nothing_is_said() -> None:
    results = sample_results()
    plan = replace(results.plan, class_screens=None)
    none = replace(results, plan=plan, class_screens=results.class_screens.iloc[:0])
    none = replace(none, unraised=results.unraised.iloc[:0])
    assert json.loads(page(none)) == {"rate": "", "cell": "5", "moved": "", "forms": []}


def test_ranking_without_raised_classes_in_a_sentence() -> None:
    results = sample_results()
    assert "2个单位中1个名次有变化。其中1个单位只有这些班级" in moved(results)
    same = results.unraised.assign(rank_unraised=results.unraised["rank"])
    assert moved(replace(results, unraised=same)).endswith("参加排名的2个单位没有名次变化。")


@pytest.mark.parametrize(
    ("chance", "words"),
    [(None, "—"), (0.0, "不到万分之一"), (0.00004, "不到万分之一"), (0.0016, "万分之16")],
)
def test_chances_in_words(chance: float | None, words: str) -> None:
    assert tables.odds(chance) == words
