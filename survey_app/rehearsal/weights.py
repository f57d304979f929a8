"""A trial change of one weight, such as is proposed the evening before a meeting."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby

from instruments.reweighting import framework_yaml, leaf_points, reweighted
from instruments.scorecard import Change, Framework, Indicator

PROPOSER, REASON = "演练", "演练：会前改动一项分值"
SUFFIX = "-演练"


def changed_framework(frozen: Framework) -> tuple[bytes, str]:
    """A later version of ``frozen`` with half the points of one leaf moved to its neighbour.

    The two are those with most points below one second-level indicator. Returns the new YAML and
    the change in words; both are empty where no indicator has two leaves.
    """
    pair = _pair(frozen)
    if pair is None:
        return b"", ""
    more, less = pair
    before = leaf_points(frozen)
    moved = before[less.code] / Decimal(2)
    points = {more.code: before[more.code] + moved, less.code: before[less.code] - moved}
    change = Change(PROPOSER, REASON, results_visible=True, base=frozen.version)
    version = f"{frozen.version}{SUFFIX}"
    later = reweighted(frozen, before | points, version=version, change=change)
    words = "；".join(
        f"{leaf.code} {leaf.name} {before[leaf.code]}分改为{points[leaf.code]}分" for leaf in pair
    )
    return framework_yaml(later), words


def _pair(frozen: Framework) -> tuple[Indicator, Indicator] | None:
    leaves = sorted(frozen.leaves, key=lambda leaf: leaf.parent)
    families = [list(found) for _, found in groupby(leaves, key=lambda leaf: leaf.parent)]
    ordered = [sorted(family, key=lambda leaf: -leaf.points) for family in families]
    pairs = [(family[0], family[1]) for family in ordered if len(family) > 1]
    return max(pairs, key=lambda pair: pair[1].points, default=None)
