"""What the tables of quality are made of: one round, and the tables that it publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis import counts
from analysis.pipeline import raked
from analysis.pipeline.evidence import Evidence
from analysis.pipeline.rounds import Round
from analysis.results import SURVEYS
from instruments.methods import Plan


@dataclass(frozen=True, eq=False)
class Among:
    """A round with its published tables."""

    extract: Any
    main: Round
    units: pd.DataFrame
    items: pd.DataFrame
    classes: pd.DataFrame

    @property
    def plan(self) -> Plan:
        """The plan of the round."""
        return self.main.plan

    @property
    def data(self) -> Evidence:
        """The counts of the round."""
        return self.main.data

    @property
    def cell(self) -> int:
        """Fewest people of whom anything is said."""
        return self.plan.thresholds.min_cell

    @property
    def projects(self) -> pd.DataFrame:
        """Rows of ``units`` of projects, by code."""
        rows = self.units[self.units["scorecard"] == "A-project"]
        return rows.set_index("unit").sort_index()

    @property
    def shown(self) -> list[str]:
        """Projects whose score is published, sorted."""
        return sorted(self.projects.index[self.projects["score"].notna()])

    @property
    def counting(self) -> counts.Counts | None:
        """The form that counts people, whose response rate is printed."""
        whole = [c for c in self.data.trainee if c.scoring.instrument.subject == SURVEYS[0]]
        return next(iter([*whole, *self.data.trainee]), None)

    def weigh(self, counted: counts.Counts, *, everything: bool) -> raked.Weighed:
        """One form's weights, of the kept rows or of everything."""
        return raked.weigh(
            counted,
            everything=everything,
            classes=self.data.classes,
            margins=self.data.margins,
            plan=self.plan,
        )

    def excluded(self) -> pd.DataFrame:
        """``response``, ``excluded`` of every counted response."""
        return self.data.flags[["response", "excluded"]]
