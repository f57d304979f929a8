"""Weights that let each class count by its enrolment, not by how many of it answered."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd


def class_weights(rows: pd.DataFrame, *, classes: pd.DataFrame, method: str) -> pd.DataFrame:
    """Weight of one response per class.

    In: ``rows`` with class_code, n (responses used); ``classes`` with class_code, project,
    enrolled (people, may be null). Out: class_code, project, n, ``weight``, sorted by class; only
    classes with responses. 'poststratify': enrolled / n (1 where enrolment is unknown); 'rake':
    the same, as the base of raking to the roster; 'none': 1. Raises KeyError for an unknown method.
    Source: Holt & Smith 1979, JRSS A 142:33 (post-stratification), strata = classes.
    """
    counted = rows.groupby("class_code", sort=True)["n"].sum().reset_index()
    joined = classes.merge(counted, on="class_code").sort_values("class_code", ignore_index=True)
    enrolled = joined["enrolled"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    weight = METHODS[method](enrolled, joined["n"].to_numpy(dtype=float))
    return joined[["class_code", "project", "n"]].assign(weight=weight)


def _poststratify(enrolled: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(enrolled) | (enrolled <= 0), 1.0, enrolled / n)


def _none(enrolled: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.ones_like(n)


METHODS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "poststratify": _poststratify,
    "rake": _poststratify,
    "none": _none,
}
