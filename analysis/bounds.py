"""What those who did not answer could have changed: worst-case bounds and tipping values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

FLOOR, CEILING = 0.0, 100.0
"""Ends of the scale: nobody could have answered beyond."""
ROUNDING = 1e-9
"""Points by which a mean may pass an end, having been summed."""


def worst_case(
    mean: np.ndarray, *, rate: np.ndarray, low: float, high: float
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the mean of all people when the silent ones could be anywhere on the scale.

    In: ``mean`` of those who answered, ``rate`` of response (0-1; above 1 counts as 1), ends
    ``low`` and ``high`` of the scale. Out: rate · mean + (1 - rate) · low, and with high. They
    assume nothing about who answers; sampling error is not in them. NaN where mean or rate is;
    with rate 0 the whole scale. Raises ValueError for a negative rate, a mean beyond the scale, or
    ends that are no scale.
    Source: Manski 1989, J. Hum. Resour. 24:343; Horowitz & Manski 1998, J. Econom. 84:37.
    """
    mean, rate = _checked(mean, rate, low=low, high=high)
    held = rate * np.where(rate > 0, mean, 0.0)
    return held + (1.0 - rate) * low, held + (1.0 - rate) * high


def tipping(
    score: np.ndarray,
    *,
    mean: np.ndarray,
    rate: np.ndarray,
    share: np.ndarray,
    cut: np.ndarray,
    half_step: float,
) -> np.ndarray:
    """Mean that the silent ones would have to have for the printed score just to reach ``cut``.

    In: ``score`` (0-100), in which ``mean`` (of those who answered, with response ``rate``) has
    the part ``share`` (0-1; 1 where the score is the mean); ``half_step``: half of the printed
    score's last digit, since a score prints as the cut from cut - half_step on. Out: x with
    score + share (1 - rate) (x - mean) = cut - half_step, not limited to the scale. Where nobody
    was silent or the mean has no part, inf (a cut not reached: no answer could) or -inf (a cut
    reached: none could undo it). NaN where something is missing.
    Source: Manski 1989; tipping-point analysis: Yan, Lee & Li 2009, Stat. Biosci. 1:208.
    """
    score, mean, rate, share, cut = np.broadcast_arrays(
        *(np.asarray(part, dtype=float) for part in (score, mean, rate, share, cut))
    )
    lever = share * (1.0 - np.minimum(rate, 1.0))
    gap = cut - half_step - score
    moved = np.divide(gap, lever, out=np.where(gap > 0, np.inf, -np.inf), where=lever > 0)
    missing = np.isnan(score) | np.isnan(mean) | np.isnan(rate) | np.isnan(share) | np.isnan(cut)
    return np.where(missing, np.nan, np.nan_to_num(mean) + moved)


def nonresponse_bounds(
    units: pd.DataFrame, *, cuts: Sequence[float], half_step: float
) -> pd.DataFrame:
    """Per unit: how far silence could move its score, and over which cut, by how low or high.

    In: ``unit``, ``score`` (0-100), ``mean`` (0-100, of those who answered), ``rate`` (0-1) and
    ``share`` (0-1, the part of the mean in the score); ``cuts``: lowest score of every band;
    ``half_step``: half of the printed score's last digit. Out: ``unit``; ``low``, ``high``: the
    score's worst cases; ``fall_cut``, the cut that the score has reached, ``fall_at``: a mean of
    the silent ones below this takes the unit under it, ``fall_possible``: whether the scale
    goes that low; ``rise_cut``, ``rise_at``, ``rise_possible``: a mean of at least this takes
    the unit up to the next cut. The lowest cut cannot be fallen below, nor can anything be risen
    to above the highest: missing. All missing for a unit without score, mean or rate.
    Raises ValueError as ``worst_case``, and for a score or share out of range.
    """
    score, mean, rate, share = (
        units[name].to_numpy(dtype=float, na_value=np.nan)
        for name in ("score", "mean", "rate", "share")
    )
    beyond = (score < FLOOR - ROUNDING) | (score > CEILING + ROUNDING)
    if beyond.any() or (share < 0).any() or (share > 1).any():
        raise ValueError("scores must lie within 0-100 and shares within 0-1")
    bounds = worst_case(mean, rate=rate, low=FLOOR, high=CEILING)
    low, high = (score + share * (bound - mean) for bound in bounds)
    ordered = np.array(sorted(set(cuts)), dtype=float)
    band = np.searchsorted(ordered - half_step, score, side="right") - 1
    known = ~(np.isnan(score) | np.isnan(mean) | np.isnan(rate) | np.isnan(share))
    fall = _cut(ordered, band, known & (band > 0))
    rise = _cut(ordered, band + 1, known & (band + 1 < len(ordered)))
    part = {"mean": mean, "rate": rate, "share": share, "half_step": half_step}
    fall_at, rise_at = (tipping(score, cut=cut, **part) for cut in (fall, rise))
    return pd.DataFrame(
        {
            "unit": units["unit"],
            "low": np.where(known, np.clip(low, FLOOR, CEILING), np.nan),
            "high": np.where(known, np.clip(high, FLOOR, CEILING), np.nan),
            "fall_cut": fall,
            "fall_at": fall_at,
            "fall_possible": pd.array(fall_at > FLOOR, dtype="boolean"),
            "rise_cut": rise,
            "rise_at": rise_at,
            "rise_possible": pd.array(rise_at <= CEILING, dtype="boolean"),
        }
    ).assign(
        fall_possible=lambda out: out["fall_possible"].where(out["fall_at"].notna()),
        rise_possible=lambda out: out["rise_possible"].where(out["rise_at"].notna()),
    )


def _cut(ordered: np.ndarray, place: np.ndarray, known: np.ndarray) -> np.ndarray:
    return np.where(known, ordered[np.clip(place, 0, len(ordered) - 1)], np.nan)


def _checked(
    mean: np.ndarray, rate: np.ndarray, *, low: float, high: float
) -> tuple[np.ndarray, np.ndarray]:
    mean, rate = np.asarray(mean, dtype=float), np.asarray(rate, dtype=float)
    if not low < high:
        raise ValueError("the scale must have a low and a high end")
    if (rate < 0).any() or (mean < low - ROUNDING).any() or (mean > high + ROUNDING).any():
        raise ValueError("rates must not be negative, nor means lie beyond the scale")
    return mean, np.minimum(rate, 1.0)
