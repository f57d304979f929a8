"""Analysis plan from its data file: every method choice known, in range, and never silent."""

from __future__ import annotations

from instruments.declaration import Declaration, build
from instruments.scorecard import Plan, Scaling

METHODS = {
    "weighting.method": ("poststratify", "none"),
    "adjustment.method": ("indirect", "none"),
    "raters.disconnected": ("random", "refuse"),
    "shrinkage.estimator": ("reml", "dl"),
    "composite.aggregation": ("arithmetic",),
    "composite.value": ("raw", "adjusted"),
    "ranks.order": ("rank", "band"),
}
"""Names that a plan may choose between (contract: fields of ``instruments.scorecard``)."""
RANGES = {
    "screening.straight_line_share": (0.0, 1.0),
    "screening.item_nonresponse": (0.0, 1.0),
    "means.prior_df": (0.0, 1000.0),
    "adjustment.minimum_cell": (1, 10_000),
    "raters.widen": (1.0, 100.0),
    "composite.minimum_points": (0.0, 100.0),
    "ranks.level": (0.5, 0.9999),
    "ranks.draws": (100, 10_000_000),
    "ranks.seed": (0, 2**63 - 1),
    "ranks.printed_decimals": (0, 6),
    "band_probability": (0.5, 1.0),
    "thresholds.min_publish_n": (1, 10_000),
    "thresholds.min_response_rate": (0.0, 1.0),
    "thresholds.rank_n": (1, 10_000),
    "thresholds.rank_small_n": (1, 10_000),
    "thresholds.rank_small_rate": (0.0, 1.0),
    "thresholds.min_experts": (1, 100),
    "thresholds.min_cell_traits": (1, 1000),
}
"""Inclusive bounds of what a number can mean; values themselves are the plan's."""
LEAST_CELL = 5
"""Design section 4: ``min_cell`` is never below this."""


def read_plan(data: bytes, name: str) -> Plan:
    """Read a plan from YAML ``data``; ``name`` is the file name that faults show.

    Keys are the fields of ``Plan`` and its parts. Raises FaultsFound: unknown or missing keys,
    unknown method names, numbers out of range, ``min_cell`` below 5, bands out of order.
    """
    declaration = Declaration(data, name)
    plan = build(Plan, declaration, declaration.value)
    if plan is not None:
        _check_methods(plan, declaration)
        _check_ranges(plan, declaration)
        _check_bands(plan, declaration)
        _check_scalings(plan, declaration)
        if not plan.reason.strip():
            declaration.add("plan.no_reason", ("reason",))
    declaration.settle()
    return plan


def _at(plan: Plan, key: str) -> object:
    value: object = plan
    for part in key.split("."):
        value = getattr(value, part)
    return value


def _check_methods(plan: Plan, declaration: Declaration) -> None:
    for key, known in METHODS.items():
        value = _at(plan, key)
        if value not in known:
            path = tuple(key.split("."))
            declaration.add(
                "plan.unknown_method", path, key=key, value=value, known="、".join(known)
            )


def _check_ranges(plan: Plan, declaration: Declaration) -> None:
    for key, (low, high) in RANGES.items():
        value = _at(plan, key)
        if not low <= value <= high:  # type: ignore[operator]
            path = tuple(key.split("."))
            declaration.add("plan.out_of_range", path, key=key, value=value, low=low, high=high)
    cell = plan.thresholds.min_cell
    if cell < LEAST_CELL:
        declaration.add("plan.min_cell", ("thresholds", "min_cell"), value=cell, least=LEAST_CELL)


def _check_bands(plan: Plan, declaration: Declaration) -> None:
    cuts = [band.cut for band in plan.bands]
    if not cuts:
        declaration.add("plan.no_bands", ("bands",))
    elif cuts != sorted(set(cuts), reverse=True) or cuts[-1] != 0:
        declaration.add("plan.bands_order", ("bands",))
    _check_repeats([band.code for band in plan.bands], declaration, "bands")


def _check_scalings(plan: Plan, declaration: Declaration) -> None:
    _check_repeats([scaling.name for scaling in plan.scaling], declaration, "scaling")
    for row, scaling in enumerate(plan.scaling):
        line = (scaling.low, scaling.low_score, scaling.high, scaling.high_score)
        whole = None not in line and scaling.low != scaling.high
        table = scaling.points is not None and all(part is None for part in line)
        if table == (scaling.points is None and whole):
            declaration.add("plan.scaling_shape", ("scaling", row), name=scaling.name)
        elif any(not 0 <= score <= 100 for score in _scores(scaling)):
            declaration.add("plan.scaling_range", ("scaling", row), name=scaling.name)


def _scores(scaling: Scaling) -> list[float]:
    ends = [scaling.low_score, scaling.high_score, scaling.floor, scaling.ceiling]
    return [score for score in [*(scaling.points or {}).values(), *ends] if score is not None]


def _check_repeats(names: list[str], declaration: Declaration, key: str) -> None:
    for name in sorted({name for name in names if names.count(name) > 1}):
        declaration.add("plan.repeated", (key,), what=name)
