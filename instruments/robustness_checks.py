"""What a plan may try otherwise: choices that mean something, none of which fails on some data."""

from __future__ import annotations

from instruments.declaration import Declaration
from instruments.diagnostics import Robustness
from instruments.methods import Plan

SCALES = ("minmax", "z")
MEANS = ("arithmetic", "geometric")
SOURCES = ("adjustment", "screening", "expert", "item")
CONTRASTS = ("entropy", "critic", "topsis_vector", "topsis_minmax")
PART = "robustness"


def check_robustness(plan: Plan, declaration: Declaration) -> None:
    """Note faults of ``composite.floor`` and of the plan's part ``robustness``."""
    own = plan.composite
    if own.floor is not None and own.aggregation != "geometric":
        declaration.add("plan.floor_unused", ("composite", "floor"))
    if plan.robustness is None:
        return
    if own.aggregation == "geometric" and own.floor is None:
        declaration.add("plan.floor_needed", ("composite",), key="composite.floor")
    _check_names(plan.robustness, declaration)
    _check_numbers(plan.robustness, declaration)


def _check_names(robustness: Robustness, declaration: Declaration) -> None:
    lists = {
        "normalisations": ([one.method for one in robustness.normalisations], SCALES),
        "aggregations": ([one.method for one in robustness.aggregations], MEANS),
        "sources": (list(robustness.sources), SOURCES),
        "contrasts": (list(robustness.contrasts), CONTRASTS),
    }
    for key, (names, known) in lists.items():
        for place, name in enumerate(names):
            path = (PART, key, place)
            if name not in known:
                told = {"key": f"{PART}.{key}", "value": name, "known": "、".join(known)}
                declaration.add("declaration.unknown_choice", path, **told)
            if name in names[:place]:
                declaration.add("plan.repeated", path, what=name)


def _check_numbers(robustness: Robustness, declaration: Declaration) -> None:
    levels, noise, size = robustness.levels, robustness.weights, robustness.sobol_size
    if len(levels) != 2 or levels[0] > levels[1]:
        declaration.add("plan.levels", (PART, "levels"))
    if noise.amount <= 0 or (noise.method == "uniform" and noise.amount >= 1):
        declaration.add("plan.noise", (PART, "weights", "amount"), value=noise.amount)
    if size & (size - 1):
        declaration.add("plan.power_of_two", (PART, "sobol_size"), value=size)
    for place, scale in enumerate(robustness.normalisations):
        target, least = scale.target, 0.0 if scale.method == "z" else None
        if len(target) != 2 or target[1] <= (target[0] if least is None else least):
            declaration.add("plan.target", (PART, "normalisations", place), name=scale.method)
    for place, mean in enumerate(robustness.aggregations):
        if (mean.method == "geometric") != (mean.floor is not None):
            key = f"{PART}.aggregations"
            code = "plan.floor_needed" if mean.floor is None else "plan.floor_unused"
            declaration.add(code, (PART, "aggregations", place), key=key)
