"""The annex that prints rank ranges: its table, its sentences, and nothing without results."""

from __future__ import annotations

import pandas as pd
from sample_results import sample_results

from frames import frame
from instruments.builtin import plan_source
from instruments.plan import read_plan
from reports.document import Paragraph, Table
from reports.material import gather
from reports.sections.robust import robust_ranks


def results_of(**tables: pd.DataFrame):
    base = sample_results()
    robustness = read_plan(plan_source(), "default.yaml").robustness
    plan = type(base.plan)(**{**vars(base.plan), "robustness": robustness})
    return sample_results(plan=plan, **tables)


def robust_units(base) -> pd.DataFrame:
    rows = base.units[base.units["ranked"].astype(bool)]
    same = {name: rows["rank"] for name in ("rank_median", "rank_low", "rank_best")}
    far = {name: rows["rank"] + 1 for name in ("rank_high", "rank_worst")}
    out = rows[["scorecard", "group", "unit", "rank"]].assign(**same, **far)
    return out.assign(move_mean=0.25, band="good", band_changed=0.5)


def test_nothing_is_said_of_what_was_not_tried() -> None:
    assert robust_ranks(gather(sample_results())) == ()


def test_ranges_stand_beside_rank_sets() -> None:
    base = sample_results()
    group = base.units.loc[base.units["ranked"].astype(bool), ["scorecard", "group"]].iloc[0]
    of = dict(group)
    left_out = frame("""
        | factor | alternative | n | move_most | unit | move_mean | band_changes |
        | expert | E1          | 3 | 2         | U1   | 0.7       | 0            |
        | item   | core q01    | 3 | 0         | -    | 0.0       | 0            |
    """).assign(**of)
    sobol = pd.DataFrame({"output": "shift", "unit": "", "factor": ["weights", "item"]}).assign(
        first=0.1, first_half=0.1, total=[0.8, 0.3], total_half=0.1, **of
    )
    pairs = pd.DataFrame(
        {"higher": ["a"], "lower": ["b"], "share": [0.6], "settled": [False]}
    ).assign(**of)
    tables = {"left_out": left_out, "sobol": sobol, "robust_pairs": pairs}
    results = results_of(robust_units=robust_units(base), **tables)
    blocks = robust_ranks(gather(results))
    texts = "".join(block.text for block in blocks if isinstance(block, Paragraph))
    assert "去掉任何一名专家，名次最多变动2位。" in texts
    assert "去掉任何一道题，名次都不变。" in texts
    assert "最能左右名次的是分值权重：名次变动的80%" in texts
    assert "相邻的1对单位中，1对" in texts
    table = next(block for block in blocks if isinstance(block, Table))
    assert [column.label for column in table.columns][-2:] == ["名次变动范围", "等次改变的份额"]
    ranked = int(base.units["ranked"].astype(bool).sum())
    assert sum(len(rows.rows) for rows in table.groups) == ranked
