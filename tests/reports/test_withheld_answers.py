"""The annex says how many answers no table holds, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_results import sample_results

from instruments.programme import Withheld
from reports.material import gather
from reports.sections.quality import quality_sections


@pytest.mark.parametrize("answers", [None, 9])
def test_the_annex_says_what_was_withheld(answers: int | None) -> None:
    results = sample_results()
    cycle = replace(results.cycle, withheld=Withheld(2, answers))
    text = str(quality_sections(gather(replace(results, cycle=cycle))))
    assert "2个班（或场次）的作答不足5份" in text
    assert ("共9份作答没有进入数据快照" in text) == (answers is not None)
    assert ("合计也不足5份" in text) == (answers is None)
    assert "没有进入数据快照" not in str(quality_sections(gather(results)))
