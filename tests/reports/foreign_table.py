"""A small foreign table of ratings, and the commands run on it as a user runs them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from click.testing import CliRunner, Result

from reports.commands import COMMANDS

UNITS = {"甲校": 4, "乙校": 3, "丙校": 2}


def ratings() -> pd.DataFrame:
    """Three units of two classes with six people each; every unit's mean is known."""
    rows = [
        {"承训机构": unit, "班级": f"{unit}{room}班", "学员": f"{unit}{room}{person}",
         "总体评分": mean + (person % 3) - 1}
        for unit, mean in UNITS.items() for room in (1, 2) for person in range(6)
    ]  # fmt: skip
    return pd.DataFrame(rows)


OPTIONS = ["--value", "总体评分", "--unit", "承训机构", "--class", "班级", "--respondent", "学员"]


def run(command: str, *arguments: object) -> Result:
    return CliRunner().invoke(COMMANDS[command], [str(one) for one in arguments])


def units(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "results" / "units.csv").set_index("unit")
