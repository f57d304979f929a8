"""Flags on responses by the plan's combinations of signs, beside those of ``analysis.screen``."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from analysis import careless, screen
from analysis.pipeline.answer_scales import as_codes, main_grid, scales_of
from instruments.methods import Plan
from instruments.model import Instrument
from instruments.quality_methods import CarelessRule, Sign

DURATION = "duration"
"""Header column that says, coarsely, how long the answering took."""
QUICK, FAILED = "quick", "failed_check"


def with_combined(
    flags: pd.DataFrame, answers: pd.DataFrame, *, instrument: Instrument, plan: Plan
) -> pd.DataFrame:
    """``flags`` of ``screen.flag_responses`` with one nullable column per rule of ``careless``.

    ``excluded`` holds too where ``screening.exclude`` names a rule that is raised. A form without
    two scored items of one answer scale raises none: missing there.
    """
    if plan.careless is None:
        return flags
    rules = plan.careless.rules
    signs = _signs(flags, answers, instrument=instrument, plan=plan, names=_used(rules))
    found = careless.combined_flags(signs, rules=[_rule(rule) for rule in rules])
    out = pd.concat([flags, found], axis=1)
    for rule in rules:
        if rule.name in plan.screening.exclude:
            out["excluded"] |= out[rule.name].fillna(False).to_numpy(dtype=bool)
    return out


def columns_read(instrument: Instrument, plan: Plan) -> tuple[str, ...]:
    """Columns of answers that the rules need beside ``screen.screened_items``."""
    if plan.careless is None or QUICK not in _used(plan.careless.rules):
        return ()
    return (DURATION, *_scaled(instrument))


def rule_names(plan: Plan) -> list[str]:
    """Columns that ``with_combined`` adds."""
    return [rule.name for rule in plan.careless.rules] if plan.careless else []


def _used(rules: Collection[CarelessRule]) -> set[str]:
    return {sign.sign for rule in rules for clause in rule.clauses for sign in clause}


def _rule(rule: CarelessRule) -> careless.Rule:
    clauses = tuple(tuple(_condition(sign) for sign in clause) for clause in rule.clauses)
    return careless.Rule(rule.name, clauses)


def _condition(sign: Sign) -> careless.Condition:
    if sign.at_least is not None:
        return careless.Condition(sign.sign, "at_least", sign.at_least)
    if sign.at_most is not None:
        return careless.Condition(sign.sign, "at_most", sign.at_most)
    return careless.Condition(sign.sign, "is", True)


def _signs(
    flags: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    instrument: Instrument,
    plan: Plan,
    names: set[str],
) -> pd.DataFrame:
    signs = flags[[name for name in screen.FLAGS if name in names]].astype("boolean")
    if QUICK in names:
        signs[QUICK] = _quick(answers, instrument, plan)
    if FAILED in names:
        failed = screen.failed_checks(answers, instrument=instrument)
        known = failed if instrument.used_as("check") else pd.NA
        signs[FAILED] = pd.Series(known, index=signs.index, dtype="boolean")
    wanted = [name for name in careless.INDICES if name in names]
    grid = main_grid(instrument)
    if not wanted or len(grid) < 2:
        return signs.assign(**{name: np.nan for name in wanted})
    return pd.concat([signs, _indices(answers, grid, instrument, plan, wanted)], axis=1)


def _indices(
    answers: pd.DataFrame,
    grid: list[str],
    instrument: Instrument,
    plan: Plan,
    wanted: list[str],
) -> pd.DataFrame:
    assert plan.careless is not None
    scales = {
        code: items for code, items in scales_of(instrument).items() if set(items) <= set(grid)
    }
    second = {code: items for code, items in scales.items() if code.count(".") == 1}
    return careless.careless_indices(
        as_codes(answers, grid),
        scales=second,
        reversed_sums={},  # only scored items, which point in one direction
        synonym=plan.careless.synonym,
        least_pairs=plan.careless.least_pairs,
        wanted=wanted,
    )


def _quick(answers: pd.DataFrame, instrument: Instrument, plan: Plan) -> pd.Series:
    """Whether an answer came too quickly, as class screens judge it (``class_screens.quick``);
    missing without a duration, or of a class that was asked fewer than ``quick_items`` items."""
    screens = plan.class_screens
    if screens is None:
        return pd.Series(pd.NA, index=answers.index, dtype="boolean")
    given = answers[_scaled(instrument)].notna()
    asked = given.groupby(answers["class_code"]).any().sum(axis=1) >= screens.quick_items
    many = answers["class_code"].astype(object).map(asked).to_numpy(dtype=bool)
    quick = answers[DURATION].isin(list(screens.quick)).astype("boolean")
    return quick.mask(answers[DURATION].isna() | ~many)


def _scaled(instrument: Instrument) -> list[str]:
    return [item.name for item in instrument.single_items if item.scale is not None]
