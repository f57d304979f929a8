"""The demo's closing lines are for people: scorecards by name, full-width punctuation."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from survey_app.demo.truth import _line

pytestmark = pytest.mark.once


def test_a_closing_line_is_plain_chinese() -> None:
    part = pd.DataFrame(
        {"score": [80.0, 70.0, 60.0], "truth": [81.0, 69.0, 62.0], "score_se": [1.0, 1.0, 1.0],
         "score_low": [78.0, 68.0, 58.0], "score_high": [82.0, 72.0, 61.0],
         "rank_low": [1, 2, 3], "rank_high": [1, 2, 3], "true_rank": [1, 2, 3]}
    )  # fmt: skip
    line = _line("A-overall", part)
    assert line.startswith("承训机构总体：3个单位，平均绝对误差1.33分；95%区间含真值2/3，")
    assert not re.search("[;:,]", line)
