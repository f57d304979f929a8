"""Analysis plan from its data file: every method choice known, in range, and never silent."""

from __future__ import annotations

from instruments.declaration import LARGEST, Declaration, build
from instruments.gate_checks import check_gates
from instruments.methods import Plan
from instruments.robustness_checks import check_robustness
from instruments.types import codes_of

INDICES = (
    *("longstring", "longstring_share", "average_string", "irv", "mahalanobis"),
    *("even_odd", "synonyms"),
)
"""Signs that are numbers and need a bound (columns of ``analysis.careless``)."""
MARKS = ("quick", "failed_check", "reversed", "item_nonresponse", "pressure", "fee")
"""Signs that are true or false."""
SIGNS = (*INDICES, *MARKS)
METHODS = {
    "weighting.method": ("poststratify", "rake", "none"),
    "weighting.margin": ("class",),
    "weighting.rake.unknown": ("keep", "refuse"),
    "careless.rules.clauses.sign": SIGNS,
    "scales.missing": ("listwise", "pairwise"),
    "scales.method": ("ml", "minres"),
    "means.variance": ("linearised", "bias_reduced", "class_means"),
    "adjustment.method": ("indirect", "within", "none"),
    "raters.method": ("crossed",),
    "raters.disconnected": ("random", "refuse"),
    "shrinkage.estimator": ("reml", "dl", "pm"),
    "composite.aggregation": ("arithmetic", "geometric"),
    "composite.value": ("raw", "adjusted"),
    "composite.missing": ("renormalise", "refuse"),
    "ranks.order": ("rank", "band"),
    "robustness.weights.method": ("uniform", "dirichlet"),
    "fuzzy.operators": ("weighted_mean", "max_min"),
    "years.multiplicity": ("none", "bonferroni", "holm"),
    "panel.metric": ("nominal", "ordinal", "interval", "ratio"),
    "panel.weights": ("linear", "quadratic", "ordinal"),
    "panel.coefficient": ("phi", "erho2"),
    "panel.model": ("rating_scale", "partial_credit"),
    "panel.estimator": ("jml", "mml"),
    "panel.correction": ("none", "length", "modified_profile"),
}
"""Names that a plan may choose between (contract: fields of ``instruments.methods``)."""
RANGES = {
    "scaling.points": (0, 100),
    "scaling.low": (-1e9, 1e9),
    "scaling.low_score": (0, 100),
    "scaling.high": (-1e9, 1e9),
    "scaling.high_score": (0, 100),
    "scaling.floor": (0, 100),
    "scaling.ceiling": (0, 100),
    "screening.straight_line_share": (0, 1),
    "screening.item_nonresponse": (0, 1),
    "class_screens.family_rate": (0.0001, 0.5),
    "class_screens.pool": (20, 1_000_000),
    "class_screens.band": (10, 1_000_000),
    "class_screens.bands": (2, 10_000),
    "class_screens.prior": (0.1, 10_000),
    "class_screens.pair": (1e-9, 0.1),
    "class_screens.window": (0, 365),
    "class_screens.day_classes": (2, 1_000_000),
    "class_screens.day_trim": (0, 0.5),
    "class_screens.day_within": (1e-6, 0.9),
    "class_screens.straight_share": (0, 1),
    "class_screens.quick_share": (0, 1),
    "class_screens.pressure_share": (0, 1),
    "class_screens.quick_items": (1, 1000),
    "class_screens.spare": (0, 1000),
    "weighting.rake.tolerance": (1e-12, 0.01),
    "weighting.rake.steps": (1, 10_000),
    "weighting.rake.low": (0, 1),
    "weighting.rake.high": (1, 1000),
    "careless.synonym": (0, 1),
    "careless.least_pairs": (2, 1000),
    "careless.rules.clauses.at_least": (-1e9, 1e9),
    "careless.rules.clauses.at_most": (-1e9, 1e9),
    "response.level": (0.5, 0.9999),
    "ordinal.level": (0.5, 0.9999),
    "ordinal.least_deff": (1, 100),
    "ordinal.top": (1, 10),
    "scales.level": (0.5, 0.9999),
    "scales.least_residual": (0.0001, 0.5),
    "scales.least_n": (10, 1_000_000),
    "scales.least_cfi": (0, 1),
    "scales.most_fall": (0, 1),
    "scales.target": (0.01, 0.99),
    "means.prior_df": (0, 1000),
    "adjustment.minimum_cell": (1, 10_000),
    "raters.widen": (1, 100),
    "composite.minimum_points": (0, 100),
    "ranks.level": (0.5, 0.9999),
    "ranks.draws": (100, 10_000_000),
    "ranks.seed": (0, LARGEST),
    "ranks.printed_decimals": (0, 6),
    "ranks.top": (1, 10_000),
    "panel.level": (0.5, 0.9999),
    "panel.target": (0.01, 0.99),
    "panel.most_experts": (1, 50),
    "panel.most_sessions": (1, 50),
    "panel.extreme": (0.01, 0.5),
    "panel.min_objects": (2, 1_000_000),
    "panel.ddof": (0, 1),
    "panel.min_count": (1, 1_000_000),
    "panel.max_outfit": (1, 100),
    "panel.min_advance": (0, 10),
    "panel.max_advance": (0.1, 100),
    "bands.cut": (0, 100),
    "composite.floor": (0.001, 100),
    "gates.least": (0, 100),
    "robustness.draws": (100, 1_000_000),
    "robustness.seed": (0, LARGEST),
    "robustness.levels": (0, 1),
    "robustness.weights.amount": (0, 1e9),
    "robustness.normalisations.target": (0, 1000),
    "robustness.aggregations.floor": (0.001, 100),
    "robustness.settled": (0.5, 1),
    "robustness.sobol_size": (16, 65_536),
    "robustness.resamples": (2, 10_000),
    "natural.most": (1, 20),
    "years.correlation": (-1, 1),
    "years.level": (0.5, 0.9999),
    "band_probability": (0.5, 1),
    "thresholds.min_publish_n": (1, 10_000),
    "thresholds.min_response_rate": (0, 1),
    "thresholds.rank_n": (1, 10_000),
    "thresholds.rank_small_n": (1, 10_000),
    "thresholds.rank_small_rate": (0, 1),
    "thresholds.min_experts": (1, 100),
    "thresholds.min_cell_traits": (1, 1000),
    "thresholds.reminders": (0, 100),
    "thresholds.locality_n": (1, 10_000),
    "thresholds.locality_rate": (0.0, 1.0),
    "thresholds.told_width": (1, 100),
}
"""Inclusive bounds of what a number can mean; values themselves are the plan's."""
LEAST_CELL = 5
"""Design section 4: ``min_cell`` is never below this."""


