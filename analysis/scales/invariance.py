"""Whether a scale measures the same in several groups, to be asked before their means are
compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from analysis.scales.confirmatory import ConfirmatoryFit, confirmatory, group_moments
from analysis.scales.likelihood import GroupMoments

STEPS: Mapping[str, tuple[str, ...]] = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
}
"""What each step holds equal. Means of sums compare only where 'scalar' holds."""
COLUMNS = (
    *("step", "reason", "n", "chi2", "df", "p", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high"),
    *("srmr", "chi2_rise", "df_rise", "rise_p", "cfi_fall", "holds", "improper"),
)
_MEASURES = ("n", "chi2", "df", "p", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr")
_SLACK = 1e-9
"""A fall of CFI above the bound by less is the arithmetic's."""


@dataclass(frozen=True, eq=False)
class Invariance:
    """Steps of invariance, and how far they hold."""

    verdict: str
    """The last step up to which all hold: 'scalar', 'metric', 'configural', 'none'; 'unknown' with
    fewer than two groups, or where a step needed for it could not be fitted."""
    steps: pd.DataFrame
    """One row a step: ``step``, ``reason`` ('' = fitted), fit (NaN if not), ``chi2_rise``,
    ``df_rise``, ``rise_p``, ``cfi_fall`` against the step before, ``holds``, ``improper`` (Heywood
    cases). No rows with fewer than two groups."""
    groups: pd.DataFrame
    """``group``, ``n`` (complete rows), ``reason`` ('' = compared)."""
    factors: pd.DataFrame
    """Factor means and variances per group under 'scalar', as in ``ConfirmatoryFit``: differences
    in units of the first group's standard deviation. Only to be read where 'scalar' holds."""


def invariance(
    answers: pd.DataFrame,
    *,
    group: str,
    factors: Mapping[str, Sequence[str]],
    least_n: int,
    least_cfi: float,
    most_fall: float,
    least_residual: float,
    level: float,
) -> Invariance:
    """Configural, metric and scalar invariance of a simple structure across groups.

    In: ``answers`` one row a respondent: column ``group``, items as numbers; ``factors``: factor
    and its items (one factor for one scale). Rows that lack an item or the group are left out.
    Groups with fewer than ``least_n`` rows, a constant item or dependent items are left out and
    named. 'configural' holds where CFI >= ``least_cfi``; each further step where CFI falls by no
    more than ``most_fall`` and the step before holds. The chi-square difference is told and does
    not decide: with many answers it rejects differences that matter to nobody.
    ``least_residual``, ``level`` as in ``confirmatory``. Answers are taken as continuous and
    respondents as independent. The order of groups changes no fit; the first by name is reference.
    Raises ValueError as ``confirmatory`` does. Source: Meredith 1993, Psychometrika 58:525; Cheung
    & Rensvold 2002, Struct. Equ. Modeling 9:233 (fall of CFI at most .01).
    """
    items = [item for own in factors.values() for item in own]
    moments, told = _groups(answers, group=group, items=items, least_n=least_n)
    if len(moments) < 2:
        empty = pd.DataFrame(columns=list(COLUMNS))
        return Invariance("unknown", empty, told, pd.DataFrame())
    fits = {
        step: confirmatory(
            moments, factors=factors, equal=equal, least_residual=least_residual, level=level
        )
        for step, equal in STEPS.items()
    }
    steps = _compared(fits, least_cfi=least_cfi, most_fall=most_fall)
    return Invariance(_verdict(steps), steps, told, fits["scalar"].factors)


def _groups(
    answers: pd.DataFrame, *, group: str, items: Sequence[str], least_n: int
) -> tuple[dict[str, GroupMoments], pd.DataFrame]:
    complete = answers[[group, *items]].dropna()
    kept, rows = dict[str, GroupMoments](), []
    for name in sorted(answers[group].dropna().unique()):
        own = complete.loc[complete[group] == name, list(items)].to_numpy(dtype=float)
        reason = _reason(own, items=items, least_n=least_n)
        rows.append((name, len(own), reason))
        if not reason:
            kept[str(name)] = group_moments(own)
    return kept, pd.DataFrame(rows, columns=["group", "n", "reason"])


def _reason(rows: np.ndarray, *, items: Sequence[str], least_n: int) -> str:
    if len(rows) < max(least_n, rows.shape[1] + 1):
        return "few rows"
    constant = [item for item, span in zip(items, np.ptp(rows, axis=0), strict=True) if span == 0]
    return f"constant: {', '.join(constant)}" if constant else ""


def _compared(
    fits: Mapping[str, ConfirmatoryFit], *, least_cfi: float, most_fall: float
) -> pd.DataFrame:
    rows, before, holds = [], None, True
    for step, model in fits.items():
        row: dict[str, object] = {"step": step, "reason": model.reason}
        fit, holds = model.fit, holds and model.fit is not None
        if fit is not None:
            row |= {name: getattr(fit, name) for name in _MEASURES}
            row["improper"] = ", ".join(model.improper)
            if before is None:
                holds = holds and step == "configural" and fit.cfi >= least_cfi
            else:
                rise, more, fall = fit.chi2 - before.chi2, fit.df - before.df, before.cfi - fit.cfi
                p = float(chdtrc(more, max(rise, 0.0)))
                row |= {"chi2_rise": rise, "df_rise": more, "rise_p": p, "cfi_fall": fall}
                holds = holds and fall <= most_fall + _SLACK
        rows.append({**row, "holds": holds})
        before = fit
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS))


def _verdict(steps: pd.DataFrame) -> str:
    verdict = "none"
    for step in steps.itertuples():
        if step.reason:
            return "unknown"
        if not step.holds:
            break
        verdict = str(step.step)
    return verdict
