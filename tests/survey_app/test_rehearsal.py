"""The rehearsal's trial weight and its page."""

from __future__ import annotations

import pytest

from instruments.builtin import framework_sources
from instruments.framework import read_framework
from survey_app.rehearsal.report import render_rehearsal
from survey_app.rehearsal.week import Step
from survey_app.rehearsal.weights import changed_framework

pytestmark = pytest.mark.once


@pytest.mark.parametrize("name", sorted(framework_sources()))
def test_the_trial_weight_moves_points_between_two_leaves_only(name: str) -> None:
    frozen = read_framework(framework_sources()[name], name)
    text, words = changed_framework(frozen)
    later = read_framework(text, name)
    assert later.change is not None
    assert later.change.base == frozen.version != later.version
    was = {leaf.code: leaf.points for leaf in frozen.leaves}
    moved = [leaf for leaf in later.leaves if leaf.points != was[leaf.code]]
    assert len(moved) == 2
    assert len({leaf.parent for leaf in moved}) == 1
    assert all(leaf.code in words for leaf in moved)
    assert sum(leaf.points for leaf in later.leaves) == frozen.total


def test_the_page_tells_where_the_week_stopped_and_escapes() -> None:
    steps = [
        Step("第一天", "计分", "guopei score", 1.25, ("已写入",)),
        Step("第三天", "通报初稿", "", 2.0, ("<b>缺文件</b>",), held=False),
    ]
    page = render_rehearsal(steps, title="2021<年度>")
    assert "有一步没有成立" in page
    assert "通报初稿（没有成立）" in page
    assert "<b>" not in page
    assert "2021&lt;年度&gt;" in page
    assert "1.3秒" in page
    assert "各步都成立" in render_rehearsal(steps[:1], title="2021")