def read_plan(data: bytes, name: str) -> Plan:
    """Read a plan from YAML ``data``; ``name`` is the file name that faults show.

    Keys are the fields of ``Plan`` and its parts. Raises FaultsFound: unknown or missing keys,
    unknown method names, numbers out of range, ``min_cell`` below 5, bands out of order.
    """
    declaration = Declaration(data, name, ranges=RANGES, choices=METHODS)
    plan = build(Plan, declaration, declaration.value)
    if plan is not None:
        _check_cell(plan, declaration)
        _check_bands(plan, declaration)
        _check_scalings(plan, declaration)
        _check_localities(plan, declaration)
        check_robustness(plan, declaration)
        check_gates(plan, declaration)
        _check_careless(plan, declaration)
        _check_fuzzy(plan, declaration)
        if plan.weighting.method == "rake" and plan.weighting.rake is None:
            told = {"key": "weighting.rake", "guide": declaration.guide}
            declaration.add("declaration.missing_key", ("weighting",), **told)
        if not plan.reason.strip():
            declaration.add("plan.no_reason", ("reason",))
    declaration.settle()
    return plan


def _check_cell(plan: Plan, declaration: Declaration) -> None:
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
        if scaling.floor > scaling.ceiling:
            declaration.add("plan.scaling_floor", ("scaling", row), name=scaling.name)


def _check_localities(plan: Plan, declaration: Declaration) -> None:
    known = codes_of("locality_kinds")
    for place, kind in enumerate(plan.localities):
        if kind not in known:
            path = ("localities", place)
            details = {"key": "localities", "value": kind, "known": "、".join(known)}
            declaration.add("declaration.unknown_choice", path, **details)
    _check_repeats(list(plan.localities), declaration, "localities")


def _check_fuzzy(plan: Plan, declaration: Declaration) -> None:
    if plan.fuzzy is None:
        return
    _check_repeats(list(plan.fuzzy.operators), declaration, "fuzzy.operators")
    if plan.ordinal is None or not plan.fuzzy.operators:
        declaration.add("plan.fuzzy_without", ("fuzzy",))


def _check_careless(plan: Plan, declaration: Declaration) -> None:
    rules = plan.careless.rules if plan.careless else ()
    _check_repeats([rule.name for rule in rules], declaration, "careless.rules")
    for row, rule in enumerate(rules):
        path = ("careless", "rules", row)
        used = [{sign.sign for sign in clause} for clause in rule.clauses]
        if len(used) < 2 or not all(used) or len(set().union(*used)) < 2:
            declaration.add("plan.careless_alone", path, name=rule.name)
        for sign in (sign for clause in rule.clauses for sign in clause):
            bounds = [sign.at_least, sign.at_most]
            if sum(one is not None for one in bounds) != (sign.sign in INDICES):
                declaration.add("plan.careless_bound", path, name=rule.name, sign=sign.sign)


def _check_repeats(names: list[str], declaration: Declaration, key: str) -> None:
    for name in sorted({name for name in names if names.count(name) > 1}):
        declaration.add("plan.repeated", (key,), what=name)
