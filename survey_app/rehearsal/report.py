"""The rehearsal's page: what was done on which day, how long it took, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports import tables
from survey_app.rehearsal.week import Step

REMAINDERS = (
    "谁有权关闭年度、谁保管管理员口令，休假时由谁代",
    "例外名单由谁逐个电话核实，什么时候不再收补报",
    "会上若改分值，由谁提出、谁记录理由；改动和名次变化都会印在通报里",
    "通报由谁签发，质疑由谁受理、几天内答复",
    "快照、密钥和数据库各存在哪里，谁能读",
)
"""What no command can decide: to be answered before the real week."""


def render_rehearsal(steps: Sequence[Step], *, title: str) -> str:
    """The page of ``steps`` as HTML; ``title`` names the year that was rehearsed on."""
    environment = Environment(
        loader=PackageLoader("survey_app"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    days = [(day, list(found)) for day, found in groupby(steps, key=lambda step: step.day)]
    return environment.get_template("rehearsal.html").render(
        days=days,
        title=title,
        held=all(step.held for step in steps),
        total=tables.half_up(sum(step.seconds for step in steps), 0),
        remainders=REMAINDERS,
    )
