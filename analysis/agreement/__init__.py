"""Agreement of raters: with a reference, with one another, over time; by named coefficients."""

from analysis.agreement.alpha import METRICS, AlphaValue, krippendorff_alpha
from analysis.agreement.concordance import Concordance, kendall_w
from analysis.agreement.gwet import WEIGHTS, GwetValue, agreement_weights, gwet_ac
from analysis.agreement.pairs import (
    adjacent_share,
    agreement,
    coincidences,
    drift,
    exact_share,
    mean_severity,
    ordinal_alpha,
    panel_alpha,
    weighted_kappa,
)
from analysis.agreement.panel import panel_agreement, rating_table

__all__ = [
    "METRICS",
    "WEIGHTS",
    "AlphaValue",
    "Concordance",
    "GwetValue",
    "adjacent_share",
    "agreement",
    "agreement_weights",
    "coincidences",
    "drift",
    "exact_share",
    "gwet_ac",
    "kendall_w",
    "krippendorff_alpha",
    "mean_severity",
    "ordinal_alpha",
    "panel_agreement",
    "panel_alpha",
    "rating_table",
    "weighted_kappa",
]
