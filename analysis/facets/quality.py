"""How well elements fit, how far they can be told apart, how raters agree, and fair averages."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from analysis.facets.design import FACETS
from analysis.facets.extremes import SIGN
from analysis.facets.result import FacetsFit
from analysis.facets.scale import weigh


def element_fit(fit: FacetsFit) -> pd.DataFrame:
    """Mean squares of each element: facet, element, n, infit, infit_z, outfit, outfit_z.

    Outfit: mean of the squared standardised residuals; infit: the same weighted by the ratings'
    variances; 1 is expected, above 1 = more noise than the model allows, below = less. The z are
    cube roots standardised (Wilson-Hilferty). Only ratings behind the estimates count; NaN where
    a mean square cannot vary. Objects' places are posterior means after 'mml'.
    Source: Wright & Masters 1982, Rating Scale Analysis, p. 100.
    """
    p = fit.scored.probability()
    k = np.arange(len(p), dtype=float)[:, None]
    mean = (k * p).sum(axis=0)
    variance = (p * (k - mean) ** 2).sum(axis=0)
    fourth = (p * (k - mean) ** 4).sum(axis=0)
    squared = np.square(fit.scored.code - mean)
    parts = [
        np.ones(len(mean)),
        variance,
        squared,
        squared / variance,
        fourth - variance**2,
        fourth / variance**2,
    ]
    tables = []
    for facet in FACETS:
        codes, names = fit.scored.ratings.element[facet], fit.scored.ratings.levels[facet]
        sums = [np.bincount(codes, part, len(names)) for part in parts]
        met = sums[0] > 0
        tables.append(_mean_squares(facet, names[met], [part[met] for part in sums]))
    return pd.concat(tables, ignore_index=True)


def _mean_squares(facet: str, names: np.ndarray, sums: list[np.ndarray]) -> pd.DataFrame:
    n, variance, squared, standardised, inner, outer = sums
    infit, outfit = squared / variance, standardised / n
    return pd.DataFrame(
        {
            "facet": facet,
            "element": names.astype(object),
            "n": n.astype(int),
            "infit": infit,
            "infit_z": _wilson_hilferty(infit, inner / variance**2),
            "outfit": outfit,
            "outfit_z": _wilson_hilferty(outfit, outer / n**2 - 1.0 / n),
        }
    )


def _wilson_hilferty(square: np.ndarray, variance: np.ndarray) -> np.ndarray:
    q = np.sqrt(np.where(variance > 1e-12, variance, np.nan))
    return (np.cbrt(square) - 1.0) * (3.0 / q) + q / 3.0


def facet_summary(fit: FacetsFit, *, ddof: int) -> pd.DataFrame:
    """Per facet: n, rmse, sd, true_sd, separation, strata, reliability, chi2, df, p.

    Over elements with a finite measure, within blocks. true_sd: root of the measures' variance
    (``ddof`` 0: these are all the elements there are; 1: a sample) less the mean squared error;
    separation G = true_sd / rmse; strata (4 G + 1) / 3 = levels that can be told apart;
    reliability: share of true variance (not agreement: raters who agree have 0). chi2: are all
    measures equal but for error. NaN where a facet has no second element.
    Source: Wright & Masters 1982, ch. 5; Linacre, Facets manual, Table 7 summary statistics.
    """
    return pd.DataFrame([_summary(facet, fit.of(facet), ddof=ddof) for facet in FACETS])


def _summary(facet: str, rows: pd.DataFrame, *, ddof: int) -> dict[str, object]:
    rows = rows[(rows["extreme"] == "") & rows["measure"].notna()]
    n, block = len(rows), rows["block"]
    rows = rows[block.groupby(block).transform("size") > 1]
    if rows.empty:
        return {"facet": facet, "n": n} | dict.fromkeys(_SUMMARY, np.nan)
    block = rows["block"]
    weight = 1.0 / np.square(rows["se"])
    away = rows["measure"] - rows["measure"].groupby(block).transform("mean")
    # Each block has a mean of its own: it costs a sample's degree of freedom.
    variance = float(np.square(away).sum() / (len(rows) - ddof * block.nunique()))
    error = float(np.square(rows["se"]).mean())
    true = max(variance - error, 0.0)
    g = np.sqrt(true / error)
    middle = (weight * away).groupby(block).transform("sum") / weight.groupby(block).transform(
        "sum"
    )
    chi2 = float((weight * np.square(away - middle)).sum())
    df = len(rows) - block.nunique()
    spread = (np.sqrt(error), np.sqrt(variance), np.sqrt(true), g, (4.0 * g + 1.0) / 3.0)
    values = (*spread, true / (true + error) if true else 0.0, chi2, df, chdtrc(df, chi2))
    return {"facet": facet, "n": n} | dict(zip(_SUMMARY, values, strict=True))


_SUMMARY = ["rmse", "sd", "true_sd", "separation", "strata", "reliability", "chi2", "df", "p"]


def rater_agreement(fit: FacetsFit) -> pd.DataFrame:
    """Exact agreement with other raters on the same object and item, as found and as expected.

    Columns: rater, pairs, agreed, expected (sums over all pairs that the rater is in; a pair counts
    for both), share, expected_share, kappa = (share - expected_share) / (1 - expected_share): near
    0 under the model, above where raters agree more than independent experts would. NaN without
    pairs. Source: Linacre, Facets manual, Table 7 agreement statistics; Eckes 2015, 4.4.
    """
    ratings = fit.scored.ratings
    p = fit.scored.probability()
    given = (fit.scored.code == np.arange(len(p))[:, None]).astype(float)
    cell = ratings.element["object"] * ratings.size("item") + ratings.element["item"]
    rater = ratings.element["rater"]
    cells = np.unique(cell, return_inverse=True)[1]
    own = np.unique(cells * ratings.size("rater") + rater, return_inverse=True)[1]

    def others(values: np.ndarray) -> np.ndarray:
        sums = [np.bincount(cells, v)[cells] - np.bincount(own, v)[own] for v in values]
        return np.array(sums)

    size = ratings.size("rater")
    pairs = np.bincount(rater, others(np.ones((1, len(cell))))[0], size)
    agreed = np.bincount(rater, (given * others(given)).sum(axis=0), size)
    expected = np.bincount(rater, (p * others(p)).sum(axis=0), size)
    base = np.where(pairs > 0, pairs, np.nan)
    share, chance = agreed / base, expected / base
    return pd.DataFrame(
        {
            "rater": ratings.levels["rater"],
            "pairs": pairs.astype(int),
            "agreed": agreed,
            "expected": expected,
            "share": share,
            "expected_share": chance,
            "kappa": (share - chance) / (1.0 - chance),
        }
    )


def fair_averages(fit: FacetsFit) -> pd.DataFrame:
    """Expected mean category of each element among average others: facet, element, fair.

    For an object: rated by a rater of mean severity on every item once; for a rater: an object of
    mean measure on every item; for an item: that object and that rater. Means over elements with a
    finite measure. In categories as given. Source: Linacre, Facets manual, Fair(M) average;
    Eckes 2015, 4.5.
    """
    centre = {}
    for facet in FACETS:
        rows = fit.of(facet)
        centre[facet] = float(rows.loc[rows["extreme"] == "", "measure"].mean())
    items = fit.of("item")
    known = items["measure"].notna().to_numpy() & (items["extreme"] != "constant").to_numpy()
    hard = items["measure"].to_numpy()[known]
    scale = np.flatnonzero(known) if len(fit.scored.categories) > 1 else np.zeros(len(hard), int)
    tables = []
    for facet in FACETS:
        rows = fit.of(facet)
        measure = rows["measure"].to_numpy()
        middle = {f: SIGN[f] * centre[f] for f in ("object", "rater") if f != facet}
        if facet == "item":
            fair = np.full(len(rows), np.nan)
            fair[known] = _expected(fit, sum(middle.values()) - hard, scale)
        else:
            place = SIGN[facet] * measure[:, None] + sum(middle.values()) - hard
            fair = _expected(fit, place, np.broadcast_to(scale, place.shape)).mean(axis=1)
        tables.append(pd.DataFrame({"facet": facet, "element": rows["element"], "fair": fair}))
    return pd.concat(tables, ignore_index=True)


def _expected(fit: FacetsFit, place: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Expected category, as given, at places on scales."""
    width = fit.scored.cumulative.shape[1]
    names = np.zeros((len(fit.scored.categories), width))
    for row, own in zip(names, fit.scored.categories, strict=True):
        row[: len(own)] = own
    p = weigh(place, cumulative=np.moveaxis(fit.scored.cumulative[scale], -1, 0))[0]
    return (p * np.moveaxis(names[scale], -1, 0)).sum(axis=0)
