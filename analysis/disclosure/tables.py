"""Complementary suppression of cells in tables with sums, by the cheapest pattern that holds."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.disclosure.system import System, build_system
from analysis.disclosure.withhold import withhold

TOLD, SUM = "cell ", "sum "


@dataclass(frozen=True, eq=False)
class Suppression:
    """Which cells of tables are withheld, with what it costs and what an attacker still finds."""

    cells: pd.DataFrame
    """``cell``, ``hidden``, and ``low``, ``high`` of sensitive ones: the attacker's interval."""
    cost: float
    """Of the cells withheld besides the sensitive ones."""
    bound: float
    """No pattern costs less."""


def suppress(cells: pd.DataFrame, *, sums: pd.DataFrame, rounds: int) -> Suppression:
    """Withhold sensitive cells and, at least cost, as many others as protect them.

    ``cells``: ``cell``, ``value``, ``low``, ``high`` (what anybody knows beforehand), ``whole``
    (a count), ``cost`` (of withholding; missing = must be published), ``sensitive``, and for
    sensitive cells ``width``, ``below``, ``above`` (``withhold.NEEDS``; missing elsewhere).
    ``sums``: ``sum``, ``cell``, ``coefficient``: each sum of values times coefficients is zero
    (1 for the total, -1 for its parts), in any number of tables and hierarchies. Other arguments,
    source and errors as ``withhold``; ValueError also where the values do not add up.
    """
    system = table_system(cells, sums=sums)
    sensitive = cells[cells["sensitive"].astype(bool)]
    open_ = system.without(TOLD + sensitive["cell"])
    free = cells[~cells["sensitive"].astype(bool) & cells["cost"].notna()]
    targets = pd.DataFrame(
        {"target": sensitive["cell"], "cell": sensitive["cell"], "coefficient": 1.0}
    )
    needs = sensitive[["cell", "width", "below", "above"]].rename(columns={"cell": "target"})
    costs = pd.DataFrame({"relation": TOLD + free["cell"], "cost": free["cost"].astype(float)})
    found = withhold(open_, targets=targets, needs=needs, costs=costs, rounds=rounds)
    hidden = {*sensitive["cell"], *(name.removeprefix(TOLD) for name in found.relations)}
    out = pd.DataFrame({"cell": sorted(cells["cell"])})
    out = out.assign(hidden=out["cell"].isin(hidden))
    ends = found.intervals.rename(columns={"target": "cell"})
    return Suppression(out.merge(ends, on="cell", how="left"), found.cost, found.bound)


def table_system(cells: pd.DataFrame, *, sums: pd.DataFrame) -> System:
    """The reader of tables in which every cell is published: frames as ``suppress`` takes them."""
    value = cells["value"].astype(float)
    both = sums.merge(cells[["cell", "value"]], on="cell", how="left")
    off = (both["coefficient"] * both["value"]).groupby(both["sum"]).sum()
    if not (off.abs() <= 1e-9 * max(1.0, float(value.abs().max()))).all():
        raise ValueError("values do not add up to their sums")
    told = pd.DataFrame({"relation": TOLD + cells["cell"], "low": value, "high": value})
    names = SUM + sums["sum"].astype(str)
    zero = pd.DataFrame({"relation": names.unique(), "low": 0.0, "high": 0.0})
    own = pd.DataFrame({"relation": told["relation"], "cell": cells["cell"], "coefficient": 1.0})
    of = sums[["cell", "coefficient"]].assign(relation=names)
    return build_system(
        cells[["cell", "low", "high", "whole"]],
        terms=pd.concat([own, of], ignore_index=True),
        relations=pd.concat([told, zero], ignore_index=True),
    )
