"""How careless each row of answers looks, by six indices, and flags by declared combinations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.careless.consistency import even_odd, synonym_pairs, synonyms
from analysis.careless.distance import mahalanobis
from analysis.careless.rules import OPERATORS, Condition, Rule, combined_flags
from analysis.careless.runs import run_lengths, spread

__all__ = ["INDICES", "OPERATORS", "Condition", "Rule", "careless_indices", "combined_flags"]
INDICES = (
    *("answered", "longstring", "longstring_share", "average_string", "irv"),
    *("mahalanobis", "mahalanobis_df", "even_odd", "synonyms"),
)
"""Columns of ``careless_indices``, in order."""


def careless_indices(
    answers: pd.DataFrame,
    *,
    scales: Mapping[str, Sequence[str]],
    reversed_sums: Mapping[str, float],
    synonym: float,
    least_pairs: int,
    wanted: Collection[str] = INDICES,
) -> pd.DataFrame:
    """Indices of careless answering, one row per row of ``answers`` and with its index.

    In: one numeric column per item in the order asked (missing = blank or not applicable);
    ``scales``: name to its items in the order asked, each at least two; ``reversed_sums``: items
    worded against their scale, with the sum of the lowest and highest code (x becomes sum - x in
    the two consistency indices, nowhere else); ``synonym``: items that correlate by more than
    this over all rows are synonyms; ``least_pairs``: pairs of values without which a row's own
    correlation is missing (at least 2).

    Out, columns ``INDICES``, or those of them that are ``wanted``:
    ``answered`` (items); ``longstring``, longest run of equal answers,
    blanks skipped, and ``longstring_share`` of the answered (0-1); ``average_string``, mean run;
    ``irv``, standard deviation within the row; ``mahalanobis``, squared distance over the items
    that the row answers, and ``mahalanobis_df``, how many that are (its chi-square degrees of
    freedom); ``even_odd`` and ``synonyms``: see ``consistency``. More careless is: higher
    longstring, average_string, mahalanobis and even_odd, lower irv and synonyms. Missing where a
    row cannot show it: nothing answered; one answer (irv); halves or pairs that do not vary, as a
    straight line's (even_odd, synonyms). Nothing is resampled, so a row has one value for ever.

    Raises ValueError for no item, a value that is not finite, an unknown item, a scale of one item,
    ``least_pairs`` under 2.
    Sources: Johnson 2005, J. Res. Pers. 39:103; Dunn et al. 2018, J. Bus. Psychol. 33:105 (IRV);
    Meade & Craig 2012, Psychol. Methods 17:437; Curran 2016, J. Exp. Soc. Psychol. 66:4.
    """
    _refuse(answers, scales=scales, reversed_sums=reversed_sums, least_pairs=least_pairs)
    if answers.empty:
        return pd.DataFrame(columns=list(wanted), index=answers.index, dtype=float)
    values = answers.to_numpy(dtype=float, na_value=np.nan)
    place = {name: k for k, name in enumerate(answers.columns)}
    turned = values.copy()
    for item, total in reversed_sums.items():
        turned[:, place[item]] = total - values[:, place[item]]
    columns = [[place[item] for item in items] for items in scales.values()]
    found: dict[str, np.ndarray] = {}
    for names, of in _SOURCES.items():
        if set(names) & set(wanted):
            found |= of(values)
    if "even_odd" in wanted:
        found["even_odd"] = even_odd(turned, scales=columns, least=least_pairs)
    if "synonyms" in wanted:
        pairs = synonym_pairs(turned, critical=synonym)
        found["synonyms"] = synonyms(turned, pairs=pairs, least=least_pairs)
    return pd.DataFrame(found, index=answers.index)[[n for n in INDICES if n in wanted]]


def _runs(values: np.ndarray) -> dict[str, np.ndarray]:
    longest, runs, answered = run_lengths(values)
    given = answered > 0
    known = np.where(given, answered, np.nan)
    return {
        "answered": answered,
        "longstring": np.where(given, longest, np.nan),
        "longstring_share": longest / known,
        "average_string": known / np.maximum(runs, 1),
    }


def _distance(values: np.ndarray) -> dict[str, np.ndarray]:
    distance, df = mahalanobis(values)
    return {"mahalanobis": distance, "mahalanobis_df": df}


_SOURCES: Mapping[tuple[str, ...], Callable[[np.ndarray], dict[str, np.ndarray]]] = {
    ("answered", "longstring", "longstring_share", "average_string"): _runs,
    ("irv",): lambda values: {"irv": spread(values)},
    ("mahalanobis", "mahalanobis_df"): _distance,
}
"""Indices that rest on the answers as given -> what finds them, together."""


def _refuse(
    answers: pd.DataFrame,
    *,
    scales: Mapping[str, Sequence[str]],
    reversed_sums: Mapping[str, float],
    least_pairs: int,
) -> None:
    if not len(answers.columns):
        raise ValueError("there is no item to judge")
    named = {item for items in scales.values() for item in items} | set(reversed_sums)
    unknown = sorted(named - set(answers.columns))
    if unknown:
        raise ValueError(f"no column of answers for {', '.join(unknown)}")
    short = sorted(name for name, items in scales.items() if len(items) < 2)
    if short:
        raise ValueError(f"a scale of one item has no halves: {', '.join(short)}")
    if least_pairs < 2:
        raise ValueError("least_pairs must be at least 2: one pair has no correlation")
    if np.isinf(answers.to_numpy(dtype=float, na_value=np.nan)).any():
        raise ValueError("answers must be finite; a blank is missing, not infinite")
